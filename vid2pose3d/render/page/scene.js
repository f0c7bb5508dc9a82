// The 3D panel: people, floor and the clip's camera, seen from a point that the user moves.

import * as THREE from "three";
import { OrbitControls } from "orbit";
import { cameraAt, point } from "data";

const BONE = 0.028; // metres, radius
const JOINT = 0.036;
const HEAD = 0.09;
const UP = new THREE.Vector3(0, 1, 0);

export class Scene {
  constructor(element, data) {
    Object.assign(this, { element, data, follow: false });
    this.renderer = new THREE.WebGLRenderer({ antialias: true, preserveDrawingBuffer: true });
    this.renderer.setPixelRatio(Math.min(window.devicePixelRatio || 1, 2));
    element.append(this.renderer.domElement);
    this.scene = new THREE.Scene();
    this.scene.background = new THREE.Color("#f5f6f8");
    this.scene.add(new THREE.HemisphereLight("#ffffff", "#aab2bd", 2.2));
    const sun = new THREE.DirectionalLight("#ffffff", 1.4);
    sun.position.set(2, 5, 3);
    this.scene.add(sun);
    const [low, high] = data.range.map((corner) => new THREE.Vector3(...corner));
    this.middle = low.clone().add(high).multiplyScalar(0.5);
    this.size = Math.max(high.x - low.x, high.y - low.y, high.z - low.z);
    this.camera = new THREE.PerspectiveCamera(42, 1, 0.05, 40 * this.size);
    this.controls = new OrbitControls(this.camera, this.renderer.domElement);
    this.controls.maxPolarAngle = 0.495 * Math.PI; // stays above the floor
    this.controls.addEventListener("change", () => { this.dirty = true; });
    this.scene.add(floor(this.middle, Math.max(high.x - low.x, high.z - low.z)), this.frustum = frustum(data, this.size));
    this.bodies = data.people.map((person) => new Body(person, data));
    for (const body of this.bodies) this.scene.add(body.group);
    this.look("camera");
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.element;
    this.renderer.setSize(width, height);
    this.camera.aspect = width / Math.max(height, 1);
    this.camera.updateProjectionMatrix();
    this.dirty = true;
  }

  // From the clip's camera's side, or along an axis of the world.
  look(from) {
    const away = { front: [0, 0.15, 1], side: [1, 0.15, 0], top: [0, 1, 0.001] }[from] ?? this.#towardsCamera();
    const distance = 1.35 * this.size;
    this.controls.target.copy(this.middle);
    this.camera.position.copy(this.middle).addScaledVector(new THREE.Vector3(...away).normalize(), distance);
    this.controls.update();
  }

  #towardsCamera() {
    const place = this.data.camera.world_from_camera.slice(0, 3).map((line) => line[3]);
    const away = new THREE.Vector3(...place).sub(this.middle).setY(0).normalize();
    return away.lengthSq() ? [away.x, 0.3, away.z] : [0, 0.3, 1];
  }

  show(frame, colour) {
    for (const body of this.bodies) body.show(frame, colour);
    this.frustum.matrix.set(...cameraAt(this.data.camera, frame).slice(0, 3).flat(), 0, 0, 0, 1);
    this.frustum.matrixWorldNeedsUpdate = true;
    const lead = this.bodies.find((body) => body.group.visible && body.centre);
    if (this.follow && lead) {
      const shift = lead.centre.clone().sub(this.controls.target).setY(0);
      this.controls.target.add(shift);
      this.camera.position.add(shift);
    }
    this.dirty = true;
  }

  render() {
    this.controls.update();
    if (!this.dirty) return;
    this.dirty = false;
    this.renderer.render(this.scene, this.camera);
  }
}

class Body {
  constructor(person, data) {
    Object.assign(this, { person, data, group: new THREE.Group(), centre: null });
    const solid = (geometry) => new THREE.Mesh(geometry, new THREE.MeshLambertMaterial());
    const rod = new THREE.CylinderGeometry(BONE, BONE, 1, 12);
    const ball = new THREE.SphereGeometry(1, 16, 12);
    this.bones = data.bones.map(() => solid(rod));
    this.joints = data.joints.map((name) => {
      const mesh = solid(ball);
      mesh.scale.setScalar(name === "head" ? HEAD : JOINT);
      return mesh;
    });
    this.label = label(String(person.id), person.colour);
    this.group.add(...this.bones, ...this.joints, this.label);
  }

  show(frame, colour) {
    const row = this.person.rows[frame];
    this.group.visible = row >= 0 && this.person.shown;
    if (!this.group.visible) return;
    const places = this.data.joints.map((_, joint) => {
      const place = point(this.person.world, row, joint, this.data.joints.length, 3);
      return place && new THREE.Vector3(...place);
    });
    const opacity = this.person.bridged[row] ? 0.4 : 1;
    this.data.bones.forEach((bone, number) => {
      const [a, b] = bone.map((joint) => places[joint]);
      const mesh = this.bones[number];
      mesh.visible = Boolean(a && b);
      if (!mesh.visible) return;
      const along = b.clone().sub(a);
      mesh.scale.set(1, Math.max(along.length(), 1e-4), 1);
      mesh.position.copy(a).addScaledVector(along, 0.5);
      mesh.quaternion.setFromUnitVectors(UP, along.normalize());
      paint(mesh, colour(this.person, row, bone), opacity);
    });
    places.forEach((place, joint) => {
      const mesh = this.joints[joint];
      mesh.visible = Boolean(place);
      if (place) mesh.position.copy(place);
      paint(mesh, colour(this.person, row, [joint]), opacity);
    });
    this.#placeLabel(places.filter(Boolean));
  }

  #placeLabel(places) {
    this.label.visible = places.length > 0;
    this.centre = places[0] ?? null;
    if (!places.length) return;
    const top = places.reduce((high, place) => (place.y > high.y ? place : high));
    this.label.position.copy(top).y += 0.22;
  }
}

function paint(mesh, colour, opacity) {
  mesh.material.color.set(colour);
  mesh.material.opacity = opacity;
  mesh.material.transparent = opacity < 1;
}

function label(text, colour) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 64;
  const pen = canvas.getContext("2d");
  pen.fillStyle = colour;
  pen.beginPath();
  pen.arc(32, 32, 28, 0, 2 * Math.PI);
  pen.fill();
  pen.fillStyle = "#141414";
  pen.font = `600 ${text.length > 2 ? 24 : 34}px system-ui, sans-serif`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(text, 32, 34);
  const texture = new THREE.CanvasTexture(canvas);
  texture.colorSpace = THREE.SRGBColorSpace;
  const sprite = new THREE.Sprite(new THREE.SpriteMaterial({ map: texture }));
  sprite.scale.setScalar(0.2);
  return sprite;
}

function floor(middle, span) {
  const step = span <= 12 ? 0.5 : Math.ceil(span / 24);
  const count = 2 * Math.ceil(span / step / 2 + 1);
  const grid = new THREE.GridHelper(count * step, count, "#b7bfc9", "#d6dbe1");
  grid.position.set(Math.round(middle.x / step) * step, 0, Math.round(middle.z / step) * step);
  return grid;
}

function frustum(data, size) {
  const { K } = data.camera;
  const { width, height } = data.clip;
  const depth = Math.min(0.6, size / 5);
  const corner = (x, y) => new THREE.Vector3((x - K[0][2]) / K[0][0], (y - K[1][2]) / K[1][1], 1)
    .multiplyScalar(depth);
  const eye = new THREE.Vector3();
  const corners = [corner(0, 0), corner(width, 0), corner(width, height), corner(0, height)];
  const lines = corners.flatMap((place, i) => [eye, place, place, corners[(i + 1) % 4]]);
  const roof = corner(width / 2, -height / 5); // tells which side is up
  lines.push(corners[0], roof, roof, corners[1]);
  const geometry = new THREE.BufferGeometry().setFromPoints(lines);
  const seen = new THREE.LineSegments(geometry, new THREE.LineBasicMaterial({ color: "#4a5460" }));
  seen.matrixAutoUpdate = false;
  return seen;
}

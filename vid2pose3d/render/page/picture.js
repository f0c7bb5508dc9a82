// The 2D panel: the picture's joints, and the 3D joints where the camera sees them, over the clip.

import { point, projector } from "data";

const FAINT_BELOW = 0.5;

export class Picture {
  constructor(canvas, video, data) {
    Object.assign(this, { canvas, video, data, pen: canvas.getContext("2d"), show2d: true, showReprojected: false });
    canvas.parentElement.style.setProperty("--aspect", data.clip.width / data.clip.height);
  }

  resize() {
    const box = this.canvas.getBoundingClientRect();
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.max(1, Math.round(box.width * ratio));
    this.canvas.height = Math.max(1, Math.round(box.height * ratio));
  }

  draw(frame, colour) {
    const { pen, canvas, data } = this;
    const scale = canvas.width / data.clip.width;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    this.project = projector(data.camera, frame);
    this.width = Math.max(data.clip.width, data.clip.height) / 260;
    for (const person of data.people) {
      const row = person.rows[frame];
      if (row < 0 || !person.shown) continue;
      if (this.showReprojected) this.#skeleton(this.#reprojected(person, row), person, row, null);
      if (this.show2d) this.#skeleton(this.#detected(person, row), person, row, colour);
      this.#number(person, row);
    }
  }

  #detected(person, row) {
    return this.data.joints.map((_, joint) => point(person.picture, row, joint, this.data.joints.length, 2));
  }

  #reprojected(person, row) {
    return this.data.joints.map((_, joint) => {
      const place = point(person.world, row, joint, this.data.joints.length, 3);
      return place && this.project(place);
    });
  }

  // Without `colour` a thin white line on dark: the reprojected 3D.
  #skeleton(points, person, row, colour) {
    const { pen, data, width } = this;
    pen.lineCap = "round";
    pen.setLineDash(colour && person.bridged[row] ? [3 * width, 3 * width] : []);
    const bones = data.bones.filter(([a, b]) => points[a] && points[b]);
    const stroke = (style, thick, [a, b], strength) => {
      pen.globalAlpha = strength;
      pen.strokeStyle = style;
      pen.lineWidth = thick;
      pen.beginPath();
      pen.moveTo(...points[a]);
      pen.lineTo(...points[b]);
      pen.stroke();
    };
    const sure = ([a, b]) => {
      const count = data.joints.length;
      const least = Math.min(person.confidence[row * count + a], person.confidence[row * count + b]);
      return !colour || least >= FAINT_BELOW ? 1 : 0.4;
    };
    for (const bone of bones) stroke("#141414", (colour ? 2.4 : 1.8) * width, bone, sure(bone));
    for (const bone of bones) stroke(colour ? colour(person, row, bone) : "#ffffff", (colour ? 1.6 : 0.9) * width, bone, sure(bone));
    pen.globalAlpha = 1;
    pen.setLineDash([]);
  }

  #number(person, row) {
    const points = this.#detected(person, row).filter(Boolean);
    if (!points.length) return;
    const [x, y] = points.reduce((top, place) => (place[1] < top[1] ? place : top));
    const { pen, width } = this;
    pen.font = `600 ${9 * width}px system-ui, sans-serif`;
    pen.textAlign = "center";
    pen.lineWidth = 2 * width;
    pen.strokeStyle = "#141414";
    pen.strokeText(String(person.id), x, Math.max(y - 4 * width, 9 * width));
    pen.fillStyle = person.colour;
    pen.fillText(String(person.id), x, Math.max(y - 4 * width, 9 * width));
  }
}

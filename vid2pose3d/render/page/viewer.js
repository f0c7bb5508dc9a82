// The page's controls and its clock: which frame is shown in both panels.

import { colouring, fillLegend } from "colour";
import { readData } from "data";
import { Picture } from "picture";
import { Scene } from "scene";

const find = (id) => document.getElementById(id);
const data = readData(find("data").textContent);
const last = data.times.length - 1;
const end = data.times[last] + (last ? (data.times[last] - data.times[0]) / last : 1);
const video = find("video");
const picture = new Picture(find("picture"), video, data);
const scene = new Scene(find("world"), data);
const state = { frame: -1, time: data.times[0], playing: false, speed: 1, before: null, colour: null };

function frameAt(time) {
  let [low, high] = [0, last];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (data.times[middle] <= time + 1e-6) low = middle;
    else high = middle - 1;
  }
  return low;
}

function show(frame) {
  state.frame = frame;
  picture.draw(frame, state.colour);
  scene.show(frame, state.colour);
  find("scrub").value = frame;
  find("clock").textContent = `${data.times[frame].toFixed(2)} s · frame ${data.frame + frame}`;
  document.body.dataset.frame = data.frame + frame;
}

// Where the clip is to stand so that it shows `frame`: a little inside it, since players round.
function seekVideo(frame) {
  const next = frame < last ? data.times[frame + 1] : end;
  if (!video.hidden) video.currentTime = 0.75 * data.times[frame] + 0.25 * next - data.video.start;
}

function goTo(frame) {
  const held = Math.min(Math.max(frame, 0), last);
  state.time = data.times[held];
  show(held);
  seekVideo(held);
}

function play(on) {
  if (on && state.frame === last) goTo(0);
  state.playing = on;
  state.before = null;
  find("play").textContent = on ? "Pause" : "Play";
  if (video.hidden) return;
  video.playbackRate = state.speed;
  if (on) video.play().catch(() => { video.hidden = true; });
  else video.pause();
  if (!on) seekVideo(state.frame);
}

function tick(now) {
  if (state.playing) {
    const elapsed = state.before === null ? 0 : ((now - state.before) / 1000) * state.speed;
    state.before = now;
    const clipRuns = !video.hidden && !video.ended;
    state.time = clipRuns ? data.video.start + (state.clipTime ?? video.currentTime) : state.time + elapsed;
    if (state.time >= end || (!video.hidden && video.ended)) goTo(0);
    if (state.playing && !video.hidden && video.paused) video.play().catch(() => { video.hidden = true; });
    const frame = frameAt(state.time);
    if (frame !== state.frame) show(frame);
  }
  scene.render();
  requestAnimationFrame(tick);
}

function resize() {
  picture.resize();
  scene.resize();
  if (state.frame >= 0) show(state.frame);
}

function listPeople() {
  find("people").append(...data.people.map((person) => {
    const item = document.createElement("label");
    const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: true });
    const dot = Object.assign(document.createElement("span"), { className: "dot" });
    dot.style.background = person.colour;
    box.dataset.person = person.id;
    box.addEventListener("change", () => { person.shown = box.checked; show(state.frame); });
    item.append(box, dot, `Person ${person.id}`);
    return item;
  }));
}

function chooseColouring() {
  const kind = find("colouring").value;
  state.colour = colouring(kind, data);
  fillLegend(find("legend"), kind, data);
  if (state.frame >= 0) show(state.frame);
}

function openVideo() {
  if (!data.video) return;
  video.addEventListener("error", () => { video.hidden = true; });
  video.addEventListener("loadeddata", () => {
    video.hidden = false;
    seekVideo(state.frame);
    if (video.requestVideoFrameCallback) {
      const keep = (_, shown) => { state.clipTime = shown.mediaTime; video.requestVideoFrameCallback(keep); };
      video.requestVideoFrameCallback(keep);
    }
  });
  video.src = URL.createObjectURL(data.video.blob);
}

const STEPS = { ArrowRight: 1, ArrowLeft: -1, PageUp: 10, PageDown: -10, Home: -Infinity, End: Infinity };

function connect() {
  find("scrub").addEventListener("input", (event) => { play(false); goTo(Number(event.target.value)); });
  find("play").addEventListener("click", () => play(!state.playing));
  find("speed").addEventListener("change", (event) => {
    state.speed = Number(event.target.value);
    video.playbackRate = state.speed;
  });
  find("colouring").addEventListener("change", chooseColouring);
  find("show-2d").addEventListener("change", (event) => { picture.show2d = event.target.checked; show(state.frame); });
  find("show-reprojected").addEventListener("change", (event) => {
    picture.showReprojected = event.target.checked;
    show(state.frame);
  });
  find("follow").addEventListener("change", (event) => { scene.follow = event.target.checked; show(state.frame); });
  for (const button of document.querySelectorAll("[data-view]")) {
    button.addEventListener("click", () => scene.look(button.dataset.view));
  }
  addEventListener("keydown", (event) => {
    if (event.target.matches("select, button, input[type=checkbox]") && event.key === " ") return;
    if (event.key === " ") play(!state.playing);
    else if (event.key in STEPS && !event.target.matches("select, #scrub")) {
      play(false);
      goTo(state.frame + STEPS[event.key]);
    } else return;
    event.preventDefault();
  });
  new ResizeObserver(resize).observe(find("world"));
  new ResizeObserver(resize).observe(find("frame"));
}

find("name").textContent = data.clip.name;
const focal = `focal length ${Math.round(data.camera.K[0][0])} px${data.camera.assumed ? " (assumed)" : data.camera.estimated ? " (estimated)" : ""}`;
find("about").textContent = [data.action, `${data.clip.width} x ${data.clip.height}`,
  `${Number(data.clip.fps.toFixed(2))} frames/s`, focal].filter(Boolean).join(" · ");
find("scrub").max = last;
find("colouring").value = data.uncertain === null ? "person" : "uncertainty";
find("colouring").querySelector("[value=uncertainty]").disabled = data.uncertain === null;
listPeople();
chooseColouring();
connect();
resize();
goTo(0);
openVideo();
requestAnimationFrame(tick);

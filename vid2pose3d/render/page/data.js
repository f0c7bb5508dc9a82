// The page's data, decoded: typed arrays of a recording.

function bytes(text) {
  const raw = atob(text);
  const out = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) out[i] = raw.charCodeAt(i);
  return out;
}

function littleEndian(text, size, read) {
  const buffer = bytes(text).buffer;
  const view = new DataView(buffer);
  return Array.from({ length: buffer.byteLength / size }, (_, i) => read(view, i * size));
}

function quantised(table) {
  const steps = littleEndian(table.data, 2, (view, at) => view.getUint16(at, true));
  return Float32Array.from(steps, (step) => (step === 65535 ? NaN : table.low + table.step * step));
}

function person(entry, frames) {
  const rows = new Int32Array(frames).fill(-1);
  littleEndian(entry.rows, 4, (view, at) => view.getUint32(at, true)).forEach((frame, row) => { rows[frame] = row; });
  return {
    id: entry.id,
    colour: entry.colour,
    rows, // row of each frame of the page, -1 where the person is absent
    bridged: bytes(entry.bridged),
    world: quantised(entry.world),
    picture: quantised(entry.picture),
    confidence: Float32Array.from(bytes(entry.confidence), (value) => value / 255),
    uncertainty: entry.uncertainty && quantised(entry.uncertainty),
    shown: true,
  };
}

export function readData(text) {
  const data = JSON.parse(text);
  const times = Float64Array.from(littleEndian(data.times, 8, (view, at) => view.getFloat64(at, true)));
  const people = data.people.map((entry) => person(entry, times.length));
  const video = data.video && { start: data.video.start, blob: new Blob([bytes(data.video.data)], { type: "video/mp4" }) };
  const camera = { ...data.camera, path: data.camera.path && littleEndian(data.camera.path, 4, (view, at) => view.getFloat32(at, true)) };
  return { ...data, times, people, video, camera };
}

// Joint j of a row as [x, y, z] or [x, y]; null where unknown.
export function point(table, row, joint, joints, size) {
  const at = (row * joints + joint) * size;
  const out = Array.from(table.subarray(at, at + size));
  return out.every(Number.isFinite) ? out : null;
}

// Rows of a frame's world_from_camera, 3 x 4 or 4 x 4.
export function cameraAt(camera, frame) {
  if (!camera.path) return camera.world_from_camera;
  return [0, 4, 8].map((row) => camera.path.slice(12 * frame + row, 12 * frame + row + 4));
}

// Pixels of a world point in a frame, null behind the camera.
export function projector(camera, frame) {
  const m = cameraAt(camera, frame);
  const k = camera.K;
  return (p) => {
    const d = [p[0] - m[0][3], p[1] - m[1][3], p[2] - m[2][3]];
    const [x, y, z] = [0, 1, 2].map((i) => m[0][i] * d[0] + m[1][i] * d[1] + m[2][i] * d[2]);
    if (z <= 0.01) return null;
    return [(k[0][0] * x + k[0][1] * y) / z + k[0][2], (k[1][1] * y) / z + k[1][2]];
  };
}

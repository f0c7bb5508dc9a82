// What colour a joint or bone has, and the legend that says what it means.

// Blue, yellow, red: apart for every kind of colour vision (Okabe and Ito's).
const RAMP = [[0, 114, 178], [86, 180, 233], [240, 200, 66], [230, 120, 0], [190, 40, 0]];
const UNKNOWN = "#8a9099";

function css(rgb) {
  return "#" + rgb.map((part) => Math.round(part).toString(16).padStart(2, "0")).join("");
}

function mixed(a, b, part) {
  return a.map((value, i) => value + (b[i] - value) * part);
}

export function ramp(value) {
  const place = Math.min(Math.max(value, 0), 1) * (RAMP.length - 1);
  const low = Math.min(Math.floor(place), RAMP.length - 2);
  return css(mixed(RAMP[low], RAMP[low + 1], place - low));
}

function shaded(colour, side) {
  const rgb = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  if (side === "left") return css(mixed(rgb, [250, 250, 250], 0.45));
  return side === "right" ? css(mixed(rgb, [20, 20, 20], 0.45)) : colour;
}

// A function (person, row, joints) -> colour: the mean of those joints for measures, the last one's side for people.
export function colouring(kind, data) {
  const count = data.joints.length;
  if (kind === "person") {
    return (person, row, joints) => shaded(person.colour, data.sides[joints[joints.length - 1]]);
  }
  return (person, row, joints) => {
    const table = person[kind];
    if (!table) return UNKNOWN;
    const mean = joints.reduce((sum, joint) => sum + table[row * count + joint], 0) / joints.length;
    if (!Number.isFinite(mean)) return UNKNOWN;
    return ramp(kind === "uncertainty" ? mean / data.uncertain : 1 - mean);
  };
}

export function fillLegend(element, kind, data) {
  element.replaceChildren();
  if (kind === "person") {
    element.textContent = "left limbs are lighter, right ones darker";
    return;
  }
  const stops = Array.from({ length: 9 }, (_, i) => ramp(i / 8)).join(", ");
  const [low, high] = kind === "uncertainty" ? ["0", `${Math.round(100 * data.uncertain)} cm or more`] : ["1", "0"];
  const bar = document.createElement("span");
  bar.className = "bar";
  bar.style.background = `linear-gradient(to right, ${stops})`;
  element.append(low, bar, high);
  if (kind === "uncertainty") element.append(` (${data.uncertaintyMeaning})`);
}

"""Made-up motion in the formats that users have, written by the shortest code that does it."""

from pathlib import Path

import numpy as np

FIGURE = {
    "pelvis": (None, (0, 0, 0)), "spine": ("pelvis", (0, 10, 0)), "chest": ("spine", (0, 20, 0)),
    "neck": ("chest", (0, 20, 0)), "head": ("neck", (0, 10, 0)),
    **{f"{side}_{name}": (parent if parent in ("pelvis", "chest") else f"{side}_{parent}", (sign * x, y, z))
       for side, sign in (("left", 1), ("right", -1)) for name, parent, (x, y, z) in (
           ("hip", "pelvis", (9, -5, 0)), ("knee", "hip", (0, -42, 1)), ("ankle", "knee", (0, -42, -1)),
           ("toe", "ankle", (0, -6, 14)), ("collar", "chest", (4, 16, 0)), ("shoulder", "collar", (14, 0, 0)),
           ("elbow", "shoulder", (29, 0, 0)), ("wrist", "elbow", (26, 0, 0)))},
}
"""A T-pose in centimetres that faces +z: place -> (parent, offset)."""

MIXAMO = {
    "pelvis": "mixamorig:Hips", "spine": "mixamorig:Spine", "chest": "mixamorig:Spine1", "neck": "mixamorig:Neck",
    "head": "mixamorig:Head",
    **{f"{side}_{place}": f"mixamorig:{side.capitalize()}{name}" for side in ("left", "right") for place, name in (
        ("hip", "UpLeg"), ("knee", "Leg"), ("ankle", "Foot"), ("toe", "ToeBase"), ("collar", "Shoulder"),
        ("shoulder", "Arm"), ("elbow", "ForeArm"), ("wrist", "Hand"))},
}


def write_figure(path: Path, *, seconds: float = 2.0, fps: float = 30.0, names: dict[str, str] = MIXAMO,
                 scale: float = 1.0, speed: float = 1.2, turns: dict[str, np.ndarray] | None = None,
                 places: np.ndarray | None = None) -> Path:
    """A BVH of the figure that walks along +z at `speed` m/s, its arms hanging, its limbs swinging.

    turns: X Y Z rotations (F, 3) in degrees by place, in place of the walk's; places: (F, 3) of the pelvis, cm.
    """
    frames = round(seconds * fps) + 1
    time = np.arange(frames) / fps
    swing = np.sin(2 * np.pi * time)
    still = np.zeros(frames)
    moves = {"left_hip": [25 * swing, still, still], "right_hip": [-25 * swing, still, still],
             "left_knee": [15 - 15 * swing, still, still], "right_knee": [15 + 15 * swing, still, still],
             "left_shoulder": [still, still, -70 - 10 * swing], "right_shoulder": [still, still, 70 - 10 * swing]}
    turning = {place: np.stack(columns, axis=-1) for place, columns in moves.items()} | (turns or {})
    if places is None:
        places = np.stack([still, 95 + still, 100 * speed * time], axis=-1)
    order = ordered()
    rows = np.concatenate([scale * places, *(turning.get(place, np.zeros((frames, 3))) for place in order)], axis=-1)
    text = ["HIERARCHY", *_block(order[0], names, scale), "MOTION", f"Frames: {frames}", f"Frame Time: {1 / fps:.7f}"]
    text += [" ".join(f"{value:.5f}" for value in row) for row in rows]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(text) + "\n")
    return path


def ordered() -> list[str]:
    """The figure's places as a BVH lists them."""
    def below(place: str) -> list[str]:
        return [place, *(found for child in _children(place) for found in below(child))]

    return below("pelvis")


def _children(place: str) -> list[str]:
    return [child for child, (parent, _) in FIGURE.items() if parent == place]


def _block(place: str, names: dict[str, str], scale: float) -> list[str]:
    parent, offset = FIGURE[place]
    moving = "6 Xposition Yposition Zposition" if parent is None else "3"
    lines = [f"{'ROOT' if parent is None else 'JOINT'} {names[place]}", "{",
             "OFFSET " + " ".join(f"{scale * value:.5f}" for value in offset),
             f"CHANNELS {moving} Xrotation Yrotation Zrotation"]
    for child in _children(place):
        lines += _block(child, names, scale)
    if not _children(place):
        end = (0, 18, 0) if place == "head" else (0, 0, 5) if "toe" in place else (5, 0, 0)
        lines += ["End Site", "{", "OFFSET " + " ".join(f"{scale * value:.5f}" for value in end), "}"]
    return [*lines, "}"]

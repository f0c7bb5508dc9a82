"""One person's 2D skeleton, drawn on a picture."""

from dataclasses import dataclass

import cv2
import numpy as np

from vid2pose3d.render.colours import DARK, LIGHT, Colour, shade, side_of
from vid2pose3d.skeleton import H36M17
from vid2pose3d.skeleton.joint_set import JointSet

FAINT_BELOW = 0.5
"""Confidence under which a limb or joint is drawn faintly."""
_FAINT_OPACITY = 0.35
_SHIFT = 4
"""OpenCV takes coordinates in 1/16 pixel."""
_FAR = 100_000
"""Pixels beyond which OpenCV's coordinates could overflow."""


@dataclass(frozen=True)
class Style:
    """How a skeleton is drawn."""

    joint_set: JointSet
    colour: Colour
    width: int
    """Pixels, of a limb."""
    dashed: bool
    """Thin dashes without joints, for what was not seen but bridged."""


def line_width(xy: np.ndarray, height: int, width: int) -> int:
    """Limb width in pixels for a person with joints xy (J, 2) in a height x width picture."""
    limit = max(min(height, width) / 180, 1.0)
    seen = xy[np.isfinite(xy).all(axis=-1)]
    tall = float(np.ptp(seen, axis=0).max()) if len(seen) else 0.0
    return round(max(1.0, min(limit, tall / 50)))


def draw_skeleton(image: np.ndarray, xy: np.ndarray, confidence: np.ndarray, style: Style) -> None:
    """Draw a skeleton on image (H, W, 3) uint8 RGB, in place.

    xy: (J, 2) pixels, NaN where unknown. confidence: (J,) 0..1; what lies under `FAINT_BELOW` is faint. Left
    limbs are lighter with white joints, right ones darker with black joints.
    """
    known = np.isfinite(xy).all(axis=-1)
    points = np.clip(np.nan_to_num(xy) - 0.5, -_FAR, _FAR)  # OpenCV's pixel centres are whole numbers
    sure = known & (np.nan_to_num(confidence) >= FAINT_BELOW)
    bones = [(a, b) for a, b in style.joint_set.bones if known[a] and known[b]]
    joints = [joint for joint in range(len(known)) if known[joint] and not style.dashed]
    sure_bones = [(a, b) for a, b in bones if sure[a] and sure[b]]
    faint_bones = [bone for bone in bones if bone not in sure_bones]
    faint_joints = [joint for joint in joints if not sure[joint]]
    if faint_bones or faint_joints:
        _draw_faintly(image, points, faint_bones, faint_joints, style)
    _draw(image, points, sure_bones, [joint for joint in joints if sure[joint]], style)


def draw_thin_skeleton(image: np.ndarray, xy: np.ndarray, *, width: int) -> None:
    """Draw the 17 Human3.6M joints xy (17, 2) pixels as thin white lines with a dark rim, in place.

    width: pixels of the limbs beside them. Bones with a joint that is NaN are left out.
    """
    known = np.isfinite(xy).all(axis=-1)
    points = np.clip(np.nan_to_num(xy) - 0.5, -_FAR, _FAR)
    bones = [(points[a], points[b]) for a, b in H36M17.bones if known[a] and known[b]]
    width = max(1, round(0.4 * width))
    for colour, thick in ((DARK, width + 2), (LIGHT, width)):
        for start, end in bones:
            _line(image, start, end, colour, thick)


def _draw_faintly(image: np.ndarray, points: np.ndarray, bones: list[tuple[int, int]], joints: list[int],
                  style: Style) -> None:
    used = points[sorted({*joints, *(joint for bone in bones for joint in bone)})]
    reach = 3 * style.width + 2
    size = image.shape[1::-1]
    left, top = np.clip(used.min(axis=0) - reach, 0, size).astype(int)
    right, bottom = np.clip(used.max(axis=0) + reach, 0, size).astype(int)
    area = image[top:bottom, left:right]
    if not area.size:
        return
    drawn = area.copy()
    _draw(drawn, points - (left, top), bones, joints, style)
    cv2.addWeighted(drawn, _FAINT_OPACITY, area, 1 - _FAINT_OPACITY, 0, dst=drawn)
    area[:] = drawn


def _draw(image: np.ndarray, points: np.ndarray, bones: list[tuple[int, int]], joints: list[int],
          style: Style) -> None:
    names = style.joint_set.joints
    width = max(1, round(0.6 * style.width)) if style.dashed else style.width
    strokes = [(points[a], points[b], shade(style.colour, side_of(names[b]))) for a, b in bones]
    if style.dashed:
        strokes = [(*dash, colour) for start, end, colour in strokes
                   for dash in _dashes(start, end, length=4.0 * width)]
    for start, end, _ in strokes:
        _line(image, start, end, DARK, width + 2)
    for start, end, colour in strokes:
        _line(image, start, end, colour, width)
    for joint in joints:
        _dot(image, points[joint], style.colour, width + 0.5)
        _dot(image, points[joint], _CENTRE[side_of(names[joint])] or style.colour, 0.6 * width)


_CENTRE: dict[str, Colour | None] = {"left": LIGHT, "right": DARK, "middle": None}


def _dashes(start: np.ndarray, end: np.ndarray, *, length: float) -> list[tuple[np.ndarray, np.ndarray]]:
    """The line from start to end (2,) as dashes of about `length` pixels with gaps of the same length."""
    pieces = 2 * round(min(float(np.linalg.norm(end - start)) / (2 * length), 500)) + 1
    marks = start + (end - start) * np.linspace(0, 1, pieces + 1)[:, None]
    return list(zip(marks[0::2], marks[1::2], strict=True))


def _line(image: np.ndarray, start: np.ndarray, end: np.ndarray, colour: Colour, width: int) -> None:
    cv2.line(image, _fixed(start), _fixed(end), colour, width, cv2.LINE_AA, _SHIFT)


def _dot(image: np.ndarray, centre: np.ndarray, colour: Colour, radius: float) -> None:
    cv2.circle(image, _fixed(centre), round(radius * (1 << _SHIFT)), colour, cv2.FILLED, cv2.LINE_AA, _SHIFT)


def _fixed(point: np.ndarray) -> tuple[int, int]:
    return round(float(point[0]) * (1 << _SHIFT)), round(float(point[1]) * (1 << _SHIFT))

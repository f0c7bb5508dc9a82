"""A recording as the compact data that the HTML page carries: tables of 16-bit steps in base64."""

import base64
from typing import Any

import numpy as np

from vid2pose3d.motion import CameraPath, Motion3D, Recording
from vid2pose3d.render.colours import DARK, Colour, mix, person_colour, side_of
from vid2pose3d.render.stage import world_range
from vid2pose3d.render.view3d import shown_frames
from vid2pose3d.skeleton import H36M17

_MISSING = 0xFFFF
_STEPS = _MISSING - 1
_CONFIDENCE_STEPS = 255
_SCALE_QUANTILE = 0.97
"""Share of the joints whose uncertainty lies inside the colour scale."""
_SCALE_STEP = 0.02
"""Metres: the end of the scale is a multiple of it."""


def page_data(recording: Recording) -> dict[str, Any]:
    """What the page shows, ready for JSON.

    Frames run from the first to the last with anyone in it. Empty tables where nobody is.
    """
    frames, times = (np.array(values) for values in zip(*shown_frames(recording), strict=True))
    camera, clip = recording.camera, recording.clip
    low, high = world_range(recording.people)
    return {
        "clip": {"name": clip.name, "width": clip.width, "height": clip.height, "fps": clip.fps},
        "action": recording.action,
        "frame": int(frames[0]),
        "times": _encoded(times.astype("<f8")),
        "camera": {"K": camera.intrinsics.tolist(), "assumed": camera.assumed,
                   "estimated": camera.focal_error is not None,
                   "world_from_camera": camera.world_from_camera.tolist(),
                   "path": camera.path and _encoded(_path(camera.path, frames))},
        "range": [low.tolist(), high.tolist()],
        "joints": H36M17.joints,
        "sides": [side_of(joint) for joint in H36M17.joints],
        "bones": H36M17.bones,
        "uncertain": _scale_end(recording.people),
        "uncertaintyMeaning": _meaning(recording.people),
        "people": [_person(motion, int(frames[0])) for motion in recording.people],
    }


def quantised(values: np.ndarray) -> dict[str, Any]:
    """Numbers of any shape as `low`, `step` and base64 of little-endian uint16: value = low + step x number.

    65535 stands for what is not finite. The largest error is half a step, 1/131068 of the values' range.
    """
    known = np.isfinite(values)
    low, high = (float(values[known].min()), float(values[known].max())) if known.any() else (0.0, 0.0)
    step = (high - low) / _STEPS or 1.0
    numbers = np.where(known, np.round((np.where(known, values, low) - low) / step), _MISSING)
    return {"low": low, "step": step, "data": _encoded(numbers.astype("<u2"))}


def _path(path: CameraPath, frames: np.ndarray) -> np.ndarray:
    """(F, 12) the rows of every frame's world_from_camera but the last; a frame that it lacks has those before it."""
    rows = np.clip(np.searchsorted(path.frames, frames, side="right") - 1, 0, None)
    return path.world_from_camera[rows, :3].reshape(-1, 12).astype("<f4")


def _person(motion: Motion3D, first: int) -> dict[str, Any]:
    person = motion.person
    return {
        "id": person.id,
        "colour": _hex(mix(person_colour(person.id), DARK, 0.12)),
        "rows": _encoded((person.frames - first).astype("<u4")),
        "bridged": _encoded(person.interpolated.astype("u1")),
        "world": quantised(motion.joints_world),
        "picture": quantised(person.xy),
        "confidence": _encoded(np.round(np.nan_to_num(motion.confidence) * _CONFIDENCE_STEPS).astype("u1")),
        "uncertainty": None if motion.uncertainty is None else quantised(motion.uncertainty),
    }


def _meaning(people: list[Motion3D]) -> str:
    """What the uncertainties are, for the legend."""
    kinds = {motion.uncertainty_kind for motion in people}
    if kinds == {"radius80"}:
        return "true joint within it in 80 of 100 cases"
    return "spread of the hypotheses" if kinds == {"spread"} else "of several kinds, or of an unknown one"


def _scale_end(people: list[Motion3D]) -> float | None:
    """Metres of uncertainty at the upper end of the colour scale; None where none is known."""
    known = [motion.uncertainty.ravel() for motion in people if motion.uncertainty is not None]
    values = np.concatenate([*known, np.zeros(0)])
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    return max(1, int(np.ceil(np.quantile(values, _SCALE_QUANTILE) / _SCALE_STEP - 1e-6))) * _SCALE_STEP


def _encoded(values: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode("ascii")


def _hex(colour: Colour) -> str:
    return "#" + "".join(f"{part:02x}" for part in colour)

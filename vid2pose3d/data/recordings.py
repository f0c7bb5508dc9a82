"""One file of recorded motion as clips of 17 joints: read, checked, resampled, put on the ground."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from vid2pose3d.data import checks
from vid2pose3d.data.body import h36m17
from vid2pose3d.data.joint_names import UnknownJoints
from vid2pose3d.data.readers import read_recorded
from vid2pose3d.data.rig import to_body
from vid2pose3d.errors import InputError
from vid2pose3d.skeleton import H36M17

_ANKLE = 0.08
"""Metres of the ankle above the ground."""
_LOWEST = 2.0
"""Per cent of the frames in which the lower ankle may be lower still."""
_FARTHEST = 32.7
"""Metres from the start that 16 bits hold as millimetres."""


@dataclass
class FileReport:
    """What became of a file."""

    path: str
    format: str = ""
    fps: float | None = None
    seconds: float = 0.0
    """In the file."""
    kept: float = 0.0
    """Seconds in the dataset."""
    clips: list[str] = field(default_factory=list)
    unit: str = ""
    axes: str = ""
    height: float | None = None
    """Metres."""
    notes: list[str] = field(default_factory=list)
    """What was assumed, repaired or dropped."""
    problem: str = ""
    """Why the file was left out, where it was."""


def convert_file(path: Path, *, places: Mapping[str, str], fps: float, shortest: float) -> tuple[list[np.ndarray],
                                                                                              FileReport]:
    """The good stretches of a file as positions (F, 17, 3) int16 millimetres, and what was found.

    They are at `fps` frames a second, y up, the ground at y = 0, and start over the origin. A file without a good
    stretch of `shortest` seconds, or without a person, gives none and says why. Raises UnknownJoints, naming the file,
    where its joint names tell no body.
    """
    report = FileReport(str(path))
    try:
        return _convert(path, report, places, fps, shortest), report
    except UnknownJoints as error:
        raise UnknownJoints(f"{path}: {error}") from error
    except InputError as error:
        report.problem = str(error).removeprefix(str(path)).lstrip(": ")
        return [], report


def _convert(path: Path, report: FileReport, places: Mapping[str, str], fps: float,
             shortest: float) -> list[np.ndarray]:
    recorded = read_recorded(path)
    report.format, report.fps, report.seconds = recorded.format, recorded.fps, (len(recorded) - 1) / recorded.fps
    body, repaired = to_body(recorded, places)
    report.notes += [*recorded.notes, *repaired]
    if not np.isfinite(np.stack(list(body.points.values()))).all(axis=(0, 2)).any():
        raise InputError("no frame has all joints")
    if not body.leg() > 0:
        raise InputError("all joints lie in one place")
    strange = checks.misshapen(body)
    if strange:
        raise InputError(strange)
    scale, report.unit = checks.find_unit(body, recorded.metres_per_unit)
    matrix, report.axes = checks.upright(body)
    body = body.moved(scale=scale, matrix=matrix)
    report.height = round(checks.stature(body), 2)
    exchanged, shown = checks.sides(body, fps=recorded.fps)
    report.notes += [shown] if shown else []
    joints = h36m17(body.swapped() if exchanged else body)
    parts, said = checks.good_parts(joints, fps=recorded.fps, shortest=shortest)
    report.notes += said
    if not parts:
        raise InputError(f"no {shortest:g} s of good frames")
    clips = [grounded(resample(part.joints, recorded.fps, fps)) for part in parts]
    if recorded.fps != fps:
        report.notes.append(f"resampled from {recorded.fps:g} to {fps:g} fps")
    near = [clip for clip in clips if np.abs(clip).max() < _FARTHEST]
    if len(near) < len(clips):
        report.notes.append(f"dropped: {len(clips) - len(near)} parts go farther than {_FARTHEST:g} m from their start")
    if not near:
        raise InputError(f"goes farther than {_FARTHEST:g} m from its start")
    report.kept = sum(len(clip) - 1 for clip in near) / fps
    return [np.round(1000 * clip).astype(np.int16) for clip in near]


def resample(joints: np.ndarray, fps: float, wanted: float) -> np.ndarray:
    """(F, 17, 3) at another rate, linearly between frames; the first frame stays."""
    frames = int((len(joints) - 1) * wanted / fps + 1e-6) + 1
    position = np.minimum(np.arange(frames) * fps / wanted, len(joints) - 1)
    below = np.minimum((position + 1e-6).astype(int), len(joints) - 1)
    above = np.minimum(below + 1, len(joints) - 1)
    share = np.clip(position - below, 0, 1)[:, None, None]
    return (1 - share) * joints[below] + share * joints[above]


def grounded(joints: np.ndarray) -> np.ndarray:
    """(F, 17, 3) metres, moved so that the lower ankle's 2nd percentile is 8 cm high and the pelvis starts over 0."""
    ankles = joints[:, H36M17.indices(("left_ankle", "right_ankle")), 1].min(axis=1)
    start = joints[0, H36M17.index("pelvis")]
    return joints - np.array([start[0], np.percentile(ankles, _LOWEST) - _ANKLE, start[2]])

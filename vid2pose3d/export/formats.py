"""A finished result in the formats of other programs: which there are, and writing several of them at once."""

import glob
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vid2pose3d.errors import InputError
from vid2pose3d.export.bvh import Unit, write_bvh
from vid2pose3d.export.c3d import write_c3d
from vid2pose3d.export.even import ticks
from vid2pose3d.export.json import read_json
from vid2pose3d.export.rig import Names
from vid2pose3d.export.tables import write_csv, write_npz
from vid2pose3d.export.trc import write_trc
from vid2pose3d.motion import Motion3D, Recording
from vid2pose3d.outputs import output_set
from vid2pose3d.reporter import Reporter


@dataclass(frozen=True)
class Style:
    """What the user may choose about a skeleton's file."""

    names: Names = "default"
    unit: Unit = "m"


@dataclass(frozen=True)
class Format:
    """A format: `write` makes the file of one person, or with `scene` of several."""

    write: Callable[[Path, Recording, list[Motion3D], Style], None]
    lost: str
    """What of a result it cannot hold, for everyone."""
    holes: str | None = None
    """What becomes of frames that are missing, where the format has no place for that."""
    even: bool = False
    """Whether it knows a frame rate instead of time stamps."""
    whole: bool = False
    """Whether it needs frames with all 17 joints."""
    scene: bool = False


def _bvh(path: Path, recording: Recording, people: list[Motion3D], style: Style) -> None:
    write_bvh(path, people[0], fps=recording.clip.fps, unit=style.unit, names=style.names)


def _glb(path: Path, recording: Recording, people: list[Motion3D], style: Style) -> None:
    from vid2pose3d.export.glb import write_glb  # its library is not needed by anything else

    write_glb(path, recording, people, names=style.names)


_MARKERS_LOST = "confidence, uncertainty, 2D joints or the camera"

FORMATS: dict[str, Format] = {
    "bvh": Format(_bvh, _MARKERS_LOST, "interpolated", even=True, whole=True),
    "glb": Format(_glb, "confidence, uncertainty or 2D joints", "interpolated", whole=True, scene=True),
    "trc": Format(lambda path, recording, people, _: write_trc(path, people[0], fps=recording.clip.fps),
                  _MARKERS_LOST, "left empty", even=True),
    "c3d": Format(lambda path, recording, people, _: write_c3d(path, people[0], fps=recording.clip.fps),
                  _MARKERS_LOST, "marked as invalid", even=True),
    "csv": Format(lambda path, _, people, __: write_csv(path, people[0]), "2D joints or the camera"),
    "npz": Format(lambda path, recording, people, _: write_npz(path, recording, people[0]),
                  "the options of the run"),
}


def read_formats(text: str) -> list[str]:
    """The formats in a list with commas, each once. Raises InputError, with the known ones, for any other."""
    names = list(dict.fromkeys(name.strip().lower().lstrip(".") for name in text.split(",") if name.strip()))
    unknown = [name for name in names if name not in FORMATS]
    if unknown or not names:
        cure = "; Blender makes FBX and USD of a GLB, see docs/formats.md" if {"fbx", "usd"} & set(unknown) else ""
        raise InputError(f"--to {text}: {', '.join(unknown) or 'nothing'} is no format that can be written; known are "
                         f"{', '.join(FORMATS)}{cure}")
    return names


def export_result(
    result: Path, folder: Path, formats: Sequence[str], *, person: str, style: Style, overwrite: bool,
    reporter: Reporter,
) -> list[Path]:
    """Write the result file `result` into `folder` in all of `formats`: all files appear together, or none.

    A scene is named `<result>.<format>`, a person's file `<result>_person01.<format>`. person: "all" or an id. Says in
    a line for each format what it cannot hold. Raises InputError where the result, the person or the folder cannot be
    used.
    """
    recording = read_json(result)
    people = _chosen(result, recording.people, person)
    jobs = [job for name in formats for job in _jobs(result, name, people, reporter)]
    with output_set(folder, [glob.escape(file) for _, file, _ in jobs], overwrite=overwrite) as outputs:
        for done, (name, file, shown) in enumerate(jobs):
            reporter.progress("export", done, len(jobs))
            FORMATS[name].write(outputs.add(file), recording, shown, style)
        reporter.progress("export", len(jobs), len(jobs))
        paths = outputs.publish()
    for name in formats:
        reporter.note(_loss(name, recording, [motion for job, _, shown in jobs if job == name for motion in shown]))
    return paths


def _chosen(result: Path, people: list[Motion3D], choice: str) -> list[Motion3D]:
    if not people:
        raise InputError(f"{result} holds nobody; there is nothing to export")
    twice = [number for number, count in Counter(motion.person.id for motion in people).items() if count > 1]
    if twice:
        raise InputError(f"{result} has two people with id {twice[0]}, whose files would have one name; give each "
                         "an id of its own")
    chosen = [motion for motion in people if choice == "all" or str(motion.person.id) == (choice.lstrip("0") or "0")]
    if not chosen:
        ids = ", ".join(str(motion.person.id) for motion in people)
        raise InputError(f"--person {choice}: there is no such person; the result has {ids}")
    return chosen


def _jobs(result: Path, name: str, people: list[Motion3D], reporter: Reporter) -> list[tuple[str, str, list[Motion3D]]]:
    """Format, file name and people of each file of a format. Raises InputError where nobody can be in one."""
    needed = "frame with all 17 joints" if FORMATS[name].whole else "joint in any frame"
    shown = [motion for motion in people if _known(motion, FORMATS[name].whole).any()]
    if not shown:
        others = [other for other in FORMATS if not FORMATS[other].whole]
        cure = f"; use {', '.join(others)}" if FORMATS[name].whole else ""
        raise InputError(f"{result}: nobody has a {needed}, which {name} needs{cure}")
    for motion in people:
        if motion not in shown:
            reporter.warn(f"{name}: person {motion.person.id} has no {needed} and is left out")
    if FORMATS[name].scene:
        return [(name, f"{result.stem}.{name}", shown)]
    return [(name, f"{result.stem}_person{motion.person.id:02d}.{name}", [motion]) for motion in shown]


def _known(motion: Motion3D, whole: bool) -> np.ndarray:
    """(N,) which frames a format has a use for."""
    known = np.isfinite(motion.joints_world).all(axis=2)
    return known.all(axis=1) if whole else known.any(axis=1)


def _loss(name: str, recording: Recording, people: list[Motion3D]) -> str:
    """One line that says what of the result the format cannot hold."""
    form, fps = FORMATS[name], recording.clip.fps
    parts = [f"{name} does not hold {form.lost}"]
    missing = sum(_missing(motion, form.whole) for motion in people)
    if form.holes and missing:
        parts.append(f"{missing} missing frame{'s are' if missing > 1 else ' is'} {form.holes}")
    if form.even and not all(_is_even(motion.person.times, fps) for motion in people):
        parts.append(f"uneven times are evened out to {fps:.6g} frames a second")
    return "; ".join(parts)


def _missing(motion: Motion3D, whole: bool) -> int:
    """Frames between the person's first and last that the result, or for the format's needs a joint, is without."""
    known = motion.person.frames[_known(motion, whole)]
    first, last = (motion.person.frames[0], motion.person.frames[-1])
    return int(last - first + 1 - len(known))


def _is_even(times: np.ndarray, fps: float) -> bool:
    at = ticks(times, fps)
    return np.array_equal(at, np.round(at))

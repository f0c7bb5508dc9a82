"""Folders of recorded motion made into one dataset for training."""

import csv
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from vid2pose3d.data.joint_names import UnknownJoints
from vid2pose3d.data.labels import Label, read_labels
from vid2pose3d.data.mocap import INDEX_FILE, OWN_LICENSE, POSITIONS_FILE
from vid2pose3d.data.readers import READERS
from vid2pose3d.data.recordings import FileReport, convert_file
from vid2pose3d.errors import InputError
from vid2pose3d.outputs import OutputSet, output_set
from vid2pose3d.reporter import Reporter

REPORT_FILE = "report.json"
_COLUMNS = ("clip_id", "source", "license", "subject", "src_fps", "fps", "n_frames", "label", "action", "label_origin",
            "split", "height", "shard", "start", "quality")
_VALIDATION = 0.15
"""Share of the frames to which the held-out subject's should come closest."""
_HELD_OUT = " (held out)"


@dataclass(frozen=True)
class BuildSettings:
    """How a dataset is made."""

    fps: float = 30.0
    shortest: float = 0.5
    """Seconds that a stretch of good frames must last to be kept."""
    license: str = OWN_LICENSE
    validation: tuple[str, ...] = ()
    """Subjects that make the validation split; none: chosen."""
    skip_unknown: bool = False
    """Leave files out whose joints are not recognised, instead of an error."""

    def check(self) -> None:
        """Raises InputError for a value that cannot be used."""
        if not 1 <= self.fps <= 240:
            raise InputError(f"--fps {self.fps:g}: must be 1 to 240 frames a second")
        if not self.license.strip():
            raise InputError("--license must not be empty; give the terms of the recordings in a few words")


@dataclass(frozen=True)
class MotionFile:
    """A file to read."""

    path: Path
    source: str
    """Name of the folder that was given."""
    subject: str
    """Name of the folder that it lies in."""


@dataclass
class _Clip:
    """A row of the index and its frames."""

    id: str
    file: str
    """Id of the file that it is a part of."""
    source: str
    subject: str
    label: Label
    report: FileReport
    positions: np.ndarray
    """(F, 17, 3) int16 millimetres."""
    split: str = ""


def build_dataset(folders: Sequence[Path], out: Path, settings: BuildSettings, *, labels: Path | None,
                  places: Mapping[str, str], overwrite: bool, reporter: Reporter) -> list[FileReport]:
    """Write the dataset `out` from all the motion files in `folders`; returns what became of each file.

    labels: a CSV table, see `read_labels`; places: as in `find_places`. Raises InputError where a folder or table
    cannot be used, a file's joints are not recognised, nothing is usable, or `out` exists and `overwrite` is not set.
    """
    settings.check()
    files = find_files(folders, out)
    known = read_labels(labels, {name: file.path for name, file in files.items()}, folders) if labels else {}
    with output_set(out, [POSITIONS_FILE, INDEX_FILE, REPORT_FILE], overwrite=overwrite) as outputs:
        clips: list[_Clip] = []
        reports: list[FileReport] = []
        for number, (name, file) in enumerate(files.items()):
            reporter.progress("reading", number, len(files))
            report, found = _clips_of(name, file, known.get(name, Label()), settings, places)
            reports.append(report)
            clips += found
        reporter.progress("reading", len(files), len(files))
        if not clips:
            raise InputError(f"nothing usable in {len(reports)} files of {', '.join(map(str, folders))}; the first, "
                             f"{reports[0].path}: {reports[0].problem}")
        reporter.note(assign_splits(clips, settings.validation))
        _write(outputs, clips, reports, settings, has_labels=set(known))
        outputs.publish()
    return reports


def find_files(folders: Sequence[Path], out: Path) -> dict[str, MotionFile]:
    """Every motion file below the folders, by clip id, in order; a folder may also be one file.

    The id is the file's name without its ending, or, where several files share that, its path below the folder. What
    lies in `out` does not count. Raises InputError for a folder that there is not, or where none holds such a file.
    """
    found: list[tuple[Path, Path]] = []
    for folder in folders:
        if not folder.exists():
            raise InputError(f"{folder} does not exist; check the name")
        inside = sorted(folder.rglob("*")) if folder.is_dir() else [folder]
        found += [(path, folder if folder.is_dir() else folder.parent) for path in inside if _is_motion(path, out)]
    kinds = ", ".join(READERS)
    if not found:
        raise InputError(f"{', '.join(map(str, folders))}: holds no motion file ({kinds}); give a folder with some")
    stems = Counter(path.stem for path in {path.resolve() for path, _ in found})
    files: dict[str, MotionFile] = {}
    seen: set[Path] = set()
    for path, folder in found:
        if path.resolve() in seen:
            continue
        seen.add(path.resolve())
        name = path.stem if stems[path.stem] == 1 else "_".join(path.relative_to(folder).parts)
        while name in files:
            name += "_"
        files[name] = MotionFile(path, folder.resolve().name, path.resolve().parent.name or "unknown")
    return files


def _is_motion(path: Path, out: Path) -> bool:
    hidden = path.name.startswith(".") or path.name == POSITIONS_FILE
    inside = out.resolve() in path.resolve().parents
    return path.suffix.lower() in READERS and not hidden and not inside and path.is_file()


def _clips_of(name: str, file: MotionFile, label: Label, settings: BuildSettings,
              places: Mapping[str, str]) -> tuple[FileReport, list[_Clip]]:
    path = file.path
    try:
        parts, report = convert_file(path, places=places, fps=settings.fps, shortest=settings.shortest)
    except UnknownJoints as error:
        if not settings.skip_unknown:
            raise
        return FileReport(str(path), problem=str(error).removeprefix(f"{path}: ")), []
    clips = [_Clip(name if len(parts) == 1 else f"{name}_part{number}", name, file.source,
                   label.subject or file.subject, label, report, part) for number, part in enumerate(parts, 1)]
    report.clips = [clip.id for clip in clips]
    return report, clips


def assign_splits(clips: Sequence[_Clip], validation: Sequence[str]) -> str:
    """Give every clip its split, the same for all of a subject; returns in words how.

    The labels' splits and the subjects named in `validation` stand; everything else is train. Where neither says
    anything, the subject whose frames come closest to 15 % of all is held out, or of a single subject the file that
    does, as a subject of its own. Raises InputError where `validation` names a subject that there is not, or a
    subject is in two splits.
    """
    frames: Counter[str] = Counter()
    for clip in clips:
        frames[clip.subject] += len(clip.positions)
    for name in validation:
        if name not in frames:
            raise InputError(f"--val {name}: no such subject; there are {', '.join(sorted(frames))}")
    said = {clip.subject: clip.label.split for clip in clips if clip.label.split} | dict.fromkeys(validation, "val")
    wrong = [clip for clip in clips if clip.label.split and said[clip.subject] != clip.label.split]
    if wrong:
        raise InputError(f"subject {wrong[0].subject!r} is in splits {wrong[0].label.split!r} and "
                         f"{said[wrong[0].subject]!r}; put each subject into one split, by --val or the labels")
    text = "splits as told"
    if not said:
        text, said = _hold_out(clips, frames)
    for clip in clips:
        clip.split = said.get(clip.subject, "train")
    return text


def _hold_out(clips: Sequence[_Clip], frames: Counter[str]) -> tuple[str, dict[str, str]]:
    if len(frames) == 1:
        files: Counter[str] = Counter()
        for clip in clips:
            files[clip.file] += len(clip.positions)
        if len(files) == 1:
            return "a single file: all of it is train; training needs another one for validation", {}
        chosen, subject = _nearest(files), next(iter(frames)) + _HELD_OUT
        for clip in clips:
            clip.subject = subject if clip.file == chosen else clip.subject
        return f"one subject: its file {chosen} is held out for validation", {subject: "val"}
    return f"subject {_nearest(frames)} is held out for validation", {_nearest(frames): "val"}


def _nearest(frames: Counter[str]) -> str:
    """The name whose share of the frames is closest to that of a validation split."""
    goal = _VALIDATION * frames.total()
    return min(sorted(frames), key=lambda name: abs(frames[name] - goal))


def _write(outputs: OutputSet, clips: Sequence[_Clip], reports: Sequence[FileReport], settings: BuildSettings, *,
           has_labels: set[str]) -> None:
    lengths = np.array([len(clip.positions) for clip in clips])
    starts = np.cumsum(lengths) - lengths
    np.savez(outputs.add(POSITIONS_FILE), pos_mm=np.concatenate([clip.positions for clip in clips]), start=starts,
             length=lengths, clip_id=np.array([clip.id for clip in clips]))
    with outputs.add(INDEX_FILE).open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=_COLUMNS)
        writer.writeheader()
        for clip, start in zip(clips, starts.tolist(), strict=True):
            writer.writerow({
                "clip_id": clip.id, "source": clip.source, "license": settings.license, "subject": clip.subject,
                "src_fps": f"{clip.report.fps:g}", "fps": f"{settings.fps:g}", "n_frames": len(clip.positions),
                "label": clip.label.label, "action": clip.label.action or clip.label.label,
                "label_origin": "labels file" if clip.file in has_labels else "", "split": clip.split,
                "height": clip.report.height, "shard": POSITIONS_FILE, "start": start,
                "quality": "proportions off" if clip.report.unit.startswith("unknown") else "good"})
    document = {"settings": asdict(settings), "files": [asdict(report) for report in reports]}
    outputs.add(REPORT_FILE).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")

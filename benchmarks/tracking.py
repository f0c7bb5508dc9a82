"""Identities of the project's tracker against those of a library's trackers, on the same detections.

    python benchmarks/tracking.py [CLIP ...] [--detections DIR] [--seeds N]

Without clips only made-up scenes of crossing people are scored. A clip with a `gt.npz` beside it (`coco17_px`
(P, F, 17, 2), `joint_occluded_by_other` (P, F, 17)) is scored against it; of others the tracks are counted.
With --detections, detections are read from DIR where they are there and kept there where not, so that another
environment without the detector can use them. The library's rows need its package, best in an
environment of its own:

    python -m venv /tmp/library
    /tmp/library/bin/pip install trackers numpy scipy av
    PYTHONPATH=. /tmp/library/bin/python benchmarks/tracking.py CLIP ... --detections DIR
"""

import argparse
import importlib
import importlib.util
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from vid2pose3d.motion import Keypoints2D
from vid2pose3d.skeleton import BLAZEPOSE33, COCO17, JointSet
from vid2pose3d.track import Tracker
from vid2pose3d.video import VideoReader

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "track"))
from walking_people import HEIGHT, WIDTH, crowd  # noqa: E402  (the tests' scenes are the benchmark's, too)

LIMBS = [
    f"{side}_{joint}"
    for side in ("left", "right")
    for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
]
NEAR = 0.25
"""Mean distance of the limbs' joints, in heights of the person, below which a track is on that person."""
LIBRARY = {"SORT": "SORTTracker", "ByteTrack": "ByteTrackTracker", "OC-SORT": "OCSORTTracker"}
INSTALL = (
    "the library's rows are left out: no module `trackers` here; the head of this script says how to get it"
)


@dataclass
class Footage:
    """Detections of one clip or scene, with the truth where it is known."""

    name: str
    times: list[float]
    found: list[list[Keypoints2D]]
    joint_set: JointSet
    size: tuple[int, int]
    pictures: Callable[[], Iterable[np.ndarray]]
    truth: np.ndarray | None = None
    """(P, F, 12, 2) pixels of LIMBS."""
    visible: np.ndarray | None = None
    """(P, F)"""


@dataclass
class Track:
    """One identity: its frame numbers and limbs (N, 12, 2)."""

    steps: np.ndarray
    limbs: np.ndarray


Contestants = dict[str, Callable[[Footage], list[Track]]]


@dataclass
class Score:
    """Sums over clips; frames where a person is hidden are neither asked for nor counted against a track."""

    switches: int = 0
    people: int = 0
    tracks: int = 0
    fragments: int = 0
    """Tracks that a person has beyond one."""
    wanted: int = 0
    covered: int = 0
    given: int = 0
    identified: int = 0
    false: int = 0
    """Frames of tracks on nobody."""

    def __add__(self, other: "Score") -> "Score":
        return Score(**{name: value + getattr(other, name) for name, value in vars(self).items()})

    @property
    def idf1(self) -> float:
        return 2.0 * self.identified / max(self.wanted + self.given, 1)


def score(tracks: list[Track], footage: Footage) -> Score:
    """CLEAR-MOT switches and IDF1 of the tracks. `footage` must have its truth."""
    truth, visible = footage.truth, footage.visible
    assert truth is not None and visible is not None
    height = np.ptp(truth[..., 1], axis=-1)
    off = np.full((len(tracks), *visible.shape), np.inf)
    for number, track in enumerate(tracks):
        gap = np.linalg.norm(truth[:, track.steps] - track.limbs, axis=-1)
        known = np.where(np.isfinite(gap).all(axis=-1), gap.mean(axis=-1), np.inf)
        off[number][:, track.steps] = known / height[:, track.steps]
    holder, total = _holders(off, visible)
    for row in holder:
        owned = row[row >= 0]
        total.switches += int(np.sum(owned[1:] != owned[:-1]))
        total.fragments += max(len(np.unique(owned)) - 1, 0)
    near = off < NEAR
    common = (near & visible).sum(axis=-1)
    total.identified = int(common[linear_sum_assignment(common, maximize=True)].sum()) if len(tracks) else 0
    shown = np.zeros((len(tracks), visible.shape[1]), dtype=bool)
    for number, track in enumerate(tracks):
        shown[number, track.steps] = True
    total.false = int((shown & ~near.any(axis=1)).sum())
    on_hidden = (
        near.any(axis=1) & ~np.take_along_axis(visible[None], off.argmin(axis=1)[:, None], axis=1)[:, 0]
    )
    total.given = int((shown & ~on_hidden).sum())
    total.people, total.tracks, total.wanted = len(visible), len(tracks), int(visible.sum())
    return total


def _holders(off: np.ndarray, visible: np.ndarray) -> tuple[np.ndarray, Score]:
    """(P, F) the track on each visible person, -1 for none; a pairing lasts while it is near enough."""
    holder = np.full(visible.shape, -1)
    last = np.full(len(visible), -1)
    for step in range(visible.shape[1] if len(off) else 0):
        cost = np.where((off[:, :, step] < NEAR) & visible[:, step], off[:, :, step], 1e3)
        for person, track in enumerate(last):
            if track >= 0 and cost[track, person] < 1e3:
                cost[track, person] -= 10.0
        for track, person in zip(*linear_sum_assignment(cost), strict=True):
            if cost[track, person] < 1e3:
                holder[person, step] = last[person] = track
    return holder, Score(covered=int((holder >= 0).sum()))


def ours(footage: Footage, *, colours: bool = True) -> list[Track]:
    """This project's tracker."""
    tracker = Tracker(footage.joint_set, width=footage.size[0], height=footage.size[1])
    pictures: Iterable[Any] = footage.pictures() if colours else [None] * len(footage.times)
    for step, (stamp, found, image) in enumerate(zip(footage.times, footage.found, pictures, strict=True)):
        tracker.update(step, stamp, found, image)
    limbs = footage.joint_set.indices(LIMBS)
    return [Track(person.frames, person.xy[:, limbs]) for person in tracker.finish()]


def theirs(footage: Footage, kind: str) -> list[Track]:
    """A tracker of the `trackers` library with its own defaults; lost tracks are kept for one second."""
    supervision, library = importlib.import_module("supervision"), importlib.import_module("trackers")
    fps = (len(footage.times) - 1) / max(footage.times[-1], 1e-6) if len(footage.times) > 1 else 30.0
    tracker = getattr(library, kind)(frame_rate=fps)
    limbs = footage.joint_set.indices(LIMBS)
    steps: dict[int, list[int]] = {}
    poses: dict[int, list[np.ndarray]] = {}
    for step, found in enumerate(footage.found):
        boxes = np.array([one.bbox for one in found]).reshape(-1, 4)
        given = supervision.Detections(
            xyxy=boxes,
            confidence=np.array([one.score for one in found]),
            class_id=np.zeros(len(found), dtype=int),
            data={"row": np.arange(len(found))},
        )
        out = tracker.update(given)
        for row, number in zip(out.data.get("row", []), out.tracker_id, strict=True):
            if number >= 0:
                steps.setdefault(number, []).append(step)
                poses.setdefault(number, []).append(found[row].xy[limbs])
    return [Track(np.array(steps[number]), np.stack(poses[number])) for number in steps]


def made_up(seed: int, *, hard: bool) -> Footage:
    """Four people who cross each other; in hard scenes a tenth of the detections is missing."""
    made = crowd(seed, missed=0.1 if hard else 0.0, noise=0.02 if hard else 0.01)
    limbs = COCO17.indices(LIMBS)
    return Footage(
        f"{'hard' if hard else 'easy'} crossing {seed}",
        made.times,
        made.found,
        COCO17,
        (WIDTH, HEIGHT),
        lambda: (made.picture(step) for step in range(len(made.times))),
        made.xy[:, :, limbs],
        made.visible,
    )


def filmed(path: Path, kept: Path | None) -> Footage:
    """A clip, its detections by the default detector or as kept, and its truth if there is one."""
    store = kept / f"{_label(path)}.npz" if kept else None
    seen = _Detections.load(store) if store and store.is_file() else _detect(path)
    if store and not store.is_file():
        seen.save(store)
    footage = Footage(
        _label(path),
        seen.times,
        seen.found,
        BLAZEPOSE33,
        seen.size,
        lambda: (frame.image for frame in VideoReader(path)),
    )
    truth = path.parent / "gt.npz"
    if truth.is_file():
        with np.load(truth) as known:
            footage.truth = known["coco17_px"][:, :, COCO17.indices(LIMBS)].astype(float)
            footage.visible = known["joint_occluded_by_other"].mean(axis=-1) < 0.5
    return footage


def _label(path: Path) -> str:
    return path.parent.name if path.stem == "clip" else path.stem


@dataclass
class _Detections:
    times: list[float]
    found: list[list[Keypoints2D]]
    size: tuple[int, int]

    def save(self, path: Path) -> None:
        everyone = [one for found in self.found for one in found]
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(
            path,
            times=self.times,
            size=self.size,
            count=[len(found) for found in self.found],
            xy=[one.xy for one in everyone],
            confidence=[one.confidence for one in everyone],
            bbox=[one.bbox for one in everyone],
            score=[one.score for one in everyone],
        )

    @classmethod
    def load(cls, path: Path) -> "_Detections":
        with np.load(path) as kept:
            rows = zip(kept["xy"], kept["confidence"], kept["bbox"], kept["score"].tolist(), strict=True)
            everyone = iter([Keypoints2D(*row) for row in rows])
            found = [[next(everyone) for _ in range(count)] for count in kept["count"]]
            return cls(kept["times"].tolist(), found, tuple(kept["size"].tolist()))


def _detect(path: Path) -> _Detections:
    from vid2pose3d.detect import DetectorOptions, create_detector

    detector = create_detector("blazepose", DetectorOptions(threads=1))
    times, found = [], []
    with VideoReader(path) as reader:
        for frame in reader:
            times.append(frame.time)
            found += detector.detect_frames([frame.image])
        return _Detections(times, found, (reader.clip.width, reader.clip.height))


def contestants() -> Contestants:
    """Trackers by name; those of the library only where it is installed."""
    known: Contestants = {
        "vid2pose3d": ours,
        "  without pictures": lambda footage: ours(footage, colours=False),
    }
    if importlib.util.find_spec("trackers") is None:
        print(INSTALL, file=sys.stderr)
        return known
    return known | {name: lambda footage, kind=kind: theirs(footage, kind) for name, kind in LIBRARY.items()}


def report(title: str, footages: Sequence[Footage], trackers: Contestants) -> None:
    """Print one table: a row for each tracker, summed over the footage."""
    print(f"\n{title}\n{'':20s}people tracks switches fragments coverage   IDF1  false frames  ms/frame")
    for name, run in trackers.items():
        start = time.perf_counter()
        tracks = [run(footage) for footage in footages]
        spent = 1e3 * (time.perf_counter() - start) / sum(len(footage.times) for footage in footages)
        if any(footage.truth is None for footage in footages):
            covered = sum(len(track.steps) for one in tracks for track in one)
            print(f"{name:20s}     ? {sum(map(len, tracks)):6d}   {covered:6d} person frames{spent:33.2f}")
            continue
        total = sum(map(score, tracks, footages), Score())
        print(
            f"{name:20s}{total.people:6d} {total.tracks:6d} {total.switches:8d} {total.fragments:9d} "
            f"{total.covered / max(total.wanted, 1):8.1%} {total.idf1:6.3f} {total.false:13d} {spent:9.2f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clips", nargs="*", type=Path, help="video files")
    parser.add_argument("--detections", type=Path, help="folder with (or for) the clips' detections")
    parser.add_argument("--seeds", type=int, default=20, help="made-up scenes of either kind (20)")
    options = parser.parse_args()
    trackers = contestants()
    for hard in (False, True) if options.seeds else ():
        scenes = [made_up(seed, hard=hard) for seed in range(options.seeds)]
        report(
            f"{options.seeds} {'hard' if hard else 'easy'} scenes of four crossing people", scenes, trackers
        )
    for path in options.clips:
        footage = filmed(path, options.detections)
        report(footage.name, [footage], trackers)


if __name__ == "__main__":
    main()

"""Exchanged sides put right: on made-up exchanges in the 2D of motion capture, on clips with a truth, and by mirrors.

    python benchmarks/sides.py [--data MOCAP [--split train|val|test] [--fps N ...]] [CLIP ...] [--tracks DIR]

MOCAP: the recorded people (up to 10 s of each clip) as a virtual camera and the simulated detector have them, without
exchanges of the detector's own; whole bodies, legs or arms are then exchanged for up to 0.3 s, or for 15 to 40 % of the
track and often until its end. The exchanged joints get an error of their own, and of the changes 40 % pass through a
frame that mixes both sides. Synthetic throughout. "in side view": what lasts begins where left and right are nearest.

CLIP: detected as it is and as its mirror image, which must have the same people mirrored: counted are the frames in
which arms or legs of the one fit those of the other better exchanged (by 2 % of the person's size). With a gt.npz
beside the clip, the frames of both whose arms or legs fit the truth better exchanged are counted, too (by 1 %). With
--tracks, tracks are read from DIR where they are there, and kept there where not.
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from vid2pose3d.data.cameras import CameraConfig, sample_views
from vid2pose3d.data.detector_fit import fitted
from vid2pose3d.data.detector_noise import DetectorNoise, detect
from vid2pose3d.data.mocap import MocapClip, load_mocap, select
from vid2pose3d.data.recordings import resample
from vid2pose3d.detect import DetectorOptions, create_detector
from vid2pose3d.detect.files import read_keypoints
from vid2pose3d.export.keypoints import write_keypoints
from vid2pose3d.motion import Person2D
from vid2pose3d.skeleton import COCO17, H36M17, JointSet
from vid2pose3d.track import Tracker, put_right
from vid2pose3d.video import VideoReader

PARTS = (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle"))
CASES = {"whole body": (0, 1), "legs": (1,), "arms": (0,)}
LONGEST, SHORTEST = 10.0, 2.0
"""Seconds of a made-up track."""
OWN_ERROR = 0.015
"""Standard deviation of the constant error of exchanged joints, in sizes of the person."""
MIXED = 0.4
CAMERAS = CameraConfig(cropped_share=0.0, upper_body_share=0.0, edge_share=0.0)
NOISE = DetectorNoise(swap_factor=0.0, swap_floor=0.0, clean_share=0.0)


def limbs(joint_set: JointSet, part: int, *, exchanged: bool = False) -> list[int]:
    sides = ("right", "left") if exchanged else ("left", "right")
    return joint_set.indices([f"{side}_{joint}" for side in sides for joint in PARTS[part]])


def size(person: Person2D) -> float:
    return float(np.median(np.ptp(person.xy, axis=1).max(axis=-1)))


def made_up(clips: list[MocapClip], *, fps: float, seed: int) -> Iterator[Person2D]:
    rng = np.random.default_rng(seed)
    for clip in clips:
        joints = resample(clip.joints[:int(LONGEST * clip.fps)], clip.fps, fps)[None].astype(np.float32)
        if len(clip) < SHORTEST * clip.fps:
            continue
        views = sample_views(joints, fps=fps, rng=rng, config=CAMERAS)
        rays, confidence = (part[0].astype(float) for part in
                            detect(views, fps=fps, rng=rng, config=NOISE, fit=fitted()))
        count = len(rays)
        yield Person2D(id=1, joint_set=H36M17, frames=np.arange(count), times=np.arange(count) / fps, xy=1000 * rays,
                       confidence=confidence, bbox=np.zeros((count, 4)), interpolated=np.zeros(count, dtype=bool))


def spoilt(person: Person2D, parts: tuple[int, ...], rng: np.random.Generator, *, lasting: bool,
           side_view: bool) -> tuple[Person2D, np.ndarray]:
    """The track with exchanged sides, and (N, 2) where they are."""
    count, fps = len(person), 1 / (person.times[1] - person.times[0])
    length = max(1, int(rng.uniform(0.15, 0.4) * count if lasting else rng.uniform(0, 0.3) * fps))
    begin = int(rng.integers(2, count - length - 1))
    if lasting and rng.random() < 0.5:
        begin = count - length
    end = begin + length
    if side_view:
        low, high = max(1, begin - int(0.7 * fps)), min(end - 2, begin + int(0.7 * fps))
        pairs = limbs(H36M17, 0) + limbs(H36M17, 1)
        apart = np.linalg.norm(person.xy[:, pairs] - person.xy[:, H36M17.mirror[pairs]], axis=-1).max(axis=1)
        begin = low + int(apart[low:high].argmin())
    marked = np.zeros((count, 2), dtype=bool)
    marked[begin:end, list(parts)] = True
    wrong = exchanged(person, marked)
    xy = wrong.xy.copy()
    for part in parts:
        joints = limbs(H36M17, part)
        xy[begin:end, joints] += rng.normal(0, OWN_ERROR * size(person), (1, len(joints), 2))
        for change in (begin, end):
            if 0 < change < count - 1 and rng.random() < MIXED:
                share, row = rng.uniform(0.2, 0.8), change - 1
                xy[row, joints] = (1 - share) * xy[row, joints] + share * xy[row, H36M17.mirror[joints]]
    return replace(wrong, xy=xy), marked


def exchanged(person: Person2D, marked: np.ndarray) -> Person2D:
    xy, confidence = person.xy.copy(), person.confidence.copy()
    for part in (0, 1):
        rows, joints = np.flatnonzero(marked[:, part])[:, None], limbs(person.joint_set, part)
        xy[rows, joints] = person.xy[rows, person.joint_set.mirror[joints]]
        confidence[rows, joints] = person.confidence[rows, person.joint_set.mirror[joints]]
    return replace(person, xy=xy, confidence=confidence)


def synthetic(people: list[Person2D], title: str) -> None:
    touched = [put_right(person)[1].any(axis=1) for person in people]
    print(f"\n{title}: {len(people)} tracks, {sum(map(len, people))} frames; left as they are, "
          f"{sum(marks.any() for marks in touched)} tracks and {sum(marks.sum() for marks in touched)} frames change\n")
    print("| exchanged | for | undone | true frames exchanged | distance from the truth left |\n|---|---|---|---|---|")
    for name, parts in CASES.items():
        for lasting, side_view in ((False, False), (True, False), (True, True)):
            rng, total = np.random.default_rng(0), np.zeros(6)
            for person in people:
                total += measured(person, *spoilt(person, parts, rng, lasting=lasting, side_view=side_view))
            undone, there, harmed, right, left, before = total
            kind = "a while" + (", from side view on" if side_view else "") if lasting else "up to 0.3 s"
            print(f"| {name} | {kind} | {undone / there:.1%} | {harmed / right:.2%} | {left / before:.1%} |")


def measured(person: Person2D, wrong: Person2D, marked: np.ndarray) -> np.ndarray:
    """Frames and parts undone, exchanged; true frames exchanged, true; distance after, before; (6,)."""
    after, found = put_right(wrong)
    joints = limbs(H36M17, 0) + limbs(H36M17, 1)
    own = exchanged(wrong, marked)
    far = [np.linalg.norm(track.xy[:, joints] - person.xy[:, joints], axis=-1).sum() / size(person)
           for track in (after, wrong, own)]
    true = ~marked
    return np.array([(found & marked).sum(), marked.sum(), (found & true).any(axis=1).sum(), true.any(axis=1).sum(),
                     far[0] - far[2], far[1] - far[2]])


def tracks(path: Path, kept: Path | None, *, mirrored: bool) -> tuple[list[Person2D], int]:
    """Everyone in a clip, and its width; of its mirror image they are mirrored back."""
    name = path.parent.name if path.stem == "clip" else path.stem
    store = kept / f"{name}{'_mir' if mirrored else ''}.json" if kept else None
    if store and store.is_file():
        clip, _, people = read_keypoints(store)
    else:
        detector = create_detector("blazepose", DetectorOptions(threads=1))
        with VideoReader(path) as reader:
            tracker = Tracker(detector.joint_set, width=reader.clip.width, height=reader.clip.height)
            for frame in reader:
                image = np.ascontiguousarray(frame.image[:, ::-1]) if mirrored else frame.image
                tracker.update(frame.index, frame.time, detector.detect_frames([image])[0], image)
            clip, people = reader.clip, tracker.finish()
        if store:
            write_keypoints(store, clip, detector.name, people)
    return people, clip.width


def mirrored_back(person: Person2D, width: int) -> Person2D:
    mirror = person.joint_set.mirror
    xy = person.xy[:, mirror] * [-1, 1] + [width, 0]
    return replace(person, xy=xy, confidence=person.confidence[:, mirror])


def better_exchanged(person: Person2D, other: Person2D, *, margin: float) -> int:
    """Frames in which arms or legs fit those of `other` better exchanged, by `margin` sizes of the person."""
    _, here, there = np.intersect1d(person.frames, other.frames, return_indices=True)
    worse = np.zeros(len(here), dtype=bool)
    for part in (0, 1):
        goal = other.xy[there][:, limbs(other.joint_set, part)]
        own, mirror = (np.linalg.norm(person.xy[here][:, limbs(person.joint_set, part, exchanged=flag)] - goal,
                                      axis=-1).mean(axis=1) for flag in (False, True))
        worse |= mirror < own - margin * size(person)
    return int(worse.sum())


def nearest(person: Person2D, others: list[Person2D]) -> Person2D | None:
    def far(other: Person2D) -> float:
        _, here, there = np.intersect1d(person.frames, other.frames, return_indices=True)
        middles = [track.xy[rows].mean(axis=1) for track, rows in ((person, here), (other, there))]
        return float(np.linalg.norm(middles[0] - middles[1], axis=-1).mean()) if len(here) > 2 else np.inf

    best = min(others, key=far, default=None)
    return best if best is not None and far(best) < 0.3 * size(person) else None


def true_people(path: Path) -> list[Person2D]:
    if not path.is_file():
        return []
    pixels = np.load(path)["coco17_px"].astype(float)
    count = pixels.shape[1]
    return [Person2D(id=number, joint_set=COCO17, frames=np.arange(count), times=np.arange(count) / 30.0, xy=xy,
                     confidence=np.ones(xy.shape[:2]), bbox=np.zeros((count, 4)),
                     interpolated=np.zeros(count, dtype=bool)) for number, xy in enumerate(pixels, start=1)]


def filmed(path: Path, kept: Path | None) -> None:
    plain, width = tracks(path, kept, mirrored=False)
    mirror = [mirrored_back(person, width) for person in tracks(path, kept, mirrored=True)[0]]
    truth = true_people(path.with_name("gt.npz"))
    for person in plain:
        other = nearest(person, mirror)
        if other is None:
            continue
        after, after_other = put_right(person)[0], put_right(other)[0]
        shared = len(np.intersect1d(person.frames, other.frames))
        goal, both = nearest(person, truth), ((person, other), (after, after_other))
        cells = [str(better_exchanged(one, two, margin=0.02)) for one, two in both]
        for one, two in both:
            cells.append("-" if goal is None else str(sum(better_exchanged(track, goal, margin=0.01)
                                                          for track in (one, two))))
        name = path.parent.name if path.stem == "clip" else path.stem
        print(f"| {name}, person {person.id} | {shared} | {' | '.join(cells)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", nargs="*", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--split", choices=("train", "val", "test"), default="test")
    parser.add_argument("--fps", type=float, nargs="+", default=[30.0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--tracks", type=Path)
    options = parser.parse_args()
    if options.data is not None:
        clips = select(load_mocap(options.data), split=options.split)
        for fps in options.fps:
            synthetic(list(made_up(clips, fps=fps, seed=options.seed)), f"{options.split}, {fps:g} frames/s")
    if options.clips:
        print("\n| clip | frames | against its mirror image | after | against the truth, both | after |")
        print("|---|---|---|---|---|---|")
    for path in options.clips:
        filmed(path, options.tracks)


if __name__ == "__main__":
    main()

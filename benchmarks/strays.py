"""Joints that stray to another person: how many are found, and what becomes of true ones.

    python benchmarks/strays.py --data MOCAP [--split train|val|test] [--fps N ...]

The recorded people (up to 10 s of each clip) as a virtual camera and the simulated detector have them, in pairs: one is
laid over the other in the picture, 0.7 to 1.4 times as large and in the same place at one moment. Then joints of the
other's arms and legs stray for 2 to 15 thirtieths of a second: they lie on a joint of the one that was near, mostly of
the same kind, or from 60 % of the way on, half of the time the elbow or knee, too. Synthetic throughout.

found: share of strays (by more than 5 % of the person's size) that are taken out; harmed: share of the other joints
that are, while boxes overlap; error: mean distance from the exact joints in that time, % of the size, each counted up
to half the size: of the 2D as detected, as given, and after `without_strays` with what is missing filled in linearly.
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
from vid2pose3d.lift.unseen import bridged
from vid2pose3d.motion import Person2D
from vid2pose3d.skeleton import H36M17
from vid2pose3d.track import without_strays

LONGEST, SHORTEST = 10.0, 2.0
"""Seconds of a track."""
REACH = 0.35
"""Sizes of the person from which a joint is drawn to another's."""
FAR, MOST = 0.05, 0.5
"""Sizes of the person from which a joint strays, and up to which errors count."""
CHAINS = [H36M17.indices([f"{side}_{joint}" for joint in chain]) for side in ("left", "right")
          for chain in (("elbow", "wrist"), ("knee", "ankle"))]
CAMERAS = CameraConfig(cropped_share=0.0, upper_body_share=0.0, edge_share=0.0)
NOISE = DetectorNoise(clean_share=0.0)


def tracks(clips: list[MocapClip], *, fps: float, rng: np.random.Generator) -> Iterator[tuple[Person2D, np.ndarray]]:
    """Tracks, and their exact joints (N, 17, 2)."""
    for clip in clips:
        if len(clip) < SHORTEST * clip.fps:
            continue
        joints = resample(clip.joints[:int(LONGEST * clip.fps)], clip.fps, fps)[None].astype(np.float32)
        views = sample_views(joints, fps=fps, rng=rng, config=CAMERAS)
        rays, confidence = (part[0].astype(float) for part in detect(views, fps=fps, rng=rng, config=NOISE,
                                                                     fit=fitted()))
        yield person(1, rays, confidence, fps), views.rays[0].astype(float)


def person(number: int, xy: np.ndarray, confidence: np.ndarray, fps: float) -> Person2D:
    count = len(xy)
    return Person2D(id=number, joint_set=H36M17, frames=np.arange(count), times=np.arange(count) / fps, xy=xy,
                    confidence=confidence, bbox=np.concatenate([xy.min(axis=1), xy.max(axis=1)], axis=1),
                    interpolated=np.zeros(count, dtype=bool))


def size(track: Person2D) -> float:
    return float(np.median(np.ptp(track.xy, axis=1).max(axis=-1)))


def over(track: Person2D, other: Person2D, rng: np.random.Generator) -> Person2D:
    """The other, laid over the first."""
    count = min(len(track), len(other))
    xy = other.xy[:count] * rng.uniform(0.7, 1.4) * size(track) / size(other)
    when = int(rng.integers(0.2 * count, 0.8 * count))
    xy = xy + (track.xy[when, 0] - xy[when, 0]) + rng.normal(0, 0.1 * size(track), 2)
    return person(2, xy, other.confidence[:count], 1 / (track.times[1] - track.times[0]))


def together(track: Person2D, other: Person2D) -> np.ndarray:
    """(N,) True where their boxes overlap."""
    shared = np.zeros(len(track), dtype=bool)
    one, two = track.bbox[:len(other)], other.bbox
    shared[:len(other)] = (np.maximum(one[:, :2], two[:, :2]) < np.minimum(one[:, 2:], two[:, 2:])).all(axis=1)
    return shared


def spoilt(track: Person2D, other: Person2D, rng: np.random.Generator) -> tuple[Person2D, np.ndarray]:
    """The track with strays, and (N, 17) where they are."""
    fps = 1 / (track.times[1] - track.times[0])
    xy, marks = track.xy.copy(), np.zeros(track.confidence.shape, dtype=bool)
    both = np.flatnonzero(together(track, other)[1:-1]) + 1
    for chain in CHAINS:
        if not len(both):
            break
        length = max(1, round(rng.uniform(2, 15) / 30 * fps))
        begin = int(rng.choice(both))
        rows = np.arange(begin, min(begin + length, len(other) - 1))
        joints = chain if rng.random() < 0.5 else chain[1:]
        for joint in joints:
            apart = np.linalg.norm(other.xy[begin] - track.xy[begin, joint], axis=-1)
            same = [joint, int(H36M17.mirror[joint])]
            goal = same[int(apart[same].argmin())] if rng.random() < 0.7 else int(apart.argmin())
            if apart[goal] > REACH * size(track):
                continue
            share = rng.uniform(0.6, 1.0)
            xy[rows, joint] = ((1 - share) * xy[rows, joint] + share * other.xy[rows, goal]
                               + rng.normal(0, 0.015 * size(track), (len(rows), 2)))
            marks[rows, joint] = True
    far = np.linalg.norm(xy - track.xy, axis=-1) > FAR * size(track)
    return replace(track, xy=xy), marks & far


def measure(clips: list[MocapClip], *, fps: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    made = list(tracks(clips, fps=fps, rng=rng))
    total: dict[str, np.ndarray] = {name: np.zeros(8) for name in ("with strays", "as detected")}
    order = rng.permutation(len(made))
    for (track, exact), number in zip(made, order, strict=True):
        other = over(track, made[number][0], rng)
        wrong, marks = spoilt(track, other, rng)
        there = together(track, other)
        for name, given, strays in (("with strays", wrong, marks), ("as detected", track, np.zeros_like(marks))):
            after, found = without_strays(given, [given, other])
            filled, _ = bridged(after.times, after.xy, after.confidence)
            errors = [(np.linalg.norm(xy - exact, axis=-1)[there] / size(track)).clip(max=MOST).sum()
                      for xy in (track.xy, given.xy, filled)]
            true = ~strays & there[:, None]
            total[name] += [(found & strays).sum(), strays.sum(), (found & true).sum(), true.sum(), *errors,
                            17 * there.sum()]
    for name, (found, strays, harmed, true, *errors, count) in total.items():
        cells = [f"{found / strays:.1%}" if strays else "-", f"{harmed / true:.2%}",
                 *(f"{100 * error / count:.2f}" for error in errors)]
        print(f"| {fps:g} | {name} | {' | '.join(cells)} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--split", choices=("train", "val", "test"), default="test")
    parser.add_argument("--fps", type=float, nargs="+", default=[30.0])
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    clips = select(load_mocap(options.data), split=options.split)
    print("| frames/s | | found | harmed | error as detected | given | after |\n|---|---|---|---|---|---|---|")
    for fps in options.fps:
        measure(clips, fps=fps, seed=options.seed)


if __name__ == "__main__":
    main()

"""Motion of `run` against the truth of rendered clips: poses, jitter, feet, floor, bones, path, vertical, identities.

    python benchmarks/motion.py -o RESULTS PATH... [--clean off light full] [--reuse] [-- OPTIONS OF RUN]

PATH is a video followed by its gt.npz, or a folder that has both (`clip.mp4`, `gt.npz`) or has such folders; clips
without a truth are left out. The 2D is detected once and kept in RESULTS, results go to RESULTS/LEVEL for each level
of --clean, and --reuse measures those that are there. Prints a Markdown table for each level, with a row for each true
person and their mean.

A result's person belongs to the true one whose limbs are nearest in the picture, frame by frame. N-MPJPE and accel are
after one scale for the clip. The columns:

N-MPJPE, accel    mm and mm/frame^2, the 17 joints relative to the pelvis; 6 Hz: accel against the truth without what
                  its capture adds above 6 Hz (second-order Butterworth, forth and back, as usual for gait)
jitter            mean third difference x fps^3 / 10, 10 m/s^3, in the world; true in brackets
slide             mm that an ankle gets, level, from where it came down, mean over true contacts (the true ankle slower
                  than 0.1 m/s within 5 cm of its lowest place, for 0.1 s); in brackets the true ankle's own
sole              mm of the soles over the floor y = 0 in true contact; below: mm under it of the lowest part of the
                  body, the worst frame
bones             largest standard deviation over mean of a bone's length, %
root              mean distance of the pelvis from the true path after the best turn about the vertical and shift,
                  without scale, % of the level path walked, of people who walk at least half a metre; scaled: with the
                  best scale
tilt              degrees between our vertical and the true one, seen from the camera
focal             focal length over the true one
switches, seen    identities that a true person changes, and share of its frames that have a person
"""

import argparse
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.signal import butter, sosfiltfilt

from vid2pose3d.evaluate.metrics import acceleration_error, n_mpjpe
from vid2pose3d.export.json import read_json
from vid2pose3d.motion import Recording
from vid2pose3d.place.contact import FEET, bottoms, stretches
from vid2pose3d.place.smoothing import speed
from vid2pose3d.quality.measures import bone_spread, foot_slides, jitter
from vid2pose3d.skeleton import H36M17

LIMBS = [H36M17.index(f"{side}_{joint}") for side in ("left", "right")
         for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")]
NEAR = 0.5
"""Mean distance of the limbs, in heights of the person's box, below which someone is that person."""
STILL, LOW = 0.1, 0.05
"""Metres per second, and metres over its lowest place, below which a true ankle stands."""
MOTION_BAND = 6.0
"""Hertz below which people move; what motion capture has above is mostly its own noise."""
WALKED = 0.5
"""Metres of path below which its error is no share of it."""
UP = np.array([0.0, 1.0, 0.0])
TRUE_WORLD = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
"""From the truth's z up to our y up."""


@dataclass
class Row:
    """Measures of one true person; NaN where there is nothing to measure."""

    n_mpjpe: float = np.nan
    accel: float = np.nan
    smooth_accel: float = np.nan
    jitter: float = np.nan
    true_jitter: float = np.nan
    slide: float = np.nan
    true_slide: float = np.nan
    sole: float = np.nan
    below: float = np.nan
    bones: float = np.nan
    root: float = np.nan
    root_scaled: float = np.nan
    tilt: float = np.nan
    focal: float = np.nan
    switches: float = 0.0
    seen: float = 0.0

    def cells(self) -> list[str]:
        return [f"{self.n_mpjpe:.1f}", f"{self.accel:.2f}", f"{self.smooth_accel:.2f}",
                f"{self.jitter:.1f} ({self.true_jitter:.1f})", f"{self.slide:.1f} ({self.true_slide:.1f})",
                f"{self.sole:.0f}", f"{self.below:.0f}", f"{self.bones:.2f}", f"{self.root:.1f}",
                f"{self.root_scaled:.1f}", f"{self.tilt:.1f}",
                f"{self.focal:.2f}", f"{self.switches:.3g}", f"{100 * self.seen:.0f} %"]


HEAD = ("N-MPJPE", "accel", "6 Hz", "jitter (true)", "slide (true)", "sole", "below", "bones", "root", "scaled", "tilt",
        "focal", "switches", "seen")


def main() -> None:
    arguments, _, passed_on = (" ".join(sys.argv[1:]) + " ").partition(" -- ")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", type=Path, nargs="+")
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--clean", nargs="+", default=["full"], metavar="LEVEL", help="off, light, full (full)")
    parser.add_argument("--reuse", action="store_true", help="measure results that are there already")
    options = parser.parse_args(arguments.split())
    pairs = list(clips(options.paths))
    for level in options.clean:
        report(level, pairs, options.out / level, options.out / "keypoints", ["--clean", level, *passed_on.split()],
               reuse=options.reuse)


def report(
    title: str, pairs: Sequence[tuple[Path, Path]], folder: Path, keypoints: Path, passed_on: list[str], *, reuse: bool
) -> None:
    """Run and measure clips, and print one table."""
    print(f"\n| {title} | {' | '.join(HEAD)} |\n|{'---|' * (len(HEAD) + 1)}")
    everyone = []
    for clip, truth in pairs:
        name = clip.parent.name if clip.stem == "clip" else clip.stem
        result = folder / name / f"{clip.stem}.json"
        if not (reuse and result.is_file()):
            run(clip, result.parent, keypoints / name, passed_on)
        rows = measure(read_json(result), truth)
        everyone += rows
        for number, row in enumerate(rows, start=1):
            who = f"{name}, person {number}" if len(rows) > 1 else name
            print(f"| {who} | {' | '.join(row.cells())} |", flush=True)
    print(f"| mean | {' | '.join(mean(everyone).cells())} |")


def clips(paths: Sequence[Path]) -> Iterator[tuple[Path, Path]]:
    """Videos and their truths."""
    rest = list(paths)
    while rest:
        path = rest.pop(0)
        if path.is_dir() and (path / "clip.mp4").is_file():
            if (path / "gt.npz").is_file():
                yield path / "clip.mp4", path / "gt.npz"
        elif path.is_dir():
            yield from clips(sorted(child for child in path.iterdir() if (child / "clip.mp4").is_file()))
        elif rest and rest[0].suffix == ".npz":
            yield path, rest.pop(0)
        else:
            sys.exit(f"{path}: neither a folder nor a video followed by its gt.npz")


def run(clip: Path, folder: Path, keypoints: Path, passed_on: list[str]) -> None:
    """The main job in a process of its own, from 2D that is detected once."""
    found = keypoints / f"{clip.stem}_keypoints.json"
    program = [sys.executable, "-m", "vid2pose3d"]
    if not found.is_file():
        subprocess.run([*program, "detect", str(clip), "-o", str(keypoints), "-q"], check=True)
    subprocess.run([*program, "run", str(clip), "--from", str(found), "-o", str(folder), "--overwrite", "-q",
                    *passed_on], check=True)


def measure(recording: Recording, truth_path: Path) -> list[Row]:
    """A row for each true person."""
    with np.load(truth_path) as file:
        truth = {name: np.asarray(file[name], dtype=float) for name in
                 ("h36m17_px", "h36m17_cam_mm", "h36m17_world_mm", "rig17_world_mm", "bbox_px", "R", "K", "fps")}
    holders = matches(recording, truth["h36m17_px"], truth["bbox_px"])
    return [_row(recording, holder, truth, number) for number, holder in enumerate(holders)]


def matches(recording: Recording, pixels: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """(P, F, 2) the person, as its place in the list, and its row that each true person has in each frame, or -1."""
    holders = np.full((*pixels.shape[:2], 2), -1)
    heights = np.maximum(boxes[..., 3] - boxes[..., 1], 1.0)
    for frame in range(pixels.shape[1]):
        there = [(place, int(row)) for place, motion in enumerate(recording.people)
                 for row in np.flatnonzero(motion.person.frames == frame)]
        if not there:
            continue
        xy = np.stack([recording.people[place].person.xy[row][LIMBS] for place, row in there])
        apart = np.linalg.norm(xy - pixels[:, frame][:, None, LIMBS], axis=-1)
        off = np.nanmean(np.where(np.isnan(apart).all(axis=-1, keepdims=True), np.inf, apart), axis=-1)
        off = np.minimum(off / heights[:, frame][:, None], 2 * NEAR)
        for true, candidate in zip(*linear_sum_assignment(off), strict=True):
            if off[true, candidate] < NEAR:
                holders[true, frame] = there[candidate]
    return holders


def _row(recording: Recording, holder: np.ndarray, truth: dict[str, np.ndarray], number: int) -> Row:
    frames = np.flatnonzero(holder[:, 0] >= 0)
    row = Row(seen=len(frames) / len(holder), switches=float(np.sum(np.diff(holder[frames, 0]) != 0)))
    if not len(frames):
        return row
    ours = [recording.people[place] for place, _ in holder[frames]]
    camera = np.stack([motion.joints_camera[line] for motion, (_, line) in zip(ours, holder[frames], strict=True)])
    world = np.stack([motion.joints_world[line] for motion, (_, line) in zip(ours, holder[frames], strict=True)])
    times = np.arange(len(holder)) / truth["fps"]
    rig = truth["rig17_world_mm"][number] / 1000.0 @ TRUE_WORLD.T
    _pose(row, camera, truth["h36m17_cam_mm"][number], frames, float(truth["fps"]))
    row.jitter, row.true_jitter = (jitter(joints, times[frames]) or np.nan for joints in (world, rig[frames]))
    _feet(row, world, rig, frames, times)
    row.bones = 100 * float(bone_spread(world).max())
    true_path = truth["h36m17_world_mm"][number][frames, 0] / 1000.0 @ TRUE_WORLD.T
    walked = float(np.linalg.norm(np.diff(true_path[:, [0, 2]], axis=0), axis=-1).sum())
    if walked >= WALKED:
        row.root = 100 * path_error(world[:, 0], true_path, scaled=False) / walked
        row.root_scaled = 100 * path_error(world[:, 0], true_path, scaled=True) / walked
    cosine = (recording.camera.world_from_camera[..., 1, :3] * truth["R"][..., 2]).sum(axis=-1)
    row.tilt = float(np.degrees(np.arccos(np.clip(cosine, -1, 1))).mean())
    row.focal = float(recording.camera.intrinsics[0, 0] / truth["K"][0, 0])
    return row


def _pose(row: Row, camera: np.ndarray, truth: np.ndarray, frames: np.ndarray, fps: float) -> None:
    estimate, truth = 1000.0 * (camera - camera[:, :1]), truth - truth[:, :1]
    row.n_mpjpe = float(n_mpjpe(estimate.reshape(-1, 3), truth[frames].reshape(-1, 3)))
    estimate = estimate * ((estimate * truth[frames]).sum() / (estimate**2).sum())
    row.accel = _acceleration_error(estimate, truth[frames], frames)
    calm = sosfiltfilt(butter(2, MOTION_BAND, fs=fps, output="sos"), truth, axis=0)
    row.smooth_accel = _acceleration_error(estimate, calm[frames], frames)


def _acceleration_error(estimate: np.ndarray, truth: np.ndarray, frames: np.ndarray) -> float:
    """Over the stretches of frames that follow each other."""
    starts = [0, *(np.flatnonzero(np.diff(frames) > 1) + 1), len(frames)]
    parts = [slice(first, last) for first, last in pairwise(starts) if last - first > 2]
    errors = [acceleration_error(estimate[part], truth[part]) for part in parts]
    return float(np.concatenate(errors).mean()) if errors else np.nan


def _feet(row: Row, world: np.ndarray, rig: np.ndarray, frames: np.ndarray, times: np.ndarray) -> None:
    """Slides and soles in contacts whose frames all have a person, and what goes below the floor."""
    slides, true_slides, soles = [], [], []
    places = np.full(len(rig), -1)
    places[frames] = np.arange(len(frames))
    for foot in FEET:
        ankle = rig[:, foot]
        planted = (speed(ankle, times) < STILL) & (ankle[:, 1] < ankle[:, 1].min() + LOW)
        for first, last in stretches(planted & (places >= 0)):
            contact = np.zeros(len(frames), dtype=bool)
            contact[places[first:last + 1]] = True
            slides += foot_slides(world[:, foot], contact, times[frames])
            true_slides += foot_slides(rig[frames, foot], contact, times[frames])
            soles.append(bottoms(world[contact], up=UP)[:, FEET.index(foot)])
    if slides:
        row.slide, row.true_slide = 1000 * float(np.mean(slides)), 1000 * float(np.mean(true_slides))
        row.sole = 1000 * float(np.concatenate(soles).mean())
    row.below = 1000 * float(np.maximum(-bottoms(world, up=UP), 0.0).max())


def path_error(path: np.ndarray, truth: np.ndarray, *, scaled: bool) -> float:
    """Mean distance of points (N, 3), y up, from their truth after the best turn about y, shift and perhaps scale."""
    estimate, truth = path - path.mean(axis=0), truth - truth.mean(axis=0)
    flat = (estimate[:, 2] + 1j * estimate[:, 0]).conj() @ (truth[:, 2] + 1j * truth[:, 0])
    turn = np.angle(flat)
    cosine, sine = np.cos(turn), np.sin(turn)
    turned = estimate @ np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]]).T
    scale = (turned * truth).sum() / max((turned**2).sum(), 1e-12) if scaled else 1.0
    return float(np.linalg.norm(scale * turned - truth, axis=-1).mean())


def mean(rows: Sequence[Row]) -> Row:
    """Over people, those left out who have nothing to measure; switches are summed."""
    values = {field.name: np.array([getattr(row, field.name) for row in rows]) for field in fields(Row)}
    made = Row(**{name: float(np.nanmean(value)) if np.isfinite(value).any() else np.nan
                  for name, value in values.items()})
    made.switches = float(values["switches"].sum())
    return made


if __name__ == "__main__":
    main()

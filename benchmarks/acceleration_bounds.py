"""How low the acceleration error can get on rendered clips: of the truth itself, and by the best smoothing.

    python benchmarks/acceleration_bounds.py RESULTS FOLDER...

FOLDER as in benchmarks/motion.py, RESULTS the folder in which that keeps the results of `--clean off`. Prints a
Markdown table in mm/frame^2, after one scale for the clip:

off          of the result
at rest      of a body that never moves: the true acceleration itself
truth, F Hz  of the truth without what is above (Butterworth of second order, forth and back)
person       oracle: of the result low-passed like that, with the cut-off that the truth shows to be best for the person
joint        oracle: the same for each joint of each person
"""

import argparse
from pathlib import Path

import numpy as np
from motion import clips, matches
from scipy.signal import butter, sosfiltfilt

from vid2pose3d.export.json import read_json

BANDS = (6.0, 8.0, 10.0)
CUTOFFS = (1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0)
"""Hertz."""
HEAD = ("off", "half of it", "at rest", *(f"truth, {band:g} Hz" for band in BANDS), "person", "joint")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path)
    parser.add_argument("folders", type=Path, nargs="+")
    options = parser.parse_args()
    print(f"| clip | {' | '.join(HEAD)} |\n|{'---|' * (len(HEAD) + 1)}")
    rows = []
    for clip, truth in clips(options.folders):
        for number, row in enumerate(bounds(options.results / clip.parent.name / f"{clip.stem}.json", truth), start=1):
            rows.append(row)
            print(f"| {clip.parent.name}, person {number} | {' | '.join(f'{value:.2f}' for value in row)} |")
    print(f"| mean | {' | '.join(f'{value:.2f}' for value in np.mean(rows, axis=0))} |")


def bounds(result: Path, truth_path: Path) -> list[list[float]]:
    """A row of HEAD for each true person, in the frames that have one."""
    recording = read_json(result)
    with np.load(truth_path) as file:
        pixels, joints, boxes = (file[name].astype(float) for name in ("h36m17_px", "h36m17_cam_mm", "bbox_px"))
        fps = float(file["fps"])
    rows = []
    for holder, true in zip(matches(recording, pixels, boxes), joints, strict=True):
        frames = np.flatnonzero(holder[:, 0] >= 0)
        found = np.stack([recording.people[place].joints_camera[row] for place, row in holder[frames]])
        estimate, true = found - found[:, :1], (true - true[:, :1])[frames]
        estimate = estimate * ((estimate * true).sum() / (estimate**2).sum())
        off = errors(estimate, true).mean()
        smoothed = np.stack([errors(low_pass(estimate, cutoff, fps), true) for cutoff in CUTOFFS])
        rows.append([off, off / 2, errors(np.zeros_like(true), true).mean(),
                     *(errors(low_pass(true, band, fps), true).mean() for band in BANDS),
                     smoothed.mean(axis=1).min(), smoothed.min(axis=0).mean()])
    return rows


def errors(estimate: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """(17,) mean length of the difference of accelerations, of joints (F, 17, 3) in frames that follow each other."""
    return np.asarray(np.linalg.norm(np.diff(estimate - truth, n=2, axis=0), axis=-1).mean(axis=0))


def low_pass(joints: np.ndarray, cutoff: float, fps: float) -> np.ndarray:
    return np.asarray(sosfiltfilt(butter(2, cutoff, fs=fps, output="sos"), joints, axis=0))


if __name__ == "__main__":
    main()

"""What lifting from another joint set than Human3.6M's costs: N-MPJPE from true pixels of each set, and from its own.

    python benchmarks/joint_sets.py CLIP ... [--weights NAME|FILE] [--hypotheses H] [--seed N]

CLIP is a folder with the `gt.npz` of a rendered clip: `h36m17_px` and `coco17_px` (P, F, 17, 2), `h36m17_cam_mm`
(P, F, 17, 3), `K`, `fps`. No detector runs: the pixels are the true ones (an oracle), in the true camera. Millimetres.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np

from vid2pose3d.evaluate.metrics import n_mpjpe
from vid2pose3d.lift import Lifter
from vid2pose3d.motion import Camera, Person2D
from vid2pose3d.skeleton import BODY25, COCO17, COCO18, H36M17, HALPE26, JointSet
from vid2pose3d.weights import DEFAULT

Pixels = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Joints of a set (F, J, 2), NaN where unknown, from true COCO-17 and Human3.6M-17 pixels (F, 17, 2)."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path, nargs="+")
    parser.add_argument("--weights", default=DEFAULT)
    parser.add_argument("--hypotheses", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    lifter = Lifter.load(options.weights)
    people = [(f"{clip.name} {number}", truth)
              for clip in options.clips for number, truth in enumerate(read_people(clip), start=1)]
    table = {name: [error_of(lifter, truth, joints, pixels, hypotheses=options.hypotheses, seed=options.seed)
                    for _, truth in people] for name, (joints, pixels) in ROWS.items()}
    baseline = np.array(table.pop(TRUTH))
    print(f"{lifter.name} {lifter.sha256[:12]}, H = {options.hypotheses}, K = 1\n")
    print("| joint set and its pixels |" + "".join(f" {name} |" for name, _ in people) + " mean | loss |")
    print("|" + "---|" * (len(people) + 3))
    for name, errors in {TRUTH: baseline, **table}.items():
        mean = np.mean(errors)
        print(f"| {name} |" + "".join(f" {error:.1f} |" for error in errors),
              f"{mean:.1f} | {mean - baseline.mean():+.1f} |")
    for name in WITHOUT_TRUTH:
        print(f"| {name} |" + " - |" * (len(people) + 2))


def read_people(clip: Path) -> list[dict[str, np.ndarray]]:
    """The truth of every person."""
    with np.load(clip / "gt.npz") as file:
        return [{"K": file["K"], "fps": file["fps"],
                 **{key: file[key][person].astype(float) for key in ("h36m17_px", "coco17_px", "h36m17_cam_mm")}}
                for person in range(len(file["h36m17_px"]))]


def error_of(lifter: Lifter, truth: dict[str, np.ndarray], joints: JointSet, pixels: Pixels, *, hypotheses: int,
             seed: int) -> float:
    """N-MPJPE of one person, millimetres."""
    xy = pixels(truth["coco17_px"], truth["h36m17_px"])
    count = len(xy)
    person = Person2D(
        id=1, joint_set=joints, frames=np.arange(count), times=np.arange(count) / float(truth["fps"]), xy=xy,
        confidence=np.isfinite(xy).all(axis=-1).astype(float), bbox=np.zeros((count, 4)),
        interpolated=np.zeros(count, dtype=bool),
    )
    poses = lifter.lift(person, Camera(truth["K"], assumed=False), action=None, hypotheses=hypotheses,
                        iterations=1, seed=seed).joints
    true = truth["h36m17_cam_mm"]
    return float(n_mpjpe((poses - poses[:, :1])[None], (true - true[:, :1])[None] / 1000).mean() * 1000)


def _openpose(joints: JointSet, *, without: tuple[str, ...] = ()) -> Pixels:
    """OpenPose trains its neck as the middle of the shoulders, its hip as that of the hips."""

    def pixels(coco: np.ndarray, _: np.ndarray) -> np.ndarray:
        middles = {name: coco[:, COCO17.indices((f"left_{part}", f"right_{part}"))].mean(axis=1)
                   for name, part in (("neck", "shoulder"), ("pelvis", "hip"))}
        return _placed(joints, {**middles, **_named(coco, COCO17)}, without)

    return pixels


def _halpe(coco: np.ndarray, h36m: np.ndarray) -> np.ndarray:
    borrowed = _named(h36m, H36M17)
    return _placed(HALPE26, {"head": borrowed["head"], "neck": borrowed["thorax"], "pelvis": borrowed["pelvis"],
                             **_named(coco, COCO17)})


def _with_gaps(coco: np.ndarray) -> np.ndarray:
    """COCO's joints without some, in random stretches of 10 frames."""
    rng, seen = np.random.default_rng(0), coco.copy()
    for name in ("left_elbow", "left_wrist", "right_wrist", "left_knee", "left_ankle", "right_ankle"):
        for start in rng.integers(0, max(len(coco) - 10, 1), 3):
            seen[start:start + 10, COCO17.index(name)] = np.nan
    return seen


def _named(xy: np.ndarray, joints: JointSet) -> dict[str, np.ndarray]:
    return {name: xy[:, place] for place, name in enumerate(joints.joints)}


def _placed(joints: JointSet, known: dict[str, np.ndarray], without: tuple[str, ...] = ()) -> np.ndarray:
    unknown = np.full_like(next(iter(known.values())), np.nan)
    return np.stack([unknown if name in without else known.get(name, unknown) for name in joints.joints], axis=1)


TRUTH = "h36m17, true"
FACE = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
LEGS = ("left_knee", "right_knee", "left_ankle", "right_ankle")
ROWS: dict[str, tuple[JointSet, Pixels]] = {
    TRUTH: (H36M17, lambda coco, h36m: h36m),
    "coco17, true": (COCO17, lambda coco, h36m: coco),
    "coco18, true COCO and its middles": (COCO18, _openpose(COCO18)),
    "body25, true COCO and its middles": (BODY25, _openpose(BODY25)),
    "coco18, left ear and eye unseen": (COCO18, _openpose(COCO18, without=("left_ear", "left_eye"))),
    "coco18, whole face never seen": (COCO18, _openpose(COCO18, without=FACE)),
    "coco18, knees and ankles never seen": (COCO18, _openpose(COCO18, without=LEGS)),
    "coco17, six joints unseen for 10 frames three times": (COCO17, lambda coco, h36m: _with_gaps(coco)),
    "halpe26, true COCO; head and neck are Human3.6M's": (HALPE26, _halpe),
}
WITHOUT_TRUTH = ("blazepose33, no true pixels", "mpi3dhp17 and mpi3dhp28, no true pixels")


if __name__ == "__main__":
    main()

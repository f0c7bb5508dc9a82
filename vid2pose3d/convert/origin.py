"""The data that a released checkpoint was trained on, and finding it out."""

from dataclasses import dataclass

import numpy as np
import torch

from vid2pose3d.convert.figure import turning_figure
from vid2pose3d.models.mixste import MixSTE
from vid2pose3d.skeleton import COCO17, H36M17, MPI3DHP17, JointSet


@dataclass(frozen=True)
class Origin:
    """What follows from the training data and is not in the parameters."""

    title: str
    fps: float
    joints_2d: JointSet
    joints_3d: JointSet


ORIGINS = {
    "h36m": Origin("Human3.6M", 50.0, H36M17, H36M17),
    "3dhp": Origin("MPI-INF-3DHP", 25.0, MPI3DHP17, MPI3DHP17),
    "wild": Origin("Human3.6M with COCO's joints as input, for videos in the wild", 50.0, COCO17, H36M17),
}
"""By the name that --trained-on takes. MPI-INF-3DHP mixes 25 and 50 fps; most of it is 25."""

_FITS = 0.8
_CLEARLY = 0.03
_FOCAL, _DISTANCE = 2.2, 5.0
"""Of the probe's camera: focal length over half the picture's width, and metres to the person."""
_STEP = 999


def likeness(model: MixSTE) -> dict[str, float]:
    """How much like the truth a denoiser without a prompt lifts a known motion, -1..1, by kind of training data.

    The kinds differ in the order of joints only, which no parameter's name or shape tells, but a trained network does:
    in the wrong order it sees no person, and what it takes for the pelvis, its origin, is another joint.
    """
    points = turning_figure(model.config.frames)
    noise = torch.randn(1, 1, model.config.frames, 17, 3, generator=torch.Generator().manual_seed(0)).clamp(-1.1, 1.1)
    scores = {}
    for kind, origin in ORIGINS.items():
        x2d = _project(_stack(points, origin.joints_2d))
        with torch.inference_mode():
            posed = model(torch.from_numpy(x2d)[None].float(), noise, torch.tensor([_STEP]))[0, 0].double().numpy()
        scores[kind] = _cosine(posed, _stack(points, origin.joints_3d))
    return scores


def tell_origin(scores: dict[str, float]) -> str | None:
    """The kind that clearly fits best, None where none does: the network is hardly trained, or on other data."""
    best, second = sorted(scores, key=scores.__getitem__, reverse=True)[:2]
    return best if scores[best] > max(_FITS, scores[second] + _CLEARLY) else None


def _stack(points: dict[str, np.ndarray], joints: JointSet) -> np.ndarray:
    return np.stack([points[name] for name in joints.joints], axis=1)


def _project(points: np.ndarray) -> np.ndarray:
    """Screen-normalised (F, J, 2) of points (F, J, 3), metres around the pelvis."""
    return _FOCAL * points[..., :2] / (points[..., 2:] + _DISTANCE)


def _cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float((one * other).sum() / max(np.linalg.norm(one) * np.linalg.norm(other), 1e-12))

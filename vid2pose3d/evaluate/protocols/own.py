"""Held-out motion capture, seen by virtual cameras and a simulated detector (synthetic 2D)."""

from collections.abc import Iterator
from zlib import crc32

import numpy as np

from vid2pose3d.data.cameras import EVALUATION_CAMERAS, CameraConfig
from vid2pose3d.data.detector_noise import DetectorNoise
from vid2pose3d.data.mocap import load_mocap, select
from vid2pose3d.data.noise import NoiseConfig
from vid2pose3d.data.windows import Batch, Noise, evaluation_windows
from vid2pose3d.errors import InputError
from vid2pose3d.evaluate.benchmark import (
    STRUCTURES,
    Benchmark,
    KnownRays,
    WindowBatch,
    clusters_of,
    require_joints,
    require_known,
)
from vid2pose3d.evaluate.settings import EvaluateSettings
from vid2pose3d.lift import Lifter
from vid2pose3d.lift.inputs import seen_input
from vid2pose3d.skeleton import H36M17

_BATCH = 16
_SEED = 0
"""Of cameras and detector noise: the windows are the same whatever seed draws the hypotheses."""
_POSES_PER_CLIP = 8

VIEWS: dict[str, tuple[CameraConfig, Noise]] = {
    "first": (EVALUATION_CAMERAS, NoiseConfig()),
    "trained": (CameraConfig(), DetectorNoise(other_share=0))}
"""Who looks: "first" is what all earlier figures were measured with, "trained" the cameras of training and the embedded
detector."""


def own(lifter: Lifter, settings: EvaluateSettings) -> Benchmark:
    """One split of a motion capture folder, by coarse action. Raises InputError for data or weights that do not fit."""
    require_joints(lifter, "own", H36M17, "use other weights")
    split = settings.split or "test"
    clips = load_mocap(settings.data)
    tested, training = select(clips, split=split), select(clips, split="train")
    if not tested:
        raise InputError(f"--split {split}: {settings.data} has no such clips; choose another split")
    cameras, noise = VIEWS[settings.views or "first"]
    batch = evaluation_windows(tested, frames=lifter.frames, fps=lifter.fps, seed=_SEED, cameras=cameras, noise=noise)
    known = sorted(set(batch["actions"]))
    require_known("actions", settings.actions, known, f"the {split} split of {settings.data}")
    wanted = [action for action in known if not settings.actions or action in settings.actions]
    seen = evaluation_windows(training or tested, frames=1, fps=lifter.fps, seed=_SEED, per_clip=_POSES_PER_CLIP)
    return Benchmark(
        title=f"motion capture, {split} split, {len(tested)} clips, synthetic 2D, views {settings.views or 'first'}",
        columns={action: action for action in wanted}, average="windows", as_released=False,
        batches=lambda: _batches(lifter, batch, wanted),
        windows=sum(batch["actions"].count(action) for action in wanted), joints=H36M17,
        clusters=clusters_of(seen["joints"][:, 0]),
        facts=(*_FACTS, f"windows of {lifter.frames} frames at {lifter.fps:g} frames a second", *_screen_fact(lifter),
               f"PSS: {STRUCTURES} clusters of true poses of the {'train' if training else split} split"))


_FACTS = (
    "synthetic 2D: virtual cameras and a simulated detector look at recorded motion; All is the mean over all windows",
    "J-Agg estimates the root, as `run` does; mirrored test-time augmentation",
    "oracle rows look at the truth: bounds, not results. P-Best takes one hypothesis for each window, J-Best one for "
    "each joint of each frame; for P-MPJPE they choose among aligned hypotheses",
    "PCK and AUC: 14 joints, without pelvis, spine and neck",
)


def _screen_fact(lifter: Lifter) -> list[str]:
    if lifter.config.input == "person":
        return []
    return ["these weights take 2D over the picture: each is taken for a square as wide as its longer side"]


def _batches(lifter: Lifter, windows: Batch, wanted: list[str]) -> Iterator[WindowBatch]:
    actions = np.array(windows["actions"])
    for action in wanted:
        members = np.flatnonzero(actions == action)
        for first in range(0, len(members), _BATCH):
            yield _batch(lifter, windows, members[first:first + _BATCH], (crc32(action.encode()), first))


def _batch(lifter: Lifter, windows: Batch, index: np.ndarray, number: tuple[int, ...]) -> WindowBatch:
    confidence = windows["confidence"][index]
    given = seen_input(lifter.config.input, windows["rays"][index], confidence, windows["focal"][index])
    return WindowBatch(windows["actions"][index[0]], number, [windows["labels"][i] for i in index.tolist()], given.x2d,
                       given.camera_from_view, windows["joints"][index].astype(np.float64),
                       np.ones(confidence.shape[:2], dtype=bool),
                       KnownRays(given.rays, confidence, given.camera_from_view), windows["tilt"][index])

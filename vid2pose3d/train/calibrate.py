"""Calibrate the uncertainty of a lifter's joints on the validation split."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from vid2pose3d.data.mocap import MocapClip, data_hash, load_mocap, select
from vid2pose3d.data.windows import Batch, evaluation_windows
from vid2pose3d.errors import InputError
from vid2pose3d.evaluate.metrics import joint_errors
from vid2pose3d.evaluate.protocols.own import VIEWS
from vid2pose3d.lift import Lifter
from vid2pose3d.lift.inputs import person_input
from vid2pose3d.lift.uncertainty import FEATURES, radius
from vid2pose3d.skeleton import H36M17
from vid2pose3d.weights import Calibration, find, save_with

LEVEL = 0.8
_SEED = 2
_EVERY = 3
"""Frames of a window: its neighbours have nearly the same errors."""
_LEAST_ERROR = 1e-3
"""Metres; keeps the logarithm finite."""
_SOFTNESS = 0.05
"""Of the pinball loss's kink, in units of the logarithm."""
_RIDGE = 1e-3
_JOINTS = H36M17.joints[1:]
_WINDOWS_AT_ONCE = 16


class Lifted(NamedTuple):
    """Joints of one person."""

    features: np.ndarray
    """(N, 17, len(FEATURES))."""
    errors: np.ndarray
    """(N, 17) metres."""


def calibrate(weights: str, data: Path, out: Path, *, progress: Callable[[int, int], None]) -> dict[str, float]:
    """Write `weights` to `out` with a calibration made on the validation people of `data`.

    Returns, for each of them, the share 0..1 of true joints within the radius when it is fitted to the others; nothing
    where there is only one. Each window is seen by the cameras of evaluation and of training, told its label and told
    nothing, and lifted by one hypothesis in one iteration. Raises InputError for weights or data that cannot be used.
    """
    lifter = Lifter.load(weights)
    if lifter.config.input != "person" or lifter.config.joints_3d != H36M17.name:
        raise InputError(f"{weights}: takes 2D over the picture, as the released weights do, or makes other joints; "
                         "give weights that this program trained")
    clips = select(load_mocap(data), split="val")
    if not clips:
        raise InputError(f"--data {data}: no clip of split 'val'; add some")
    people = sorted({clip.subject for clip in clips})
    lifted = []
    for number, person in enumerate(people):
        lifted.append(_lift(lifter, [clip for clip in clips if clip.subject == person]))
        progress(number + 1, len(people))
    calibration = replace(fit(lifted), data_sha256=data_hash(data))
    save_with(out, find(weights), replace(lifter.config, calibration=calibration))
    return {} if len(people) == 1 else {
        person: coverage(lifted[i], fit(lifted[:i] + lifted[i + 1:])) for i, person in enumerate(people)}


def coverage(lifted: Lifted, calibration: Calibration) -> float:
    """Share 0..1 of true joints within the radius."""
    inside = lifted.errors <= radius(lifted.features, calibration)
    return float(inside[:, 1:].mean())


def fit(people: list[Lifted]) -> Calibration:
    """Linear quantile regression of the logarithm of the error; a person counts with the root of the number of frames.

    Minimises the pinball loss at LEVEL (Koenker & Bassett 1978), whose kink is rounded, with a small ridge.
    """
    told = np.concatenate([person.features[:, 1:].reshape(-1, len(FEATURES)) for person in people])
    errors = np.concatenate([person.errors[:, 1:].ravel() for person in people])
    weights = np.concatenate([np.full(person.errors[:, 1:].size, len(person.errors) ** -0.5) for person in people])
    target, weights = np.log(errors + _LEAST_ERROR), weights / weights.sum()
    middle, scale = told.mean(axis=0), np.maximum(told.std(axis=0), 1e-6)
    count = len(_JOINTS)
    rows = np.concatenate([np.tile(np.eye(count), (len(told) // count, 1)), (told - middle) / scale], axis=1)
    start = np.concatenate([np.full(count, np.quantile(target, LEVEL)), np.zeros(len(FEATURES))])
    found = minimize(_pinball, start, (rows, target, weights), jac=True, method="L-BFGS-B").x
    slopes = found[count:] / scale
    offsets = found[:count] - slopes @ middle
    return Calibration(LEVEL, dict(zip(_JOINTS, offsets.tolist(), strict=True)),
                       dict(zip(FEATURES, slopes.tolist(), strict=True)))


def _pinball(parameters: np.ndarray, rows: np.ndarray, target: np.ndarray,
             weights: np.ndarray) -> tuple[float, np.ndarray]:
    """Loss and gradient."""
    rest = target - rows @ parameters
    loss = LEVEL * rest + _SOFTNESS * np.logaddexp(0, -rest / _SOFTNESS)
    gradient = -rows.T @ (weights * (LEVEL - expit(-rest / _SOFTNESS)))
    slopes = np.where(np.arange(len(parameters)) < len(_JOINTS), 0.0, parameters)
    return float(weights @ loss + _RIDGE * slopes @ slopes), gradient + 2 * _RIDGE * slopes


def _lift(lifter: Lifter, clips: list[MocapClip]) -> Lifted:
    """What the lifter makes of one person."""
    parts = []
    for cameras, noise in VIEWS.values():
        batch = evaluation_windows(clips, frames=lifter.frames, fps=lifter.fps, seed=_SEED, cameras=cameras,
                                   noise=noise)
        for first in range(0, len(batch["rays"]), _WINDOWS_AT_ONCE):
            index = slice(first, first + _WINDOWS_AT_ONCE)
            prompts: list[list[str | None]] = [[None]]
            if lifter.takes_action:
                prompts.append([*batch["labels"][index]])
            parts += [_lift_some(lifter, batch, index, actions) for actions in prompts]
    return Lifted(*(np.concatenate(values) for values in zip(*parts, strict=True)))


def _lift_some(lifter: Lifter, batch: Batch, index: slice, actions: list[str | None]) -> Lifted:
    confidence, truth = batch["confidence"][index], batch["joints"][index]
    noise = np.random.default_rng([_SEED, index.start]).standard_normal((1, len(truth), 1, *truth.shape[1:]),
                                                                        dtype=np.float32)
    given = person_input(batch["rays"][index], confidence)
    poses, told = lifter.lift_features(given, confidence, noise, lifter.encode(actions))
    errors = joint_errors(poses, truth)
    return Lifted(*(values[:, ::_EVERY].reshape(-1, *values.shape[2:]) for values in (told, errors)))

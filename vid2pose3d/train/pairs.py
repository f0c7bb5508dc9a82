"""What a refiner learns from: windows, their estimates by lifters that never saw the person, and the truth."""

import json
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vid2pose3d.data.mocap import MocapClip
from vid2pose3d.data.windows import Batch, WindowSampler
from vid2pose3d.errors import InputError
from vid2pose3d.files import replacing
from vid2pose3d.lift import Lifter
from vid2pose3d.lift.inputs import mirror_input, seen_input
from vid2pose3d.models.config import InputKind
from vid2pose3d.reporter import Reporter
from vid2pose3d.skeleton import H36M17
from vid2pose3d.train.lifter import train_lifter
from vid2pose3d.train.settings import RefinerSettings, TrainSettings
from vid2pose3d.weights import LifterConfig

_AT_ONCE = 32
"""Windows that are lifted together."""
_PROMPTED = 0.5
"""Share of windows whose lifter is told their label, as some users do."""


class Pairs(NamedTuple):
    """W windows of F frames, float32; poses in the view of the 2D, metres, relative to the pelvis."""

    x2d: np.ndarray
    """(W, F, 17, C) the lifter's input."""
    estimate: np.ndarray
    """(W, F, 17, 3)."""
    truth: np.ndarray
    """(W, F, 17, 3)."""

    def mirrored(self, kind: InputKind) -> "Pairs":
        """The same in the mirror."""
        flip = np.array([-1, 1, 1], dtype=np.float32)
        estimate, truth = (poses[..., H36M17.mirror, :] * flip for poses in (self.estimate, self.truth))
        return Pairs(mirror_input(self.x2d, kind), estimate, truth)

    @staticmethod
    def joined(several: Sequence["Pairs"]) -> "Pairs":
        """All windows of several."""
        return Pairs(*(np.concatenate(arrays) for arrays in zip(*several, strict=True)))


def fold_subjects(clips: Sequence[MocapClip], folds: int) -> list[list[str]]:
    """The subjects of each fold, so that all folds have about as many frames. Raises InputError for too few people."""
    frames: Counter[str] = Counter()
    for clip in clips:
        frames[clip.subject] += len(clip)
    if len(frames) < folds:
        raise InputError(f"--folds {folds}: the data have {len(frames)} people to train on; use at most as many folds")
    chosen: list[list[str]] = [[] for _ in range(folds)]
    for subject, _ in sorted(frames.items(), key=lambda entry: (-entry[1], entry[0])):
        min(chosen, key=lambda fold: sum(frames[other] for other in fold)).append(subject)
    return chosen


def fold_recipe(config: LifterConfig, settings: RefinerSettings, *, name: str, fold: int) -> TrainSettings:
    """How a fold's lifter is trained: as the base was, from scratch.

    Weights that do not tell their recipe are taken to have been trained by the default one, at their sizes. Raises
    InputError for weights that `train lifter` could not have made.
    """
    denoiser = config.denoiser
    if config.input != "person":
        raise InputError(f"--base {name}: was not trained by this program, which cannot train its like on fewer people;"
                         " where it never saw the people of --data, pass --folds 0")
    known = {each.name for each in fields(TrainSettings)}
    stated = {key: value for key, value in config.training.items() if key in known}
    sizes = {"model": denoiser.kind, "width": denoiser.width, "depth": denoiser.depth, "heads": denoiser.heads,
             "frames": denoiser.frames, "fps": config.fps, "unit": config.unit}
    recipe = TrainSettings(**{**stated, **sizes})
    return replace(recipe, init=None, free_only=settings.free_only, devices=1, seed=recipe.seed + 1 + fold,
                   steps=settings.fold_steps or recipe.steps)


def cross_fitted(data: Path, clips: Sequence[MocapClip], folder: Path, base: Lifter, settings: RefinerSettings, *,
                 device: str, every: int, reporter: Reporter) -> Pairs:
    """Pairs of the training clips of `data`; each fold is lifted by weights trained in `folder/fold<k>` without it.

    What a stopped run has made already is used. Raises InputError as `train_lifter` and `fold_subjects`.
    """
    subjects = fold_subjects(clips, max(settings.folds, 1))
    made = []
    for fold, held_out in enumerate(subjects):
        lifter, place = base, folder
        if settings.folds:
            place = folder / f"fold{fold}"
            reporter.note(f"fold {fold + 1} of {settings.folds}: a lifter without {', '.join(held_out)}")
            recipe = fold_recipe(base.config, settings, name=base.name, fold=fold)
            path = train_lifter(data, place, recipe, device=device, resume=(place / "checkpoint.pt").exists(),
                                every=every, reporter=reporter, without=held_out)
            lifter = Lifter.load(str(path), device=device)
        sampler = WindowSampler([clip for clip in clips if clip.subject in held_out], frames=base.frames, fps=base.fps,
                                augment=True)
        count = -(-settings.windows // len(subjects))
        made.append(_kept(place / "pairs.npz", lifter, sampler, settings, count=count, fold=fold, reporter=reporter))
    return Pairs.joined(made)


def lift_pairs(lifter: Lifter, batch: Batch, *, hypotheses: int, prompts: Sequence[str | None], seed: int) -> Pairs:
    """Pairs of the windows of a batch, lifted in one iteration and aggregated by JPMA."""
    return Pairs.joined([_lift_some(lifter, batch, slice(first, first + _AT_ONCE), hypotheses, prompts, seed)
                         for first in range(0, len(batch["labels"]), _AT_ONCE)])


def _lift_some(lifter: Lifter, batch: Batch, part: slice, hypotheses: int, prompts: Sequence[str | None],
               seed: int) -> Pairs:
    confidence = batch["confidence"][part]
    given = seen_input(lifter.config.input, batch["rays"][part], confidence, batch["focal"][part])
    count, frames = confidence.shape[:2]
    noise = np.random.default_rng([seed, part.start]).standard_normal(
        (1, count, hypotheses, frames, len(H36M17), 3), dtype=np.float32)
    poses, _ = lifter.lift_windows(given, confidence, noise, lifter.encode(list(prompts[part])))
    view = given.camera_from_view[:, None]
    return Pairs(given.x2d, (poses @ view).astype(np.float32), (batch["joints"][part] @ view).astype(np.float32))


def _kept(path: Path, lifter: Lifter, sampler: WindowSampler, settings: RefinerSettings, *, count: int, fold: int,
          reporter: Reporter) -> Pairs:
    """The pairs in the file `path`, or, where it holds none of these weights and settings, new ones."""
    identity = json.dumps([lifter.sha256, count, settings.hypotheses, settings.seed])
    try:
        with np.load(path, allow_pickle=False) as stored:
            if str(stored["identity"]) == identity:
                return Pairs(*(stored[name] for name in Pairs._fields))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        pass  # made anew below
    batches = _lifted(lifter, sampler, settings, count=count, fold=fold, reporter=reporter)
    pairs = Pairs.joined(list(batches))
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, identity=np.array(identity), **pairs._asdict())
    return pairs


def _lifted(lifter: Lifter, sampler: WindowSampler, settings: RefinerSettings, *, count: int, fold: int,
            reporter: Reporter) -> Iterator[Pairs]:
    for first in range(0, count, _AT_ONCE):
        rng = np.random.default_rng([settings.seed, fold, first])
        batch = sampler.batch(min(_AT_ONCE, count - first), rng=rng)
        told = rng.random(len(batch["labels"])) < _PROMPTED
        prompts = [label if said else None for label, said in zip(batch["labels"], told, strict=True)]
        yield lift_pairs(lifter, batch, hypotheses=settings.hypotheses, prompts=prompts,
                         seed=int(rng.integers(2**32)))
        reporter.progress(f"pairs {fold + 1}/{max(settings.folds, 1)}", min(first + _AT_ONCE, count), count)

"""What a run trains and validates on: motion capture seen by virtual cameras, or a benchmark's recordings."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np

from vid2pose3d.data.cameras import CameraConfig
from vid2pose3d.data.detector_noise import DetectorNoise
from vid2pose3d.data.mocap import MocapClip, data_hash, load_mocap
from vid2pose3d.data.seen_sequences import (
    SeenSampler,
    SeenSequence,
    h36m_sequences,
    held_out,
    mpi3dhp_sequences,
    seen_windows,
)
from vid2pose3d.data.windows import Batch, WindowSampler, evaluation_windows, joined
from vid2pose3d.errors import InputError
from vid2pose3d.evaluate.protocols.h36m import FILE_3D, find_files
from vid2pose3d.files import hash_of
from vid2pose3d.train.loop import usable_clips
from vid2pose3d.train.settings import TrainSettings

FILE_3DHP = "data_train_3dhp_ori.npz"
_VALIDATION_SEED = 1
_LICENCES = {"Human3.6M": "Human3.6M's own", "MPI-INF-3DHP": "MPI-INF-3DHP's own"}


class Sampler(Protocol):
    """Draws windows for training."""

    def batch(self, size: int, *, rng: np.random.Generator) -> Batch:
        """`size` windows; the same state of `rng` gives the same ones."""


@dataclass(frozen=True)
class Take:
    """One recording, as a model card counts it."""

    split: str
    source: str
    licence: str
    subject: str
    seconds: float


@dataclass(frozen=True)
class Material:
    """What a run trains on, and what chooses its best weights."""

    sampler: Sampler
    validation: Batch
    actions: frozenset[str]
    """Coarse actions of the training part."""
    takes: list[Take]
    about: str
    """Where the 2D comes from, a sentence for the model card."""
    sha256: str


def load_material(data: Path, settings: TrainSettings, *, without: Collection[str] = ()) -> Material:
    """Of a folder made by `data build`, or of a benchmark's files. Raises InputError for what cannot be used.

    without: subjects of a folder's motion capture to leave out.
    """
    for name, load in ((FILE_3D, _h36m), (FILE_3DHP, _mpi3dhp)):
        if (data / name).is_file() or data.name == name:
            return load(data, settings)
    return _mocap(data, settings, without)


def _mocap(data: Path, settings: TrainSettings, without: Collection[str]) -> Material:
    if settings.keypoints is not None:
        raise InputError(f"--keypoints {settings.keypoints}: belongs to Human3.6M's files; leave it out")
    clips = [clip for clip in load_mocap(data) if clip.subject not in without]
    train, validation = (usable_clips(clips, split, data, free_only=settings.free_only) for split in ("train", "val"))
    return Material(
        WindowSampler(train, frames=settings.frames, fps=settings.fps, augment=True),
        _validation_windows(validation, settings),
        frozenset(clip.action for clip in train), mocap_takes(train + validation),
        "Two-dimensional joints were made from motion capture by virtual cameras and a simulated detector (synthetic).",
        data_hash(data) + "".join(f" -{subject}" for subject in sorted(without)))


def _validation_windows(clips: list[MocapClip], settings: TrainSettings) -> Batch:
    """As the cameras and the guessed detector of all figures see them, and as those of training do."""
    seen_as = partial(evaluation_windows, clips, frames=settings.frames, fps=settings.fps, seed=_VALIDATION_SEED)
    return joined([seen_as(), seen_as(noise=DetectorNoise(), cameras=CameraConfig())])


def mocap_takes(clips: Sequence[MocapClip]) -> list[Take]:
    """Of the clips of training and validation."""
    return [Take("train" if clip.split == "train" else "validation", clip.source, clip.license, clip.subject,
                 len(clip) / clip.fps) for clip in clips]


def _h36m(data: Path, settings: TrainSettings) -> Material:
    paths = find_files(data, settings.keypoints)
    return _benchmark("Human3.6M", h36m_sequences(*paths), paths, settings)


def _mpi3dhp(data: Path, settings: TrainSettings) -> Material:
    path = data / FILE_3DHP if data.is_dir() else data
    if settings.keypoints is not None:
        raise InputError(f"--keypoints {settings.keypoints}: belongs to Human3.6M's files; leave it out")
    return _benchmark("MPI-INF-3DHP", mpi3dhp_sequences(path), [path], settings)


def _benchmark(name: str, sequences: list[SeenSequence], paths: Sequence[Path], settings: TrainSettings) -> Material:
    if settings.free_only:
        raise InputError(f"--free-only: {name}'s licence restricts what the weights may be used for; leave it out, or "
                         "give other data")
    train, validation = held_out(sequences, paths[0])
    takes = [Take(split, name, _LICENCES[name], sequence.subject, len(sequence) / sequence.fps)
             for split, some in (("train", train), ("validation", validation)) for sequence in some]
    return Material(
        SeenSampler(train, frames=settings.frames, fps=settings.fps),
        seen_windows(validation, frames=settings.frames, fps=settings.fps),
        frozenset(sequence.action for sequence in train), takes,
        f"{name}: true joints and the two-dimensional ones of {paths[-1].name}, one take for each camera.",
        hash_of(paths))

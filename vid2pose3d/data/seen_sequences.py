"""Benchmark recordings as training takes them: true joints with the 2D that their cameras or a detector gave."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vid2pose3d.data.h36m import FPS as H36M_FPS
from vid2pose3d.data.h36m import TRAIN_SUBJECTS, denormalise_screen, load_h36m
from vid2pose3d.data.mpi3dhp import STUDIO, load_train
from vid2pose3d.data.windows import Batch, trunk_tilt
from vid2pose3d.errors import InputError
from vid2pose3d.skeleton import H36M17, MPI3DHP17

VALIDATION_SUBJECT = "S8"
"""Of both benchmarks: of their training subjects the one that is held out."""
_METRES = 1e-3
_FROM_3DHP = MPI3DHP17.indices(H36M17.joints)
_MIRROR = np.asarray(H36M17.mirror)


@dataclass(frozen=True)
class SeenSequence:
    """What one camera has of one recording: N frames of the 17 Human3.6M joints."""

    subject: str
    action: str
    """What a prompt says; empty where the benchmark has no actions."""
    fps: float
    focal: float
    """In units of the longer picture side."""
    joints: np.ndarray
    """(N, 17, 3) float32 metres, camera frame, relative to the pelvis."""
    root: np.ndarray
    """(N, 3) metres, camera frame."""
    rays: np.ndarray
    """(N, 17, 2) float32 2D at z = 1; the lens's distortion stays in it, as in evaluation."""

    def __len__(self) -> int:
        return len(self.joints)


def h36m_sequences(path_3d: Path, path_2d: Path) -> list[SeenSequence]:
    """The training subjects of Human3.6M; never those of the test. Raises InputError as `load_h36m`."""
    return [SeenSequence(s.subject, s.action, H36M_FPS, float(s.camera.lens[0] / 2), s.joints, s.root[:, 0],
                         ((s.xy - s.camera.lens[2:4]) / s.camera.lens[:2]).astype(np.float32))
            for s in load_h36m(path_3d, path_2d, TRAIN_SUBJECTS)]


def mpi3dhp_sequences(path: Path) -> list[SeenSequence]:
    """The training sequences of MPI-INF-3DHP, its joints in the places of their counterparts in Human3.6M.

    The file has no cameras: all are taken for the one that the test recordings of the same room have. Raises
    InputError as `load_train`.
    """
    found, lens = [], STUDIO.lens
    for sequence in load_train(path):
        rays = (denormalise_screen(sequence.xy, *sequence.size) - lens[2:4]) / lens[:2]
        found.append(SeenSequence(sequence.name.partition(" ")[0], "", sequence.fps, float(lens[0] / sequence.size[0]),
                                  (_METRES * sequence.joints[:, _FROM_3DHP]).astype(np.float32),
                                  _METRES * sequence.root[:, 0], rays[:, _FROM_3DHP].astype(np.float32)))
    return found


def held_out(sequences: Sequence[SeenSequence], path: Path) -> tuple[list[SeenSequence], list[SeenSequence]]:
    """Those to train on and those to validate on. Raises InputError, naming the file, where either is missing."""
    train = [sequence for sequence in sequences if sequence.subject != VALIDATION_SUBJECT]
    validation = [sequence for sequence in sequences if sequence.subject == VALIDATION_SUBJECT]
    if not train or not validation:
        raise InputError(f"{path}: must hold {VALIDATION_SUBJECT}, who is for validation, and others; "
                         "give the complete benchmark file")
    return train, validation


class SeenSampler:
    """Random windows of F frames at `fps`, or near it: every so manieth frame. Half of them are mirrored."""

    def __init__(self, sequences: Sequence[SeenSequence], *, frames: int, fps: float) -> None:
        self._sequences, self._frames, self._fps = sequences, frames, fps
        self._cumulative = np.cumsum([len(sequence) for sequence in sequences])

    def batch(self, size: int, *, rng: np.random.Generator) -> Batch:
        """`size` windows; the same state of `rng` gives the same ones. A sequence counts with its length."""
        places = rng.random(size) * self._cumulative[-1]
        chosen = [self._sequences[i] for i in np.searchsorted(self._cumulative, places, side="right").tolist()]
        batch = _windows(chosen, rng.random(size), frames=self._frames, fps=self._fps)
        swap = rng.random(size) < 0.5
        batch["rays"][swap] = batch["rays"][swap][:, :, _MIRROR] * [-1, 1]
        batch["joints"][swap] = batch["joints"][swap][:, :, _MIRROR] * [-1, 1, 1]
        batch["root"][swap, :, 0] *= -1
        return batch


def seen_windows(sequences: Sequence[SeenSequence], *, frames: int, fps: float, per_sequence: int = 4) -> Batch:
    """A fixed set of windows, evenly spread over each sequence, not mirrored."""
    chosen = [sequence for sequence in sequences for _ in range(per_sequence)]
    starts = np.tile((np.arange(per_sequence) + 0.5) / per_sequence, len(sequences))
    return _windows(chosen, starts, frames=frames, fps=fps)


def _windows(chosen: Sequence[SeenSequence], starts: np.ndarray, *, frames: int, fps: float) -> Batch:
    """One window of each sequence; starts: (B,) 0..1 between the first and the last possible start.

    A sequence shorter than the window is continued by its last frame.
    """
    index = []
    for sequence, start in zip(chosen, starts.tolist(), strict=True):
        passed = max(1, round(sequence.fps / fps)) * np.arange(frames)
        first = int(start * max(len(sequence) - passed[-1], 1))
        index.append(np.minimum(first + passed, len(sequence) - 1))
    pairs = list(zip(chosen, index, strict=True))
    joints, root, rays = (np.stack([getattr(sequence, name)[some] for sequence, some in pairs])
                          for name in ("joints", "root", "rays"))
    actions = [sequence.action for sequence in chosen]
    return Batch(rays=rays, confidence=np.ones(rays.shape[:3], dtype=np.float32), joints=joints,
                 root=root.astype(np.float32), focal=np.array([sequence.focal for sequence in chosen], np.float32),
                 tilt=trunk_tilt(joints * [1, -1, -1]), labels=actions, actions=actions)  # cameras stand level

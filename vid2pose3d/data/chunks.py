"""How the released lifters cut sequences: chunks for training, windows for evaluation (VideoPose3D, D3DP)."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from vid2pose3d.skeleton import H36M17, JointSet

_SEED = 1234
_MIRRORED_LENS = [2, 7]
"""Principal point x and tangential p1 change sign in the mirror (camera.project_through_lens)."""


class Chunk(NamedTuple):
    """Frames start .. end - 1 of a sequence; those outside of it repeat its edge."""

    sequence: int
    start: int
    end: int
    flip: bool


class ChunkBatch(NamedTuple):
    """B chunks of F frames."""

    lens: np.ndarray
    """(B, 9) float64, screen-normalised."""
    joints: np.ndarray
    """(B, F, J, 3)."""
    xy: np.ndarray
    """(B, F, J, 2) screen-normalised."""
    sequences: list[int]


def training_chunks(lengths: Sequence[int], frames: int, *, flip: bool = True) -> list[Chunk]:
    """Chunks of `frames` frames that cover each sequence once, centred on it; then, with `flip`, the same mirrored."""
    chunks = []
    for sequence, length in enumerate(lengths):
        count = -(-length // frames)
        offset = (count * frames - length) // 2
        bounds = np.arange(count + 1) * frames - offset
        directions = (False, True) if flip else (False,)
        chunks += [Chunk(sequence, int(first), int(last), mirrored) for mirrored in directions
                   for first, last in zip(bounds, bounds[1:], strict=False)]
    return chunks


def cut(sequence: np.ndarray, chunk: Chunk) -> np.ndarray:
    """The frames (F, ...) of a chunk, not mirrored."""
    return sequence[np.arange(chunk.start, chunk.end).clip(0, len(sequence) - 1)]


def mirror_points(points: np.ndarray, skeleton: JointSet = H36M17) -> np.ndarray:
    """Mirror images of points (..., J, 2 or 3): x negated, left and right exchanged."""
    mirrored = points[..., skeleton.mirror, :].copy()
    mirrored[..., 0] *= -1
    return mirrored


def mirror_lens(lens: np.ndarray) -> np.ndarray:
    """The camera (..., 9) that sees the mirror image."""
    mirrored = lens.copy()
    mirrored[..., _MIRRORED_LENS] *= -1
    return mirrored


class ChunkBatches:
    """One epoch after the other of shuffled training chunks, in the release's order.

    joints: (N, J, 3), xy: (N, J, 2) and lens: (9,) of each sequence.
    """

    def __init__(self, joints: Sequence[np.ndarray], xy: Sequence[np.ndarray], lenses: Sequence[np.ndarray], *,
                 frames: int, batch: int, flip: bool = True, skeleton: JointSet = H36M17, seed: int = _SEED) -> None:
        self._joints, self._xy, self._lenses, self._skeleton = joints, xy, lenses, skeleton
        self._chunks = training_chunks([len(sequence) for sequence in joints], frames, flip=flip)
        self._size, self._random = batch, np.random.RandomState(seed)

    def __len__(self) -> int:
        """Batches of an epoch; the last may be short."""
        return -(-len(self._chunks) // self._size)

    def epoch(self) -> Iterator[ChunkBatch]:
        """The batches of the next epoch; each epoch is shuffled anew."""
        order = self._random.permutation(len(self._chunks))
        for first in range(0, len(order), self._size):
            yield self._batch([self._chunks[i] for i in order[first:first + self._size]])

    def _batch(self, chunks: list[Chunk]) -> ChunkBatch:
        joints, xy, lenses = [], [], []
        for chunk in chunks:
            pose, points = (cut(source[chunk.sequence], chunk) for source in (self._joints, self._xy))
            lens = self._lenses[chunk.sequence].astype(np.float64)
            joints.append(mirror_points(pose, self._skeleton) if chunk.flip else pose)
            xy.append(mirror_points(points, self._skeleton) if chunk.flip else points)
            lenses.append(mirror_lens(lens) if chunk.flip else lens)
        return ChunkBatch(np.stack(lenses), np.stack(joints), np.stack(xy), [chunk.sequence for chunk in chunks])


def evaluation_windows(length: int, frames: int) -> np.ndarray:
    """Frame indices (W, F) of consecutive windows; the last one is the last F frames, so that some count twice.

    A sequence shorter than a window is continued by its last frame.
    """
    starts = np.append(np.arange(-(-length // frames) - 1) * frames, max(length - frames, 0))
    return (starts[:, None] + np.arange(frames)).clip(max=length - 1)


def counted_once(windows: np.ndarray) -> np.ndarray:
    """(W, F) True where a window is the last one that has a frame, so that each frame of the sequence counts once.

    windows: (W, F) frame indices of `evaluation_windows`.
    """
    owner = np.zeros(windows.max() + 1, dtype=int)
    for number, window in enumerate(windows):
        owner[window] = number
    repeated = np.diff(windows, axis=1, prepend=-1) == 0
    return (owner[windows] == np.arange(len(windows))[:, None]) & ~repeated

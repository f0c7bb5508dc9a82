"""Chunks and windows by hand; the order of whole epochs is pinned by tests/benchmarks/test_parity.py."""

import numpy as np

from vid2pose3d.camera import project_through_lens
from vid2pose3d.data.chunks import (
    Chunk,
    ChunkBatches,
    counted_once,
    cut,
    evaluation_windows,
    mirror_lens,
    mirror_points,
    training_chunks,
)

RNG = np.random.default_rng(0)


def test_chunks_are_centred_on_the_sequence_and_then_mirrored():
    assert training_chunks([7], 5) == [Chunk(0, -1, 4, False), Chunk(0, 4, 9, False),
                                       Chunk(0, -1, 4, True), Chunk(0, 4, 9, True)]
    assert training_chunks([5, 5], 5, flip=False) == [Chunk(0, 0, 5, False), Chunk(1, 0, 5, False)]


def test_frames_outside_repeat_the_edge():
    assert cut(np.arange(7), Chunk(0, -1, 4, False)).tolist() == [0, 0, 1, 2, 3]
    assert cut(np.arange(7), Chunk(0, 4, 9, False)).tolist() == [4, 5, 6, 6, 6]


def test_an_epoch_has_each_chunk_once_and_epochs_differ():
    lengths = (12, 20, 7)
    batches = ChunkBatches([RNG.normal(size=(n, 17, 3)) for n in lengths],
                           [RNG.normal(size=(n, 17, 2)) for n in lengths], [np.zeros(9)] * 3, frames=5, batch=4)
    first, second = ([tuple(joints.ravel()[:2]) for batch in batches.epoch() for joints in batch.joints]
                     for _ in range(2))
    assert len(set(first)) == len(first) == 2 * (3 + 4 + 2)
    assert len(batches) == 5
    assert first != second
    assert set(first) == set(second)


def test_the_mirrored_camera_sees_the_mirrored_pose():
    joints = RNG.normal(size=(17, 3)) * 0.4 + [0.2, 0.1, 4.0]
    lens = np.array([2.2, 2.3, 0.05, -0.02, -0.2, 0.24, 0.01, 0.001, -0.002])
    seen = project_through_lens(mirror_points(joints), mirror_lens(lens))
    np.testing.assert_allclose(seen, mirror_points(project_through_lens(joints, lens)))


def test_evaluation_windows_end_with_the_sequence():
    assert evaluation_windows(7, 3).tolist() == [[0, 1, 2], [3, 4, 5], [4, 5, 6]]
    assert evaluation_windows(6, 3).tolist() == [[0, 1, 2], [3, 4, 5]]
    assert evaluation_windows(2, 4).tolist() == [[0, 1, 1, 1]]


def test_frames_count_once_in_the_last_window_that_has_them():
    windows = evaluation_windows(7, 3)
    assert windows.tolist() == [[0, 1, 2], [3, 4, 5], [4, 5, 6]]
    assert counted_once(windows).tolist() == [[True] * 3, [True, False, False], [True] * 3]
    assert counted_once(evaluation_windows(2, 4)).tolist() == [[True, True, False, False]]

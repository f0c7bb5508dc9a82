import numpy as np
import pytest

from vid2pose3d.lift.windows import Blend, resample, stretches, window_frames
from vid2pose3d.motion import Person2D
from vid2pose3d.skeleton import H36M17


def track(times):
    times = np.asarray(times, dtype=float)
    xy = np.stack([100 * times, 50 - 20 * times], -1)[:, None] + np.arange(17)[:, None]
    return Person2D(1, H36M17, np.arange(len(times)), times, xy, np.full((len(times), 17), 0.8),
                    np.zeros((len(times), 4)), np.zeros(len(times), dtype=bool))


def test_a_linear_motion_is_resampled_exactly():
    person = track(5.0 + np.sort(np.random.default_rng(0).uniform(0, 4, 90)))
    part, = stretches(person, 15.0)
    expected = track(person.times[0] + part.grid.clip(max=part.times[-1]))
    np.testing.assert_allclose(part.xy, expected.xy, atol=1e-9)
    assert part.grid[-2] < part.times[-1] <= part.grid[-1] + 1e-6


def test_a_track_is_cut_at_holes_longer_than_a_second():
    times = np.concatenate([np.arange(10) / 30, 0.9 + np.arange(5) / 30, 3.0 + np.arange(7) / 30])
    parts = stretches(track(times), 30.0)
    assert [(part.rows.start, part.rows.stop) for part in parts] == [(0, 15), (15, 22)]


def test_a_joint_is_bridged_where_it_was_not_seen():
    person = track(np.arange(12) / 30)
    expected = person.xy.copy()
    person.xy[[4, 5, 11], 3] = np.nan
    person.confidence[[4, 5, 11], 3] = 0
    part, = stretches(person, 30.0)
    np.testing.assert_allclose(part.xy[4:6, 3], expected[4:6, 3])
    np.testing.assert_allclose(part.xy[11, 3], expected[10, 3])
    np.testing.assert_allclose(part.confidence[[4, 5, 11], 3], 0.3 * 0.8)
    others = np.delete(np.arange(17), 3)
    np.testing.assert_allclose(part.xy[:, others], expected[:, others])
    assert (part.confidence[:, others] == 0.8).all()
    assert np.isnan(person.xy[4, 3]).all()


@pytest.mark.parametrize("count", [1, 2, 26, 27, 28, 40, 54, 55, 300])
def test_windows_cover_every_frame_and_the_last_ends_with_the_grid(count):
    index = window_frames(count, 27)
    assert set(index.ravel().tolist()) == set(range(count))
    assert index[-1, -1] == count - 1
    assert (np.diff(index, axis=1) == (1 if count >= 27 else np.diff(index, axis=1))).all()
    assert len(np.unique(index[:, 0])) == len(index)


@pytest.mark.parametrize("count", [5, 27, 100])
def test_windows_that_agree_are_blended_to_what_they_agree_on(count):
    poses = np.random.default_rng(1).normal(size=(count, 17, 3))
    index = window_frames(count, 27)
    blend = Blend(count, (17, 3), 27)
    for part in np.array_split(index, 3):
        blend.add(part, poses[part])
    np.testing.assert_allclose(blend.result(), poses, atol=1e-12)


def test_windows_that_disagree_are_blended_without_a_step():
    index = window_frames(100, 27)
    blend = Blend(100, (1, 3), 27)
    blend.add(index, np.broadcast_to((np.arange(len(index)) % 2)[:, None, None, None], (*index.shape, 1, 3)))
    assert np.abs(np.diff(blend.result()[:, 0, 0])).max() < 0.2


@pytest.mark.parametrize("count", [1, 2, 3, 4, 50])
def test_poses_come_back_at_the_grid_times(count):
    grid = np.arange(count) / 15
    poses = np.random.default_rng(2).normal(size=(count, 17, 3))
    np.testing.assert_allclose(resample(grid, poses, grid), poses, atol=1e-9)


def test_a_swing_of_three_hertz_survives_the_way_back():
    grid, times = np.arange(60) / 15, np.linspace(0.5, 3.4, 211)
    swing = resample(grid, np.sin(6 * np.pi * grid)[:, None, None] * np.ones((1, 17, 3)), times)
    assert np.abs(swing[:, 0, 0] - np.sin(6 * np.pi * times)).max() < 0.06

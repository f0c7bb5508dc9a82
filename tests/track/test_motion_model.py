"""The constant-velocity filter against straight lines and its own noise."""

import numpy as np
import pytest

from vid2pose3d.track.motion_model import ConstantVelocity

EVEN, FAST, UNEVEN = np.full(30, 1 / 30), np.full(90, 1 / 90), np.random.default_rng(0).uniform(0.01, 0.1, 40)


@pytest.mark.parametrize("steps", [EVEN, FAST, UNEVEN], ids=["30 fps", "90 fps", "uneven"])
def test_a_straight_walk_is_foreseen_at_any_frame_rate(steps):
    times = np.cumsum(steps)
    walk = ConstantVelocity(times[0], np.array([100.0, 50.0]), 200.0)
    for time in times[1:]:
        walk.update(time, np.array([100.0, 50.0]) + (time - times[0]) * np.array([120.0, -30.0]), 200.0)
    ahead = walk.predict(times[-1] + 0.5)
    expected = np.array([100.0, 50.0]) + (times[-1] + 0.5 - times[0]) * np.array([120.0, -30.0])
    np.testing.assert_allclose(ahead.centre, expected, atol=6.0)
    np.testing.assert_allclose(ahead.velocity[:2], [120.0, -30.0], rtol=0.1)
    assert ahead.size == pytest.approx(200.0, rel=0.01)


def test_doubt_grows_with_the_time_since_the_last_sight():
    walk = ConstantVelocity(0.0, np.array([0.0, 0.0]), 100.0)
    spreads = [walk.predict(time).variance[0] for time in (0.0, 0.1, 0.5)]
    assert spreads[0] < spreads[1] < spreads[2]
    assert walk.predict(0.5).distance2(np.array([60.0, 0.0]), 100.0) < walk.predict(0.1).distance2(
        np.array([60.0, 0.0]), 100.0
    )


def test_near_and_far_people_are_treated_alike():
    distances = []
    for size in (50.0, 500.0):
        walk = ConstantVelocity(0.0, np.zeros(2), size)
        walk.update(0.1, np.array([0.1, 0.0]) * size, size)
        distances.append(walk.predict(0.2).distance2(np.array([0.3, 0.1]) * size, size))
    assert distances[0] == pytest.approx(distances[1])

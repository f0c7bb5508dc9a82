"""Leaps and short gaps."""

import numpy as np
import pytest

from vid2pose3d.place.clean.repair import repaired


def swinging(fps, seconds=3.0):
    """Root-relative joints (N, 17, 3) that swing by 0.3 m at 1 Hz, and times."""
    times = np.arange(int(seconds * fps)) / fps
    joints = np.zeros((len(times), 17, 3))
    joints[..., 0] = 0.3 * np.sin(2 * np.pi * times)[:, None]
    return joints, times


def everything(joints):
    return np.ones(joints.shape[:2], dtype=bool)


@pytest.mark.parametrize("fps", [15, 30, 60, 120])
@pytest.mark.parametrize("seconds", [0.01, 0.1])
def test_a_leap_is_taken_back_and_marked_at_any_frame_rate(fps, seconds):
    joints, times = swinging(fps)
    leapt, length = joints.copy(), max(1, round(seconds * fps))
    leapt[fps:fps + length, 13] += [0.6, 1.6, 0.0]
    fixed, marks = repaired(leapt, times, seen=everything(joints))
    wanted = np.zeros_like(marks)
    wanted[fps:fps + length, 13] = True
    assert np.array_equal(marks, wanted)
    assert np.abs(fixed - joints).max() < 0.03


def test_kicks_and_steps_are_motion_not_leaps():
    joints, times = swinging(30)
    joints[:, 3, 2] += np.exp(-(((times - 1.5) / 0.1) ** 2))
    joints[60:, 16, 1] += 0.3
    fixed, marks = repaired(joints, times, seen=everything(joints))
    assert not marks.any()
    assert np.array_equal(fixed, joints)


def test_short_gaps_are_bridged_and_long_ones_left_to_the_lifter():
    joints, times = swinging(30)
    seen = everything(joints)
    seen[20:27, 5], seen[40:60, 6], seen[:5, 7] = False, False, False
    guessed = np.where(seen[..., None], joints, joints + 0.2)
    fixed, marks = repaired(guessed, times, seen=seen)
    assert np.array_equal(np.argwhere(marks), [[row, 5] for row in range(20, 27)])
    assert np.abs(fixed[20:27, 5] - joints[20:27, 5]).max() < 0.02
    assert np.array_equal(fixed[40:60, 6], guessed[40:60, 6])


def test_nothing_is_bridged_across_a_second_without_frames():
    joints, times = swinging(30)
    times = np.where(np.arange(90) >= 45, times + 2, times)
    joints[45, 2] += 1.0
    assert not repaired(joints, times, seen=everything(joints))[1].any()


@pytest.mark.parametrize("count", [1, 2, 3])
def test_tracks_of_a_few_frames(count):
    joints, times = swinging(30)
    fixed, _ = repaired(joints[:count], times[:count], seen=everything(joints[:count]))
    assert fixed == pytest.approx(joints[:count])

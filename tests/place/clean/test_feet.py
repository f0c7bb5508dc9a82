"""Feet that stand still, and nothing under the floor."""

import numpy as np
import pytest

from vid2pose3d.place.clean.feet import above_floor, lock_feet, planted
from vid2pose3d.place.contact import FEET, bottoms, stretches
from vid2pose3d.quality.measures import foot_slides, jitter
from vid2pose3d.skeleton import H36M17

EYE = np.array([0.7, 1.5, 5.5])
UP = np.array([0.0, 1.0, 0.0])


def lengths_in(joints):
    return np.linalg.norm(joints - joints[:, np.maximum(H36M17.parents, 0)], axis=-1)


def seen(joints):
    return np.ones((len(joints), 2), dtype=bool)


def drifting(joints, times):
    """The walker whose place wanders along the line of sight, by 10 cm, and who floats by 3 cm."""
    sight = joints[:, 0] - EYE
    sight /= np.linalg.norm(sight, axis=-1, keepdims=True)
    return joints + (0.1 * np.sin(2 * np.pi * 0.4 * times))[:, None, None] * sight[:, None] + 0.03 * UP


def slides(joints, stands, times):
    return [slide for foot, ankle in enumerate(FEET)
            for slide in foot_slides(joints[:, ankle], stands[:, foot], times)]


@pytest.fixture
def walk(walker):
    """Joints of a walker of four seconds, times, and (N, 2) True where each foot stands still."""
    joints = walker(120)
    moving = np.linalg.norm(np.gradient(joints[:, FEET], 1 / 30, axis=0), axis=-1)
    return joints, np.arange(120) / 30, moving < 0.05


def test_standing_feet_are_found(walk):
    joints, times, stands = walk
    found = planted(joints, times, eye=EYE, seen=seen(joints))
    assert (found & stands).sum() > 0.98 * stands.sum()
    assert (found & ~stands).sum() < 0.2 * (~stands).sum()


def test_contacts_are_found_in_seconds_whatever_the_frame_rate(walk, walker):
    joints, times, _ = walk
    slow = planted(joints[::2], times[::2], eye=EYE, seen=seen(joints[::2]))
    fast = planted(joints, times, eye=EYE, seen=seen(joints))
    assert np.mean(slow == fast[::2]) > 0.95


def test_unseen_feet_and_single_frames_never_stand(walk):
    joints, times, _ = walk
    assert not planted(joints, times, eye=EYE, seen=~seen(joints)).any()
    assert not planted(joints[:1], times[:1], eye=EYE, seen=seen(joints[:1])).any()
    assert not planted(joints[:0], times[:0], eye=EYE, seen=seen(joints[:0])).any()


@pytest.mark.parametrize("hole", [0.3, 3.0])
def test_a_contact_ends_at_a_hole(walk, hole):
    joints, _, _ = walk
    still = np.repeat(joints[:1], 60, axis=0)
    times = np.arange(60) / 30 + np.where(np.arange(60) >= 30, hole, 0.0)
    found = planted(still, times, eye=EYE, seen=seen(still))
    assert stretches(found[:, 0]) == [(0, 29), (31, 59)]


def test_feet_of_a_drifting_walker_stand_still_again(walk):
    joints, times, stands = walk
    before = drifting(joints, times)
    after = lock_feet(before, times, eye=EYE, seen=seen(joints))
    assert np.mean(slides(before, stands, times)) > 0.05
    assert max(slides(after, stands, times)) < 0.005
    heights = after[:, FEET][..., 1]
    assert heights[stands] == pytest.approx(np.full(stands.sum(), 0.08), abs=0.01)
    assert lengths_in(after) == pytest.approx(lengths_in(before))


def test_the_body_comes_back_to_where_it_was_and_knees_do_not_pop(walk):
    joints, times, _ = walk
    before = drifting(joints, times)
    after = lock_feet(before, times, eye=EYE, seen=seen(joints))
    true = joints[:, 0] - joints[:, 0].mean(axis=0)
    off = {name: np.linalg.norm(found[:, 0] - found[:, 0].mean(axis=0) - true, axis=-1).mean()
           for name, found in (("before", before), ("after", after))}
    assert off["after"] < 0.5 * off["before"]
    knees = H36M17.indices(("left_knee", "right_knee"))
    assert jitter(after[:, knees], times) < 1.3 * jitter(joints[:, knees], times)


def test_someone_on_a_box_stays_there(walk):
    joints, times, _ = walk
    higher = joints + 0.5 * UP
    after = lock_feet(higher, times, eye=EYE, seen=seen(joints))
    assert (after - higher)[..., 1].min() > -0.1


def test_someone_in_the_air_is_left_alone(walk):
    joints, times, _ = walk
    flying = joints[:1] + np.linspace(0, 8, 120)[:, None, None] * [1.0, 0.2, 0.0]
    assert np.array_equal(lock_feet(flying, times, eye=EYE, seen=seen(joints)), flying)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_tracks_of_a_few_frames(walk, count):
    joints, times, _ = walk
    found = above_floor(lock_feet(joints[:count], times[:count], eye=EYE, seen=seen(joints[:count])), times[:count])
    assert np.abs(found - joints[:count]).max() < 0.02


def test_what_is_above_the_floor_is_left_alone(walk):
    joints, times, _ = walk
    assert np.array_equal(above_floor(joints + 0.001 * UP, times), joints + 0.001 * UP)


def test_nothing_is_under_the_floor_and_bones_keep_their_lengths(walk):
    joints, times, _ = walk
    sinking = joints - (0.2 * np.sin(np.pi * times / 4) ** 2)[:, None, None] * UP
    sinking[50:60, H36M17.index("left_wrist"), 1] = -0.1
    lifted = above_floor(sinking, times)
    assert bottoms(lifted, up=UP).min() > -1e-9
    legs = H36M17.indices(("left_knee", "left_ankle", "right_knee", "right_ankle"))
    assert lengths_in(lifted)[:, legs] == pytest.approx(lengths_in(sinking)[:, legs])


def test_one_foot_under_the_floor_is_lifted_by_its_leg(walk):
    joints, times, _ = walk
    low = joints + 0.001 * UP
    knee, ankle = H36M17.indices(("right_knee", "right_ankle"))
    low[40:44, [knee, ankle], 1] -= 0.1
    lifted = above_floor(low, times)
    assert bottoms(lifted, up=UP).min() > -1e-9
    assert lifted[:, 0] == pytest.approx(low[:, 0])


@pytest.mark.parametrize(("aside", "contacts"), [(0.05, 1), (0.25, 2)])
def test_a_foot_that_trembles_is_not_set_down_anew(walk, aside, contacts):
    joints, times, _ = walk
    still = np.repeat(joints[:1], 60, axis=0)
    still[27:32, FEET[0], 0] += np.array([0.02, 0.04, 0.06, 0.08, 0.1])
    still[32:, FEET[0], 0] += aside
    assert len(stretches(planted(still, times[:60], eye=EYE, seen=seen(still))[:, 0])) == contacts

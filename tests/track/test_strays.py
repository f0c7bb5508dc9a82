"""Joints that stray to another person are left out; people who pass, meet and touch keep theirs."""

from dataclasses import replace

import numpy as np
import pytest
from walking_people import Walker

from vid2pose3d.motion import Person2D
from vid2pose3d.skeleton import COCO17
from vid2pose3d.track import strays_said, without_strays

ANKLE, KNEE, WRIST = COCO17.indices(("left_ankle", "left_knee", "left_wrist"))


def _track(number: int, walker: Walker, *, fps: float = 30.0, seconds: float = 3.0) -> Person2D:
    times = np.arange(round(seconds * fps)) / fps
    joints = np.stack([walker.joints(time) for time in times])
    xy = 500 + 1000 * joints[..., :2] / joints[..., 2:]
    xy += np.random.default_rng(number).normal(0, 1.5, xy.shape)
    return Person2D(
        id=number, joint_set=COCO17, frames=np.arange(len(times)), times=times, xy=xy,
        confidence=np.full(xy.shape[:2], 0.9), bbox=np.concatenate([xy.min(axis=1), xy.max(axis=1)], axis=1),
        interpolated=np.zeros(len(times), dtype=bool))


def _crossing(fps: float = 30.0) -> tuple[Person2D, Person2D]:
    """Two who pass one another in the middle, the second farther away."""
    return (_track(1, Walker((-1.5, 5.0), (1.0, 0.0)), fps=fps),
            _track(2, Walker((1.5, 5.6), (-1.0, 0.0), stride=2.0), fps=fps))


def _astray(person: Person2D, other: Person2D, rows: slice, joint: int = ANKLE) -> Person2D:
    xy = person.xy.copy()
    goal = int(np.linalg.norm(other.xy[rows] - xy[rows, joint][:, None], axis=-1).mean(axis=0).argmax())
    xy[rows, joint] = other.xy[rows, goal]
    return replace(person, xy=xy)


def _marks(person: Person2D, rows: slice, joint: int = ANKLE) -> np.ndarray:
    marks = np.zeros(person.confidence.shape, dtype=bool)
    marks[rows, joint] = True
    return marks


@pytest.mark.parametrize("fps", [15.0, 30.0, 60.0])
def test_people_who_pass_keep_their_joints(fps: float) -> None:
    both = _crossing(fps)
    for person in both:
        kept, strays = without_strays(person, both)
        assert not strays.any()
        np.testing.assert_array_equal(kept.xy, person.xy)


@pytest.mark.parametrize("fps", [25.0, 60.0])
@pytest.mark.parametrize("seconds", [0.04, 0.2, 0.45])
@pytest.mark.parametrize("joint", [ANKLE, WRIST])
def test_a_stray_becomes_unknown_for_as_long_as_it_is_one(fps: float, seconds: float, joint: int) -> None:
    person, other = _crossing(fps)
    rows = slice(round(1.4 * fps), round(1.4 * fps) + max(1, round(seconds * fps)))
    wrong = _astray(person, other, rows, joint)
    kept, strays = without_strays(wrong, [wrong, other])
    assert strays[rows, joint].all()
    slack = max(1, round(0.05 * fps))
    assert not (strays & ~_marks(person, slice(rows.start - slack, rows.stop + slack), joint)).any()
    assert np.isnan(kept.xy[strays]).all() and (kept.confidence[strays] == 0).all()
    np.testing.assert_array_equal(kept.xy[~strays], person.xy[~strays])
    np.testing.assert_array_equal(kept.confidence[~strays], person.confidence[~strays])


def test_the_same_leap_far_from_others_is_not_their_doing() -> None:
    person, other = _crossing()
    wrong = _astray(person, other, slice(42, 48))
    away = replace(other, xy=other.xy + 2000, bbox=other.bbox + 2000)
    assert not without_strays(wrong, [wrong, away])[1].any()
    assert not without_strays(wrong, [wrong])[1].any()


def test_a_hand_that_is_given_to_another_stays() -> None:
    """Reached for within half a second, held for half a second on the other's wrist, and drawn back."""
    person, other = (_track(1, Walker((0.0, 5.0), (0.0, 0.0))), _track(2, Walker((0.5, 5.0), (0.0, 0.0))))
    goal = other.xy[:, COCO17.index("right_wrist")]
    share = np.interp(person.times, [0.75, 1.25, 1.75, 2.25], [0, 1, 1, 0])[:, None]
    share = 0.5 - 0.5 * np.cos(np.pi * share)
    person.xy[:, WRIST] = (1 - share) * person.xy[:, WRIST] + share * goal
    assert not without_strays(person, [person, other])[1].any()


def test_what_was_bridged_from_a_stray_is_unknown_too() -> None:
    person, other = _crossing()
    wrong = _astray(person, other, slice(40, 50))
    wrong.interpolated[43:46] = True
    strays = without_strays(wrong, [wrong, other])[1]
    np.testing.assert_array_equal(strays, _marks(person, slice(40, 50)))


def test_joints_that_are_missing_are_no_hindrance() -> None:
    person, other = _crossing()
    wrong = _astray(person, other, slice(42, 48))
    missing = np.random.default_rng(1).random(wrong.confidence.shape) < 0.1
    missing[:, KNEE] = True
    missing[42:48, ANKLE] = False
    wrong.xy[missing], wrong.confidence[missing] = np.nan, 0.0
    strays = without_strays(wrong, [wrong, other])[1]
    np.testing.assert_array_equal(strays[:, ANKLE], _marks(person, slice(42, 48))[:, ANKLE])
    assert not strays[missing].any()


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_very_short_tracks_stay_as_they_are(count: int) -> None:
    person, other = (track.at(np.arange(44, 44 + count)) for track in _crossing())
    np.testing.assert_array_equal(without_strays(person, [person, other])[0].xy, person.xy)


def test_what_was_done_is_said_where_it_lasts() -> None:
    person, _ = _crossing()
    assert strays_said(person, _marks(person, slice(42, 46))) is None
    marks = _marks(person, slice(42, 54)) | _marks(person, slice(45, 60), WRIST)
    assert strays_said(person, marks) == (
        "person 1: left arm, left leg strayed to somebody else between 1.40 and 1.97 s; 18 frames are filled in")

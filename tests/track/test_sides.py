"""Exchanged sides are put right; crossing legs, turns and what cannot be known stay as the detector has them."""

from dataclasses import replace

import numpy as np
import pytest
from walking_people import Walker

from vid2pose3d.motion import Person2D
from vid2pose3d.skeleton import COCO17
from vid2pose3d.track import exchange_said, put_right

LEGS = [joint for joint, name in enumerate(COCO17.joints) if name.split("_")[-1] in ("hip", "knee", "ankle")]
ARMS = [joint for joint in range(len(COCO17)) if joint not in LEGS]
TOWARDS, AWAY, ACROSS, OBLIQUE = (0.0, -0.8), (0.0, 0.8), (1.2, 0.0), (0.7, -0.7)


def _track(velocity: tuple[float, float], *, seconds: float = 3.0, fps: float = 30.0, turn: float = 0.0,
           noise: float = 2.0) -> Person2D:
    """Somebody of about 350 pixels who walks, and turns by `turn` radians in the middle second."""
    times = np.arange(round(seconds * fps)) / fps
    walker = Walker((-velocity[0] * seconds / 2, 5.0), velocity)
    joints = np.stack([walker.joints(time) for time in times])
    angle = turn * ((times - seconds / 2) + 0.5).clip(0, 1)
    axis = joints[:, COCO17.indices(("left_hip", "right_hip"))].mean(axis=1, keepdims=True)
    x, z = (joints - axis)[..., 0], (joints - axis)[..., 2]
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    joints[..., 0], joints[..., 2] = axis[..., 0] + cos * x + sin * z, axis[..., 2] - sin * x + cos * z
    xy = 500 + 1000 * joints[..., :2] / joints[..., 2:]
    xy += np.random.default_rng(0).normal(0, noise, xy.shape)
    return Person2D(
        id=1, joint_set=COCO17, frames=np.arange(len(times)), times=times, xy=xy, confidence=np.full(xy.shape[:2], 0.9),
        bbox=np.concatenate([xy.min(axis=1), xy.max(axis=1)], axis=1), interpolated=np.zeros(len(times), dtype=bool))


def _exchanged(person: Person2D, rows: slice | list[int], joints: list[int]) -> Person2D:
    wrong = person.xy.copy()
    seen = wrong[rows]
    seen[:, joints] = seen[:, COCO17.mirror[joints]]
    wrong[rows] = seen
    return replace(person, xy=wrong)


@pytest.mark.parametrize("fps", [10.0, 25.0, 60.0])
@pytest.mark.parametrize("velocity", [TOWARDS, AWAY, ACROSS, OBLIQUE])
def test_walks_stay_as_they_are(velocity: tuple[float, float], fps: float) -> None:
    person = _track(velocity, fps=fps)
    right, exchanged = put_right(person)
    assert not exchanged.any()
    np.testing.assert_array_equal(right.xy, person.xy)


@pytest.mark.parametrize("turn", [np.pi, -np.pi, 2 * np.pi])
def test_turning_about_is_no_exchange(turn: float) -> None:
    assert not put_right(_track(TOWARDS, turn=turn))[1].any()


@pytest.mark.parametrize("rows", [slice(55, 90), slice(0, 35), slice(30, 60), [40], [40, 42, 43, 45]])
@pytest.mark.parametrize("joints", [ARMS + LEGS, ARMS, LEGS])
def test_exchanged_frames_are_put_right(rows: slice | list[int], joints: list[int]) -> None:
    person = _track(OBLIQUE)
    right, exchanged = put_right(_exchanged(person, rows, joints))
    expected = np.zeros((90, 2), dtype=bool)
    expected[rows, 0], expected[rows, 1] = joints != LEGS, joints != ARMS
    np.testing.assert_array_equal(exchanged, expected)
    np.testing.assert_array_equal(right.xy, person.xy)


def test_legs_of_a_walker_in_side_view_exchanged_while_they_are_apart() -> None:
    person = _track(ACROSS, noise=1.0)
    ankles = COCO17.indices(("left_ankle", "right_ankle"))
    apart = np.abs(np.diff(person.xy[:, ankles, 0], axis=1)[:, 0])
    begin = 37 + int(apart[40:60].argmax())
    right, exchanged = put_right(_exchanged(person, slice(begin, begin + 6), LEGS))
    assert exchanged[begin:begin + 6, 1].all() and exchanged.sum() == 6
    np.testing.assert_array_equal(right.xy, person.xy)


def test_the_shorter_part_is_the_wrong_one() -> None:
    person = _track(TOWARDS)
    right, exchanged = put_right(_exchanged(person, slice(20, 90), ARMS + LEGS))
    assert exchanged[:20].all() and not exchanged[20:].any()
    np.testing.assert_array_equal(right.xy, person.xy[:, COCO17.mirror])


def test_a_mixture_of_both_sides_at_a_change_is_filled_in() -> None:
    person = _track(TOWARDS)
    wrong = _exchanged(person, slice(60, 90), ARMS + LEGS)
    wrong.xy[60] = 0.5 * (person.xy[60] + person.xy[60][COCO17.mirror])
    right, exchanged = put_right(wrong)
    assert exchanged[61:].all() and not exchanged[:61].any()
    np.testing.assert_allclose(right.xy[60], 0.5 * (person.xy[59] + person.xy[61]))
    np.testing.assert_allclose(right.confidence[60], 0.3 * 0.9)


def test_frames_bridged_over_a_change_are_bridged_anew() -> None:
    person = _track(TOWARDS)
    wrong = _exchanged(person, slice(63, 90), ARMS + LEGS)
    share = np.array([0.25, 0.5, 0.75])[:, None, None]
    wrong.xy[60:63] = (1 - share) * wrong.xy[59] + share * wrong.xy[63]
    wrong.interpolated[60:63] = True
    right, exchanged = put_right(wrong)
    assert exchanged[63:].all() and not exchanged[:60].any()
    np.testing.assert_allclose(right.xy[60:63], (1 - share) * person.xy[59] + share * person.xy[63])


def test_confidences_go_with_their_joints() -> None:
    person = _track(TOWARDS)
    person.confidence[:] = np.linspace(0.5, 0.9, 17)
    wrong = _exchanged(person, slice(60, 90), ARMS + LEGS)
    wrong.confidence = np.concatenate([person.confidence[:60], person.confidence[60:, COCO17.mirror]])
    np.testing.assert_array_equal(put_right(wrong)[0].confidence, person.confidence)


def test_joints_that_are_missing_are_no_hindrance() -> None:
    person = _track(TOWARDS)
    missing = np.random.default_rng(1).random(person.confidence.shape) < 0.1
    missing[:, LEGS[-2:]] = True
    missing[50:52] = True
    person.xy[missing], person.confidence[missing] = np.nan, 0.0
    wrong = _exchanged(person, slice(60, 90), ARMS + LEGS)
    right, exchanged = put_right(wrong)
    assert exchanged[60:].all() and not exchanged[:50].any()
    np.testing.assert_array_equal(right.xy[60:], person.xy[60:])


@pytest.mark.parametrize("count", [1, 2, 3])
def test_very_short_tracks_stay_as_they_are(count: int) -> None:
    person = _track(TOWARDS).at(np.arange(count))
    np.testing.assert_array_equal(put_right(person)[0].xy, person.xy)


def test_somebody_without_any_joint_stays() -> None:
    person = _track(TOWARDS)
    nobody = replace(person, xy=np.full_like(person.xy, np.nan), confidence=np.zeros_like(person.confidence))
    assert not put_right(nobody)[1].any()


def test_what_was_done_is_said_in_a_line() -> None:
    person = _track(TOWARDS)
    exchanged = np.zeros((90, 2), dtype=bool)
    exchanged[18:52] = True
    assert exchange_said(person, exchanged) == (
        "person 1: left and right were exchanged from 0.60 to 1.70 s and put right")
    exchanged[:, 0] = False
    exchanged[60:62, 1] = True
    assert exchange_said(person, exchanged) == (
        "person 1: left and right leg were exchanged in 36 frames of 2 stretches between 0.60 and 2.03 s and put right")

"""The focal length from people on one floor."""

import numpy as np
import pytest

from vid2pose3d.camera import ASSUMED_FOCAL_ERROR, guess_camera
from vid2pose3d.place.focal_floor import with_focal_of_floor
from vid2pose3d.place.stature import FloorLevel

CAMERA = guess_camera(1920, 1080)
HEIGHT = 1.6


def down(pitch: float) -> np.ndarray:
    """The vertical of a camera that looks down by that many degrees."""
    return np.array([0.0, -np.cos(np.radians(pitch)), -np.sin(np.radians(pitch))])


def seen(depths, up, *, over_true=1.0, platform=0.0, known=False):
    """Floors of average adults with a focal length that is `over_true` x the true one; the first is on a platform."""
    lifted = platform * (np.arange(len(depths)) == 0)
    return [FloorLevel(-HEIGHT + lift + (over_true - 1) * depth * up[2], over_true * depth, known=known)
            for lift, depth in zip(lifted, depths, strict=True)]


def ratio(camera) -> float:
    return float(camera.intrinsics[0, 0] / CAMERA.intrinsics[0, 0])


@pytest.mark.parametrize("over_true", [0.75, 1.0, 1.33])
def test_known_people_on_one_floor_tell_it(over_true):
    up = down(25)
    found = with_focal_of_floor(CAMERA, seen([3, 4, 9, 10], up, over_true=over_true, known=True), up=up)
    assert not found.assumed
    assert found.focal_error < 0.35 * ASSUMED_FOCAL_ERROR
    assert ratio(found) == pytest.approx(1 / over_true, rel=0.1)
    assert found.intrinsics[1, 1] == found.intrinsics[0, 0]
    assert np.array_equal(found.intrinsics[:2, 2], CAMERA.intrinsics[:2, 2])


def test_unknown_statures_tell_less():
    up = down(15)
    given, guessed = (with_focal_of_floor(CAMERA, seen([3, 4, 9, 10], up, over_true=1.33, known=known), up=up)
                      for known in (True, False))
    assert guessed.focal_error > 1.1 * given.focal_error


@pytest.mark.parametrize(("pitch", "depths"), [(0, [3, 4, 9, 10]), (25, [5, 5, 5, 5]), (25, [5])])
def test_a_level_camera_and_people_side_by_side_say_nothing(pitch, depths):
    up = down(pitch)
    assert with_focal_of_floor(CAMERA, seen(depths, up, over_true=1.33), up=up) is CAMERA


def test_one_on_a_platform_among_many_does_not_change_it():
    up = down(25)
    found = with_focal_of_floor(CAMERA, seen([3, 4, 5, 8, 9, 10], up, platform=0.8), up=up)
    assert ratio(found) == pytest.approx(1, abs=0.08)


def test_people_whose_floor_nobody_saw_are_left_out():
    up = down(25)
    floors = [*seen([3, 10], up, over_true=1.33, known=True), FloorLevel(float("nan"), 6.0, known=False)]
    assert ratio(with_focal_of_floor(CAMERA, floors, up=up)) == ratio(with_focal_of_floor(CAMERA, floors[:2], up=up))

"""Colour descriptions of painted people."""

import numpy as np
from walking_people import Colour, Walker, scene

from vid2pose3d.skeleton import COCO17
from vid2pose3d.track.appearance import describe, difference, roots

RED = ((200, 40, 40), (30, 30, 90))
GREEN = ((40, 160, 70), (200, 190, 170))


def look(
    clothes: tuple[Colour, Colour], start: float, *, light: float = 1.0, hide_legs: bool = False
) -> np.ndarray | None:
    made = scene((Walker((start, 6.0), (0.5, 0.0), clothes=clothes),), [0.0])
    confidence = np.ones(17)
    if hide_legs:
        confidence[COCO17.indices(("left_knee", "right_knee", "left_ankle", "right_ankle"))] = 0.0
    found = describe((made.picture(0) * light).astype(np.uint8), made.xy[0, 0], confidence, COCO17)
    assert found is not None
    return roots(found)


def test_the_same_clothes_look_alike_elsewhere_and_in_other_light():
    assert difference(look(RED, 0.0), look(RED, 1.0)) < 0.15
    assert difference(look(RED, 0.0), look(RED, 1.0, light=0.85)) < 0.35


def test_other_clothes_look_different():
    assert difference(look(RED, 0.0), look(GREEN, 1.0)) > 0.7


def test_hidden_legs_are_left_out_of_the_comparison():
    swapped = (RED[0], GREEN[1])
    assert difference(look(RED, 0.0), look(swapped, 0.0)) > 0.3
    assert difference(look(RED, 0.0), look(swapped, 0.0, hide_legs=True)) < 0.15


def test_nothing_is_said_where_the_torso_is_not_seen():
    made = scene((Walker((0.0, 6.0), (0.5, 0.0)),), [0.0])
    confidence = np.ones(17)
    confidence[COCO17.index("left_hip")] = 0.0
    assert describe(made.picture(0), made.xy[0, 0], confidence, COCO17) is None
    assert describe(made.picture(0), made.xy[0, 0] + 5000.0, np.ones(17), COCO17) is None
    assert np.isnan(difference(np.zeros((2, 144)), look(RED, 0.0)))

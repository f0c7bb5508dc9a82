"""The background's straight lines."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from vid2pose3d.camera import guess_camera
from vid2pose3d.camera_motion.backdrop import Backdrop
from vid2pose3d.motion import CameraPath

NOBODY = np.zeros((0, 4))
DOOR = np.array([[[300.0, 100], [290, 400]], [[420, 100], [430, 400]]])
"""Edges in pixels."""
OUTLINE = DOOR.reshape(-1, 2)[[0, 1, 3, 2]]
STILL = replace(guess_camera(640, 480), motion="still")


def picture(polygon=OUTLINE, *, scale=1):
    """(480, 640, 3) uint8 RGB: something dark before a bright wall; `scale` times as large."""
    image = np.full((480 * scale, 640 * scale, 3), 200, np.uint8)
    points = np.round((scale * polygon - 0.5) * 16).astype(np.int32)
    cv2.fillPoly(image, [points], (60, 80, 90), cv2.LINE_AA, shift=4)
    return image


def lines_of(*frames, boxes=NOBODY):
    backdrop = Backdrop()
    for index, frame in enumerate(frames):
        backdrop.update(index, frame, boxes)
    return backdrop.lines(STILL)


def sides(lines, true=DOOR):
    """(2,) distances in pixels of the nearest found line's ends from each true line."""
    off = []
    for start, end in true:
        normal = np.array([end[1] - start[1], start[0] - end[0]]) / np.linalg.norm(end - start)
        off.append(np.abs((lines.ends - start) @ normal).max(axis=1).min(initial=np.inf))
    return np.array(off)


@pytest.mark.parametrize("scale", [1, 3])
def test_edges_are_found_where_they_are(scale):
    lines = lines_of(picture(scale=scale))
    assert (sides(lines, DOOR * scale) < 1.0 * scale).all()
    assert len(lines.ends) == len(lines.error) == len(lines.weight)
    assert (lines.error < 0.03).all()
    assert (lines.weight <= 1).all()


def test_what_moves_leaves_no_lines():
    square = np.array([[0.0, 0], [60, 0], [60, 90], [0, 90]])
    frames = [picture(square + [40 + 65 * step, 200]) for step in range(9)]
    assert len(lines_of(frames[0]).ends) > 0
    assert len(lines_of(*frames).ends) == 0


def test_lines_of_people_who_stand_are_theirs():
    assert np.isinf(sides(lines_of(picture(), boxes=np.array([[250.0, 50, 480, 450]])))).all()
    assert (sides(lines_of(picture(), boxes=np.array([[10.0, 50, 200, 450], [np.nan] * 4]))) < 1.0).all()


def test_bars_and_borders_are_no_lines_of_the_scene():
    image = picture()
    image[:, :90] = image[:, -90:] = 0
    lines = lines_of(image)
    assert (sides(lines) < 1.0).all()
    assert not (np.abs(lines.ends[..., 0] - 320) > 220).any()


def test_slats_count_together_as_little_more_than_one_line():
    slats = picture()
    for row in range(100, 300, 10):
        slats[row:row + 5, 450:600] = 100
    lines = lines_of(slats)
    level = np.abs(lines.ends[:, 0, 1] - lines.ends[:, 1, 1]) < 2
    assert level.sum() > 20
    assert lines.weight[level].sum() < level.sum() / 4


def test_a_long_clip_keeps_few_pictures():
    backdrop = Backdrop()
    for index in range(100):
        backdrop.update(index, picture(), NOBODY)
    assert 5 <= len(backdrop._pictures) <= 9
    assert (sides(backdrop.lines(STILL)) < 1.0).all()


@pytest.mark.parametrize("frame", [np.zeros((480, 640, 3), np.uint8), np.zeros((2, 3, 3), np.uint8)])
def test_nothing_to_see_is_no_line(frame):
    assert lines_of(frame).ends.shape == (0, 2, 2)


def turning():
    """What a camera sees that turns through its middle look and rolls, and that camera."""
    turns = Rotation.from_euler("yz", [(angle, angle / 2) for angle in range(-8, 9)], degrees=True).as_matrix()
    pixels = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]]) @ STILL.intrinsics
    frames = [cv2.warpPerspective(picture(), pixels @ turn.T @ np.linalg.inv(pixels), (640, 480),
                                  borderMode=cv2.BORDER_REPLICATE) for turn in turns]
    poses = np.tile(np.eye(4), (len(turns), 1, 1))
    poses[:, :3, :3] = turns
    return frames, replace(STILL, motion="moving", path=CameraPath(np.arange(len(turns)), poses))


def test_a_turning_camera_has_the_lines_where_its_middle_look_shows_them():
    frames, camera = turning()
    backdrop = Backdrop()
    for index, frame in enumerate(frames):
        backdrop.update(index, frame, NOBODY)
    lines = backdrop.lines(camera)
    assert (sides(lines) < 1.5).all()
    assert 1.5 < lines.weight.sum() < 4.5  # each edge, seen several times, counts about once


def test_only_people_of_the_same_moment_hide_lines_of_a_turning_camera():
    frames, camera = turning()
    hidden = Backdrop()
    for index, frame in enumerate(frames):
        hidden.update(index, frame, np.array([[0.0, 0, 640, 480]]) if index else NOBODY)
    lines = hidden.lines(camera)
    assert (sides(lines) < 1.5).all()
    assert len(lines.ends) < 5


@pytest.mark.parametrize("camera", [replace(STILL, motion="relative"), replace(STILL, motion=None)])
def test_lines_of_a_camera_whose_motion_is_not_known_say_nothing(camera):
    backdrop = Backdrop()
    backdrop.update(0, picture(), NOBODY)
    assert backdrop.lines(camera) is None


def test_no_picture_has_no_lines():
    assert Backdrop().lines(STILL) is None

"""The vertical from people and the lines behind them, in made-up rooms whose camera is known."""

import numpy as np
import pytest

from vid2pose3d.camera import guess_camera, project
from vid2pose3d.motion import Camera, Lines
from vid2pose3d.place.lines import slope_with_lines

CAMERA = guess_camera(640, 480, focal=600)
PEOPLE = np.diag(1 / np.radians([2.5, 4.5]) ** 2)
"""Information of the slope that people give."""


def seen(starts, ends, camera, turn, rng):
    """Lines between points (M, 3) of the world, y up, in front of a camera 1.5 m up; off by half a pixel."""
    points = [(each - [0, 1.5, 5]) * [1, -1, -1] @ turn.T for each in (starts, ends)]
    pixels = np.stack([project(each, camera.intrinsics) for each in points], axis=1)
    inside = (np.stack(points, axis=1)[..., 2] > 0.3).all(axis=1)
    inside &= ((pixels > 0) & (pixels < (640, 480))).all(axis=(1, 2))
    pixels = pixels[inside] + rng.normal(0, 0.3, (inside.sum(), 2, 2))
    length = np.linalg.norm(pixels[:, 1] - pixels[:, 0], axis=1)
    return Lines(pixels[length > 20], 1 / length[length > 20], np.ones((length > 20).sum()))


def edges(rng, count, directions):
    """Starts and ends (M, 3) of edges along world directions, half a metre to two long, in a room."""
    starts = rng.uniform((-3, 0, -3), (3, 2, 1), (count, 3))
    along = np.array(directions, dtype=float)[rng.integers(0, len(directions), count)]
    return starts, starts + along * rng.uniform(0.5, 2, (count, 1))


def room(rng, turn, camera=CAMERA, *, built=40, other=10):
    """A room with furniture turned by 25 degrees, and some lines that are anything."""
    sine, cosine = np.sin(np.radians(25)), np.cos(np.radians(25))
    parts = [edges(rng, built, [(0, 1, 0), (cosine, 0, sine), (-sine, 0, cosine)]),
             edges(rng, other, rng.normal(0, 0.6, (other, 3)))]
    return seen(*map(np.concatenate, zip(*parts, strict=True)), camera, turn, rng)


def slope_of(up):
    return np.array([up[0], up[2]]) / -up[1]


def off(found, up):
    vector = np.array([found[0], -1, found[1]])
    return np.degrees(np.arccos(np.clip(vector @ up / np.linalg.norm(vector), -1, 1)))


@pytest.fixture
def askew(up_of):
    """The true vertical of a camera, and the slope that people give who lean."""
    def make(pitch, roll, lean=(3.0, -5.0)):
        up = up_of(pitch=pitch, roll=roll)
        return up, slope_of(up) + np.radians(lean)

    return make


@pytest.mark.parametrize(("pitch", "roll"), [(8, 0), (0, 0), (25, 12), (-12, -4)])
def test_a_room_corrects_people_who_lean(turn_of, askew, pitch, roll):
    up, slope = askew(pitch, roll)
    assert off(slope, up) > 4
    errors = [off(slope_with_lines(slope, PEOPLE, room(np.random.default_rng(seed), turn_of(pitch, roll)), CAMERA), up)
              for seed in range(5)]
    assert np.median(errors) < 1.0
    assert max(errors) < 2.0


def test_the_assumed_focal_length_may_be_wrong(turn_of, askew):
    up, slope = askew(20, 5)
    assumed = Camera(np.diag([1.25, 1.25, 1.0]) @ CAMERA.intrinsics, assumed=True)
    assumed.intrinsics[:2, 2] = CAMERA.intrinsics[:2, 2]
    lines = room(np.random.default_rng(0), turn_of(20, 5), built=60)
    assert off(slope_with_lines(slope, PEOPLE, lines, assumed), up) < 1.5


def test_level_lines_that_recede_are_not_taken_for_upright_ones(turn_of, askew):
    """Rails that lead away from the camera look upright in the picture, and are half of all lines."""
    rng, turn = np.random.default_rng(0), turn_of(18, 0)
    up, slope = askew(18, 0)
    x = np.linspace(-0.8, 0.8, 9)
    rails = np.column_stack([x, 0 * x, 0 * x + 1]), np.column_stack([x, 0 * x, 0 * x - 4])
    walls = edges(rng, 24, [(0, 1, 0), (1, 0, 0)])
    lines = seen(*map(np.concatenate, zip(rails, walls, strict=True)), CAMERA, turn, rng)
    assert off(slope_with_lines(slope, PEOPLE, lines, CAMERA), up) < 1.5


@pytest.mark.parametrize("seed", range(5))
def test_lines_of_a_wilderness_say_little(turn_of, askew, seed):
    rng = np.random.default_rng(seed)
    up, slope = askew(10, 0, lean=(0.0, 0.0))
    lines = seen(*edges(rng, 50, rng.normal(0, 0.6, (50, 3))), CAMERA, turn_of(10, 0), rng)
    assert off(slope_with_lines(slope, PEOPLE, lines, CAMERA), up) < 3.0


def test_lines_that_merely_run_alike_say_nothing(askew):
    """Grass in the wind: all the same way in the picture, towards no point."""
    rng = np.random.default_rng(0)
    up, slope = askew(10, 0, lean=(0.0, 0.0))
    middle, tip = rng.uniform((50, 50), (590, 430), (40, 2)), np.array([4.0, 30.0])
    tip = tip + rng.normal(0, 3, (40, 2))
    lines = Lines(np.stack([middle - tip, middle + tip], axis=1), np.full(40, 0.02), np.ones(40))
    assert off(slope_with_lines(slope, PEOPLE, lines, CAMERA), up) < 2.0


@pytest.mark.parametrize("count", [0, 1])
def test_one_line_is_none(count):
    lines = Lines(np.tile([[[300.0, 100], [300, 300]]], (count, 1, 1)), np.full(count, 0.01), np.ones(count))
    assert slope_with_lines(np.array([0.1, 0.2]), PEOPLE, lines, CAMERA) == pytest.approx([0.1, 0.2])

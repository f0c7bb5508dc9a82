"""Geometry of turned square regions, against closed forms."""

import numpy as np
import pytest

from vid2pose3d.detect.blazepose.regions import Pyramid, Region, gap, region_from_points, square


@pytest.fixture
def picture() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    "edge, degrees", [((100, 150), 0), ((150, 200), 90), ((100, 250), 180), ((50, 200), -90)])
def test_region_of_a_turned_body(edge, degrees):
    region = region_from_points(np.array([100, 200]), np.array(edge))
    assert region.centre == pytest.approx([100, 200])
    assert region.side == pytest.approx(2 * 1.25 * 50)
    assert np.degrees(region.angle) == pytest.approx(degrees)


def test_the_top_of_a_region_is_where_the_body_points():
    region = region_from_points(np.array([100, 200]), np.array([150, 200]))
    assert region.to_picture(np.array([0.5, 0.0])) == pytest.approx([162.5, 200])
    assert region.to_picture(np.array([0.0, 0.5])) == pytest.approx([100, 137.5])


def test_to_unit_undoes_to_picture():
    region = Region(np.array([31.0, -7.0]), 12.5, 0.7)
    points = np.random.default_rng(1).uniform(-1, 2, (20, 2))
    assert region.to_unit(region.to_picture(points)) == pytest.approx(points)


def test_crop_of_the_whole_picture_is_the_picture(picture):
    assert np.array_equal(Pyramid(picture).crop(square(np.array([32, 32]), 64), 64), picture)


def test_crop_of_a_part_is_that_part(picture):
    crop = Pyramid(picture).crop(square(np.array([20, 30]), 16), 16)
    assert np.array_equal(crop, picture[22:38, 12:28])


def test_crop_turns_the_body_upright(picture):
    lying = Region(np.array([32.0, 32.0]), 64, np.pi / 2)
    assert np.array_equal(Pyramid(picture).crop(lying, 64), np.rot90(picture))


def test_crop_is_black_outside_the_picture(picture):
    crop = Pyramid(picture + 1).crop(square(np.array([0, 32]), 64), 64)
    assert not crop[:, :31].any()
    assert np.array_equal(crop[:, 32:], picture[:, :32] + 1)


def test_large_crops_average_instead_of_picking_pixels():
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[:, ::2] = 200
    crop = Pyramid(stripes).crop(square(np.array([128, 128]), 256), 64)
    assert crop[4:-4, 4:-4].min() == crop[4:-4, 4:-4].max() == 100


def test_gap_counts_distance_and_size():
    a = square(np.array([0, 0]), 100)
    assert gap(a, a) == 0
    assert gap(a, square(np.array([30, 40]), 200)) == pytest.approx(0.5 + 0.5 * np.log(2))

"""Refinement of points by their heat maps."""

import numpy as np
import pytest

from vid2pose3d.detect.blazepose.landmarks import refine


def _heat(row: int, column: int, *, logit: float = 8.0) -> np.ndarray:
    heat = np.full((64, 64, 1), -30.0)
    heat[row, column] = logit
    return heat


def test_point_moves_to_the_peak_beside_it():
    moved = refine(np.array([[30.2 / 64, 20.7 / 64]]), _heat(row=22, column=31))
    assert moved[0] == pytest.approx([31 / 64, 22 / 64], abs=1e-4)


def test_two_equal_peaks_pull_to_their_middle():
    heat = _heat(row=20, column=30)
    heat[20, 32] = 8.0
    assert refine(np.array([[31.5 / 64, 20.5 / 64]]), heat)[0] == pytest.approx([31 / 64, 20 / 64], abs=1e-4)


def test_point_stays_without_a_clear_peak():
    points = np.array([[30.2 / 64, 20.7 / 64]])
    assert refine(points, _heat(row=20, column=30, logit=-1.0)) == pytest.approx(points)


def test_peak_outside_the_window_does_not_count():
    points = np.array([[30.2 / 64, 20.7 / 64]])
    assert refine(points, _heat(row=20, column=34)) == pytest.approx(points)


def test_point_outside_the_region_stays():
    points = np.array([[1.2, -0.3]])
    assert refine(points, _heat(row=0, column=63)) == pytest.approx(points)


def test_window_is_cut_off_at_the_border():
    moved = refine(np.array([[0.01, 0.01]]), _heat(row=1, column=2))
    assert moved[0] == pytest.approx([2 / 64, 1 / 64], abs=1e-4)

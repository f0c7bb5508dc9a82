"""Anchors, decoding, suppression and views of the person network, against closed forms."""

import numpy as np
import pytest

from vid2pose3d.detect.blazepose.persons import anchor_centres, box_iou, decode, views, weighted_nms


def test_anchors_are_those_of_the_published_network():
    anchors = anchor_centres()
    assert anchors.shape == (2254, 2)
    assert anchors[0] == pytest.approx([0.5 / 28, 0.5 / 28])
    assert anchors[1] == pytest.approx([0.5 / 28, 0.5 / 28])
    assert anchors[2] == pytest.approx([1.5 / 28, 0.5 / 28])
    assert anchors[2 * 28] == pytest.approx([0.5 / 28, 1.5 / 28])
    assert anchors[2 * 28 * 28] == pytest.approx([0.5 / 14, 0.5 / 14])
    assert anchors[2 * 28 * 28 + 2 * 14 * 14 + 5] == pytest.approx([0.5 / 7, 0.5 / 7])
    assert anchors[-1] == pytest.approx([6.5 / 7, 6.5 / 7])


def test_decoding_adds_pixel_offsets_to_the_anchor():
    anchors = np.array([[0.25, 0.5], [0.5, 0.5]])
    raw = np.zeros((2, 12))
    raw[0] = [22.4, -11.2, 44.8, 89.6, 0, 22.4, 22.4, 0, 0, 0, 0, 0]
    found = decode(raw, np.array([0.0, -5.0]), anchors, threshold=0.4)
    assert found.shape == (1, 13)
    assert found[0, 0] == pytest.approx(0.5)
    assert found[0, 1:5] == pytest.approx([0.35 - 0.1, 0.45 - 0.2, 0.35 + 0.1, 0.45 + 0.2])
    assert found[0, 5:9] == pytest.approx([0.25, 0.6, 0.35, 0.5])


def test_suppression_averages_overlapping_detections_by_score():
    best, near, far = np.zeros(13), np.zeros(13), np.zeros(13)
    best[:5], near[:5], far[:5] = [0.9, 0, 0, 1, 1], [0.6, 0, 0, 1, 0.9], [0.5, 2, 2, 3, 3]
    best[5:], near[5:], far[5:] = 0, 3, 1
    kept = weighted_nms(np.array([far, near, best]))
    assert kept[:, 0] == pytest.approx([0.9, 0.5])
    assert kept[0, 4] == pytest.approx((0.9 * 1 + 0.6 * 0.9) / 1.5)
    assert kept[0, 5:] == pytest.approx(1.2)
    assert kept[1] == pytest.approx(far)


def test_suppression_of_nothing_is_nothing():
    assert weighted_nms(np.zeros((0, 13))).shape == (0, 13)


def test_box_iou():
    boxes = np.array([[0, 0, 2, 2], [1, 0, 3, 2], [2, 2, 3, 3], [0, 0, 1, 1]], float)
    assert box_iou(boxes[0], boxes) == pytest.approx([1, 1 / 3, 0, 1 / 4])


@pytest.mark.parametrize("width, height", [(640, 480), (1080, 1920), (340, 256), (100, 1000)])
@pytest.mark.parametrize("level", [1, 2, 3, 4])
def test_views_cover_the_picture_with_overlap(width, height, level):
    found = views(width, height, level)
    x, y = np.meshgrid(np.arange(0.5, width), np.arange(0.5, height))
    points = np.stack([x.ravel(), y.ravel()], axis=-1)[::7]
    inside = [(np.abs(view.to_unit(points) - 0.5) <= 0.5).all(axis=1) for view in found]
    assert np.any(inside, axis=0).all()
    longer = max(width, height)
    assert found[0].side == pytest.approx(longer if level == 1 else longer / level * 1.25)
    for a, b in zip(found, found[1:], strict=False):
        if a.centre[1] == b.centre[1]:
            assert b.centre[0] - a.centre[0] <= 0.8 * a.side + 1e-6

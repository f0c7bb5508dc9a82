"""The stand-ins for mmcv's compiled operators, against closed forms and cases by hand."""

import numpy as np
import pytest
import torch

from vid2pose3d.detect.mmpose import extension
from vid2pose3d.errors import InputError


def keep(boxes: list[list[float]], scores: list[float], threshold: float, offset: int = 0) -> list[int]:
    return extension.nms(torch.tensor(boxes), torch.tensor(scores), iou_threshold=threshold, offset=offset).tolist()


def test_overlapping_box_of_lower_score_goes() -> None:
    # 10 x 10 boxes moved by 5 overlap by 50 / 150.
    boxes = [[0.0, 0.0, 10.0, 10.0], [5.0, 0.0, 15.0, 10.0], [20.0, 0.0, 30.0, 10.0]]
    assert keep(boxes, [0.5, 0.9, 0.7], 0.3) == [1, 2]
    assert keep(boxes, [0.5, 0.9, 0.7], 0.34) == [1, 2, 0]


def test_what_a_dropped_box_overlaps_is_kept() -> None:
    boxes = [[0.0, 0.0, 10.0, 10.0], [4.0, 0.0, 14.0, 10.0], [8.0, 0.0, 18.0, 10.0]]
    assert keep(boxes, [0.9, 0.8, 0.7], 0.3) == [0, 2]


def test_offset_counts_the_last_pixel() -> None:
    # Sides 9 and 10 (common 4 and 5 wide): 4 / 14 against 5 / 15.
    boxes = [[0.0, 0.0, 9.0, 9.0], [5.0, 0.0, 14.0, 9.0]]
    assert keep(boxes, [0.9, 0.8], 0.3) == [0, 1]
    assert keep(boxes, [0.9, 0.8], 0.3, offset=1) == [0]


def test_no_boxes() -> None:
    assert extension.nms(torch.zeros(0, 4), torch.zeros(0), iou_threshold=0.5, offset=0).shape == (0,)


def align(features: torch.Tensor, rois: list[list[float]], size: tuple[int, int], *, scale: float = 1.0,
          ratio: int = 2, aligned: bool = True) -> np.ndarray:
    output = torch.full((len(rois), features.shape[1], *size), torch.nan)
    extension.roi_align_forward(
        features, torch.tensor(rois), output, torch.zeros(0), torch.zeros(0), aligned_height=size[0],
        aligned_width=size[1], spatial_scale=scale, sampling_ratio=ratio, pool_mode=1, aligned=aligned,
    )
    return output.numpy()


def ramp(height: int, width: int) -> torch.Tensor:
    """(2, 2, height, width): 3 x + 10 y, and in the second channel that + 1; the second picture is twice the first."""
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    plain = (3 * columns + 10 * rows).float()
    return torch.stack([torch.stack([plain, plain + 1]), 2 * torch.stack([plain, plain + 1])])


@pytest.mark.parametrize("ratio", [0, 1, 2, 3])
@pytest.mark.parametrize(("aligned", "shift"), [(True, 0.5), (False, 0.0)])
def test_mean_of_a_ramp_is_its_value_in_the_middle_of_the_cell(ratio: int, aligned: bool, shift: float) -> None:
    rois = [[0.0, 8.0, 12.0, 36.0, 30.0], [1.0, 5.5, 7.25, 50.0, 40.0]]
    found = align(ramp(24, 30), rois, (3, 7), scale=0.5, ratio=ratio, aligned=aligned)
    for number, (picture, x0, y0, x1, y1) in enumerate(rois):
        x = x0 / 2 - shift + (np.arange(7) + 0.5) * (x1 - x0) / 2 / 7
        y = y0 / 2 - shift + (np.arange(3) + 0.5) * (y1 - y0) / 2 / 3
        expected = (3 * x + 10 * y[:, None]) * (picture + 1)
        np.testing.assert_allclose(found[number, 0], expected, rtol=1e-5)
        np.testing.assert_allclose(found[number, 1], expected + picture + 1, rtol=1e-5)


def test_outside_counts_as_zero() -> None:
    # Samples at -3, -1, 1, 3, ... of ones: the first is more than a feature outside, the next just not.
    found = align(torch.ones(1, 1, 8, 8), [[0.0, -3.5, 0.5, 4.5, 8.5]], (4, 4), ratio=1)
    np.testing.assert_allclose(found[0, 0], np.tile([0.0, 1.0, 1.0, 1.0], (4, 1)))


def test_between_two_features_is_their_mean() -> None:
    features = torch.tensor([[[[0.0, 10.0, 30.0], [0.0, 10.0, 30.0]]]])
    found = align(features, [[0.0, 1.0, 0.0, 3.0, 2.0]], (1, 2), ratio=1)
    # The middles of the cells are 1.0 - 0.5 + 0.5 and 1.0 - 0.5 + 1.5.
    np.testing.assert_allclose(found[0, 0], [[10.0, 30.0]])
    np.testing.assert_allclose(align(features, [[0.0, 0.5, 0.0, 1.5, 2.0]], (1, 1), ratio=1)[0, 0], [[5.0]])


def test_other_operators_fail_when_they_are_called() -> None:
    module = extension._Extension()
    operator = module.deform_conv_forward
    with pytest.raises(InputError, match="deform_conv_forward, which mmcv-lite lacks; install the full mmcv 2.1.0"):
        operator(1, 2, groups=3)
    assert not hasattr(module, "__path__")

"""Joints from heat maps and SimCC against positions set by hand."""

from pathlib import Path

import numpy as np
import pytest

onnx_networks = pytest.importorskip("onnx_networks")

from vid2pose3d.detect.onnx.network import Network  # noqa: E402
from vid2pose3d.detect.onnx.poses import PoseNetwork, heatmap_peaks, simcc_peaks  # noqa: E402
from vid2pose3d.errors import InputError  # noqa: E402

SIZE = (48, 64)


def poses(path: Path) -> PoseNetwork:
    return PoseNetwork(Network(path, option="--detector-weights", device="cpu", threads=1))


def test_peak_of_a_heatmap_is_its_cell() -> None:
    maps = np.zeros((2, 3, 8, 6), np.float32)
    maps[1, 2, 5, 4] = 0.75
    cells, scores = heatmap_peaks(maps)
    np.testing.assert_array_equal(cells[1, 2], [4, 5])
    assert scores[1, 2] == 0.75
    assert scores[0, 0] == 0.0


def test_peak_moves_a_quarter_towards_the_higher_neighbour() -> None:
    maps = np.zeros((1, 1, 8, 6), np.float32)
    maps[0, 0, 5, 3] = 1.0
    maps[0, 0, 5, 2], maps[0, 0, 5, 4] = 0.2, 0.5
    maps[0, 0, 4, 3], maps[0, 0, 6, 3] = 0.5, 0.2
    cells, _ = heatmap_peaks(maps)
    np.testing.assert_array_equal(cells[0, 0], [3.25, 4.75])


def test_peak_at_the_border_stays() -> None:
    maps = np.zeros((1, 2, 8, 6), np.float32)
    maps[0, 0, 0, 0], maps[0, 0, 0, 1], maps[0, 0, 1, 0] = 1.0, 0.5, 0.5
    maps[0, 1, 7, 5], maps[0, 1, 7, 4], maps[0, 1, 6, 5] = 1.0, 0.5, 0.5
    cells, _ = heatmap_peaks(maps)
    np.testing.assert_array_equal(cells[0], [[0, 0], [5, 7]])


def test_simcc_has_the_bins_of_the_maxima_and_the_lower_score() -> None:
    x, y = np.zeros((1, 2, 20), np.float32), np.zeros((1, 2, 30), np.float32)
    x[0, 1, 7], y[0, 1, 23] = 0.9, 0.4
    bins, scores = simcc_peaks(x, y)
    np.testing.assert_array_equal(bins[0, 1], [7, 23])
    assert scores[0, 1] == np.float32(0.4)


def dot(x: int, y: int, *, radius: int = 4, size: tuple[int, int] = (200, 160)) -> np.ndarray:
    """A black picture (height, width, 3) with a white square around a point."""
    image = np.zeros((size[1], size[0], 3), np.uint8)
    image[y - radius:y + radius + 1, x - radius:x + radius + 1] = 255
    return image


@pytest.mark.parametrize("layout", ["heatmaps", "simcc", "swapped"])
def test_bright_spot_comes_back_at_its_pixel(tmp_path: Path, layout: str) -> None:
    path = tmp_path / "pose.onnx"
    if layout == "heatmaps":
        onnx_networks.bright_heatmaps(path, size=SIZE)
    else:
        onnx_networks.bright_simcc(path, size=SIZE, swapped=layout == "swapped")
    network = poses(path)
    # The box is 80 x 96; with its margin, and in the shape of the network's picture, 120 x 120 x 3 / 4 = 90 wide is
    # too narrow for 100, so the region is 100 wide and 133.3 high: 2.083 pixels of the picture to one of the network.
    crop, back = network.crop(dot(100, 70), np.array([50.0, 20.0, 130.0, 116.0]))
    np.testing.assert_allclose(back, [[100 / 48, 0, 40], [0, 100 / 48, 68 - 200 / 3]])
    cells, _ = network.find(crop[None])
    point = back[:, :2] @ cells[0, 5] + back[:, 2]
    # A cell of the map is four pixels of the network; SimCC gives the first bright pixel.
    np.testing.assert_allclose(point, [100, 70], atol=9 if layout == "heatmaps" else 5)


def test_step_of_a_heatmap_is_the_ratio_of_the_sizes(tmp_path: Path) -> None:
    cells = np.stack([np.arange(17) % 12, np.arange(17) % 16], axis=-1)
    network = poses(onnx_networks.fixed_heatmaps(tmp_path / "pose.onnx", cells, size=SIZE))
    found, scores = network.find(np.zeros((2, 3, SIZE[1], SIZE[0]), np.float32))
    np.testing.assert_array_equal(found, np.stack([cells * 4.0] * 2))
    np.testing.assert_allclose(scores, 0.9)


def test_network_sees_normalised_red_green_blue(tmp_path: Path) -> None:
    network = poses(onnx_networks.bright_heatmaps(tmp_path / "pose.onnx", size=SIZE))
    image = np.full((100, 100, 3), (255, 116, 0), np.uint8)
    crop, _ = network.crop(image, np.array([30.0, 30.0, 60.0, 60.0]))
    np.testing.assert_allclose(crop[:, 32, 24], [131.325 / 58.395, -0.28 / 57.12, -103.53 / 57.375], rtol=1e-5)


def test_one_picture_at_a_time_where_the_file_says_so(tmp_path: Path) -> None:
    crops = np.zeros((3, 3, SIZE[1], SIZE[0]), np.float32)
    for number, column in enumerate((4, 20, 36)):
        crops[number, :, 24:28, column:column + 4] = 1.0
    found = [poses(onnx_networks.bright_heatmaps(tmp_path / f"{batch}.onnx", size=SIZE, batch=batch)).find(crops)[0]
             for batch in (1, 2, "batch")]
    np.testing.assert_array_equal(found[0][:, 0], [[4, 24], [20, 24], [36, 24]])
    np.testing.assert_array_equal(found[1], found[0])
    np.testing.assert_array_equal(found[2], found[0])


def test_unknown_number_of_joints(tmp_path: Path) -> None:
    network = poses(onnx_networks.bright_heatmaps(tmp_path / "pose.onnx", size=SIZE, joints=21))
    with pytest.raises(InputError, match=r"pose.onnx: finds 21 joints, and only sets of 17 \(COCO\)"):
        network.find(np.zeros((1, 3, SIZE[1], SIZE[0]), np.float32))


def test_person_network_in_place_of_a_pose_network(tmp_path: Path) -> None:
    path = onnx_networks.fixed_boxes(tmp_path / "det.onnx", np.ones((1, 5)), size=SIZE)
    with pytest.raises(InputError, match=r"det.onnx: gives dets \(1, 1, 5\), neither heat maps nor SimCC"):
        poses(path).find(np.zeros((1, 3, SIZE[1], SIZE[0]), np.float32))


def test_size_must_be_known(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not say the size of its picture"):
        poses(onnx_networks.bright_heatmaps(tmp_path / "pose.onnx", size=("width", "height")))

"""People's boxes in the layouts of RTMDet's and YOLOX's files, against hand-made tables."""

from pathlib import Path

import numpy as np
import pytest

onnx_networks = pytest.importorskip("onnx_networks")

from vid2pose3d.detect.onnx.network import Network  # noqa: E402
from vid2pose3d.detect.onnx.persons import PersonNetwork  # noqa: E402
from vid2pose3d.errors import InputError  # noqa: E402

SIZE = (64, 32)
CELLS = 8 * 4 + 4 * 2 + 2 * 1


def persons(path: Path, kind: str | None = None) -> PersonNetwork:
    return PersonNetwork(Network(path, option="--person-detector-weights", device="cpu", threads=1), kind)


def picture(width: int, height: int, colour: tuple[int, int, int] = (0, 0, 0)) -> np.ndarray:
    return np.full((height, width, 3), colour, np.uint8)


def test_boxes_come_back_in_pixels_of_the_picture(tmp_path: Path) -> None:
    table = np.array([[4, 2, 20, 30, 0.9], [40, 4, 60, 28, 0.8]])
    network = persons(onnx_networks.fixed_boxes(tmp_path / "det.onnx", table, size=SIZE, labels=[0, 0]))
    # 200 x 160 goes into 64 x 32 at a scale of 0.2, 160 x 64 at 0.4.
    (found,) = network.find([picture(200, 160)])
    np.testing.assert_allclose(found.xyxy, [[20, 10, 100, 150], [200, 20, 200, 140]][:1], atol=1e-4)
    first, second = network.find([picture(160, 64)] * 2)
    np.testing.assert_allclose(first.xyxy, [[10, 5, 50, 64], [100, 10, 150, 64]], atol=1e-4)
    np.testing.assert_allclose(second.xyxy, first.xyxy)
    np.testing.assert_allclose(first.scores, [0.9, 0.8], rtol=1e-6)


def test_only_sure_people_are_kept(tmp_path: Path) -> None:
    table = np.array([[0, 0, 10, 10, 0.9], [0, 0, 20, 20, 0.9], [0, 0, 30, 30, 0.2], [5, 5, 5, 9, 0.9]])
    network = persons(onnx_networks.fixed_boxes(tmp_path / "det.onnx", table, size=SIZE, labels=[2, 0, 0, 0]))
    (found,) = network.find([picture(64, 32)])
    np.testing.assert_allclose(found.xyxy, [[0, 0, 20, 20]])


def test_file_of_people_only_has_no_classes(tmp_path: Path) -> None:
    network = persons(onnx_networks.fixed_boxes(tmp_path / "d.onnx", np.array([[0, 0, 9, 9, 0.9]]), size=SIZE))
    assert len(network.find([picture(64, 32)])[0].scores) == 1


def yolox_table(rows: dict[int, list[float]], *, classes: int = 2) -> np.ndarray:
    """(cells, 5 + classes); all but `rows` have no objectness."""
    table = np.zeros((CELLS, 5 + classes))
    for cell, row in rows.items():
        table[cell] = row
    return table


def test_yolox_grids(tmp_path: Path) -> None:
    table = yolox_table({
        # Cell 10 is column 2, row 1 of stride 8: centre (2 + 0.5, 1 + 0.25) x 8, sides 8 e^0.5 and 8.
        10: [0.5, 0.25, 0.5, 0.0, 0.9, 1.0, 0.1],
        # Cell 32 + 5 is column 1, row 1 of stride 16: centre (1.5, 1.5) x 16, sides 16.
        37: [0.5, 0.5, 0.0, 0.0, 0.8, 0.9, 0.1],
        # Cell 41 is column 1 of stride 32, but no person.
        41: [0.0, 0.0, 0.0, 0.0, 0.9, 0.1, 1.0],
        # Unsure: 0.5 x 0.5 < 0.3.
        3: [0.0, 0.0, 0.0, 0.0, 0.5, 0.5, 0.0],
    })
    path = onnx_networks.fixed_boxes(tmp_path / "det.onnx", table, size=SIZE, kind="yolox", name="output")
    (found,) = persons(path).find([picture(64, 32)])
    half = 4 * np.exp(0.5)
    np.testing.assert_allclose(found.xyxy, [[20 - half, 6, 20 + half, 14], [16, 16, 32, 32]], rtol=1e-5)
    np.testing.assert_allclose(found.scores, [0.9, 0.72], rtol=1e-5)


def test_yolox_overlaps_are_one_person(tmp_path: Path) -> None:
    # Boxes 16 x 16 at x = 8, 11 and 16: overlaps 13/19 = .68 (dropped) and 8/24 = .33 (kept).
    rows = {33: [0.0, 0.5, 0.0, 0.0, 0.9, 1.0, 0.0], 34: [-0.8125, 0.5, 0.0, 0.0, 0.8, 1.0, 0.0],
            35: [-1.5, 0.5, 0.0, 0.0, 0.7, 1.0, 0.0]}
    path = onnx_networks.fixed_boxes(tmp_path / "det.onnx", yolox_table(rows), size=SIZE, kind="yolox")
    (found,) = persons(path).find([picture(64, 32)])
    np.testing.assert_allclose(found.xyxy[:, 0], [8, 16], atol=1e-4)


def test_decoded_yolox_is_refused(tmp_path: Path) -> None:
    table = yolox_table({10: [20.0, 10.0, 13.0, 8.0, 0.9, 1.0, 0.0]})
    path = onnx_networks.fixed_boxes(tmp_path / "det.onnx", table, size=SIZE, kind="yolox")
    with pytest.raises(InputError, match="impossible size; export it without --decode_in_inference"):
        persons(path).find([picture(64, 32)])


@pytest.mark.parametrize(("kind", "channels"), [
    ("yolox", [50.0, 70.0, 200.0]),
    ("rtmdet", [(50 - 103.53) / 57.375, (70 - 116.28) / 57.12, (200 - 123.675) / 58.395]),
])
def test_network_sees_blue_green_red_as_it_was_trained(tmp_path: Path, kind: str, channels: list[float]) -> None:
    scale = 0.1 if kind == "yolox" else 20.0
    path = onnx_networks.colour_box(tmp_path / "det.onnx", size=SIZE, scale=scale)
    (found,) = persons(path, kind).find([picture(64, 32, (200, 70, 50))])
    blue, green, red = (value * scale for value in channels)
    np.testing.assert_allclose(found.xyxy[0], np.clip([blue, green, red, 2 * red], 0, [64, 32, 64, 32]), atol=1e-2)


def test_what_the_picture_does_not_cover_is_grey(tmp_path: Path) -> None:
    path = onnx_networks.colour_box(tmp_path / "det.onnx", size=(32, 32), scale=0.1)
    (found,) = persons(path, "yolox").find([picture(32, 16, (200, 40, 20))])
    means = (114 + np.array([20, 40, 200])) / 2
    np.testing.assert_allclose(found.xyxy[0, :3], means / 10, atol=1e-2)


def test_kind_is_seen_in_the_file_or_asked_for(tmp_path: Path) -> None:
    path = onnx_networks.fixed_boxes(tmp_path / "det.onnx", np.ones((1, 5)), size=SIZE, kind="other")
    with pytest.raises(InputError, match="--person-detector rtmdet or yolox"):
        persons(path)
    assert persons(path, "yolox")
    with pytest.raises(InputError, match="--person-detector detr: with --detector onnx it must be rtmdet or yolox"):
        persons(path, "detr")


def test_pose_network_in_place_of_a_person_network(tmp_path: Path) -> None:
    path = onnx_networks.bright_heatmaps(tmp_path / "pose.onnx", size=SIZE)
    with pytest.raises(InputError, match="pose.onnx: gives heatmaps .* neither boxes"):
        persons(path).find([picture(64, 32)])

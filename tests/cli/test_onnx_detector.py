"""`run --detector onnx` through to JSON and BVH, with networks that always find the same."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

onnx_networks = pytest.importorskip("onnx_networks")

from vid2pose3d.skeleton import COCO17, H36M17  # noqa: E402

SIZE = (192, 256)
BOX = np.array([[240.0, 60.0, 400.0, 420.0, 0.9]])
CELLS = {
    "nose": (24, 9), "eye": (1, 8), "ear": (2, 9), "shoulder": (5, 16), "elbow": (7, 25), "wrist": (7, 33),
    "hip": (3, 34), "knee": (3, 46), "ankle": (3, 57),
}
"""Column (of the left side: distance from the middle, 24) and row of each joint in the 48 x 64 map."""


def standing() -> np.ndarray:
    """(17, 2) columns and rows of a person who stands and faces the camera."""
    def cell(joint: str) -> tuple[int, int]:
        side, _, name = joint.rpartition("_")
        column, row = CELLS[name]
        return {"": column, "left": 24 + column, "right": 24 - column}[side], row

    return np.array([cell(joint) for joint in COCO17.joints])


def test_run_with_two_files(command: Callable[..., Any], walk: Path, tmp_path: Path) -> None:
    poses = onnx_networks.fixed_heatmaps(tmp_path / "pose.onnx", standing(), size=SIZE)
    people = onnx_networks.fixed_boxes(tmp_path / "det.onnx", BOX, size=(640, 480), labels=[0])
    done = command("run", walk, "--detector", "onnx", "--detector-weights", poses, "--person-detector-weights", people,
                   "--hypotheses", 1, "--device", "cpu", "-o", tmp_path / "out")
    assert done.code == 0, done.err
    result = json.loads((tmp_path / "out" / "walk.json").read_text())
    assert result["settings"]["detector"] == "onnx"
    assert result["settings"]["detector_weights"] == str(poses)
    (person,) = result["people"]
    assert person["frames"] == list(range(15))
    # The region is the box with its margin in the shape 192 x 256: 337.5 x 450 around (320, 240).
    step = 450 / 64
    pixels = np.array([320 - 337.5 / 2, 240 - 225]) + standing() * step
    joints = H36M17.indices(("left_wrist", "right_ankle"))
    expected = pixels[COCO17.indices(("left_wrist", "right_ankle"))]
    seen = np.array(person["keypoints_2d"])[:, joints]
    np.testing.assert_allclose(seen[..., :2], np.tile(expected, (15, 1, 1)), atol=0.1)
    np.testing.assert_allclose(seen[..., 2], 0.9, atol=0.01)
    assert "Frames: 15" in (tmp_path / "out" / "walk_person01.bvh").read_text()


def test_options_without_their_detector(command: Callable[..., Any], walk: Path, tmp_path: Path) -> None:
    done = command("run", walk, "--detector-weights", tmp_path / "pose.onnx", "-o", tmp_path / "out")
    assert done.code == 2
    assert "--detector-weights" in done.error
    assert "choose another --detector" in done.error


def test_options_beside_keypoints(command: Callable[..., Any], walk: Path, tmp_path: Path) -> None:
    done = command("run", walk, "--from", tmp_path / "k.json", "--person-detector", "yolox", "-o", tmp_path / "out")
    assert done.code == 2
    assert "--person-detector cannot be combined with --from" in done.error


def test_detect_with_one_file_missing(command: Callable[..., Any], walk: Path, tmp_path: Path) -> None:
    done = command("detect", walk, "--detector", "onnx", "--detector-weights", "pose.onnx", "-o", tmp_path / "out")
    assert done.code == 2
    assert "--person-detector-weights" in done.error
    assert not (tmp_path / "out").exists()

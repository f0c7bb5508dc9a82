"""CSV tables and NumPy archives, read back."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from vid2pose3d.export.tables import write_csv, write_npz
from vid2pose3d.motion import Camera, Clip, Recording
from vid2pose3d.skeleton import H36M17


@pytest.fixture
def motion(pose, motion_of):
    made = motion_of(pose() + np.linspace(0, 1, 6)[:, None, None], frames=np.array([3, 4, 5, 9, 10, 11]))
    made.joints_world[2, H36M17.index("left_wrist")] = np.nan
    return replace(made, uncertainty=np.random.default_rng(0).uniform(0, 0.2, (6, 17)))


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def column(table, name):
    return np.array([float(row[name]) if row[name] else np.nan for row in table])


def test_csv_has_a_row_for_each_frame_and_columns_for_each_joint(tmp_path, motion):
    write_csv(tmp_path / "a.csv", motion)
    table = rows(tmp_path / "a.csv")
    assert list(table[0])[:7] == ["frame", "time", "pelvis_x", "pelvis_y", "pelvis_z", "pelvis_confidence",
                                  "pelvis_uncertainty"]
    assert len(table[0]) == 2 + 17 * 5
    assert [int(row["frame"]) for row in table] == [3, 4, 5, 9, 10, 11]
    np.testing.assert_allclose(column(table, "time"), motion.person.times, atol=5.1e-7)
    for index, joint in enumerate(H36M17.joints):
        for number, axis in enumerate("xyz"):
            np.testing.assert_allclose(column(table, f"{joint}_{axis}"), motion.joints_world[:, index, number],
                                       atol=5.1e-5)
        np.testing.assert_allclose(column(table, f"{joint}_confidence"), motion.confidence[:, index], atol=5.1e-4)
        np.testing.assert_allclose(column(table, f"{joint}_uncertainty"), motion.uncertainty[:, index], atol=5.1e-5)
    assert table[2]["left_wrist_x"] == ""


def test_csv_without_uncertainty_has_no_column_for_it(tmp_path, motion):
    write_csv(tmp_path / "a.csv", replace(motion, uncertainty=None))
    assert len(rows(tmp_path / "a.csv")[0]) == 2 + 17 * 4


def test_npz_holds_the_arrays_of_the_result(tmp_path, motion):
    world = np.diag([1.0, -1, -1, 1])
    camera = Camera(np.array([[700.0, 0, 320], [0, 700, 240], [0, 0, 1]]), True, world)
    recording = Recording(Clip(Path("a.mp4"), 640, 480, 29.97, 12, 0.4, 0), None, {}, camera, [motion], {})
    write_npz(tmp_path / "a.npz", recording, motion)
    with np.load(tmp_path / "a.npz", allow_pickle=False) as stored:
        found = dict(stored)
    for name in ("joints_world", "joints_camera", "confidence", "uncertainty"):
        np.testing.assert_array_equal(found[name], getattr(motion, name))
    for name in ("frames", "times", "bbox", "interpolated"):
        np.testing.assert_array_equal(found[name], getattr(motion.person, name))
    np.testing.assert_array_equal(found["keypoints_2d"][..., :2], motion.person.xy)
    np.testing.assert_array_equal(found["keypoints_2d"][..., 2], motion.person.confidence)
    assert tuple(found["joints"]) == H36M17.joints
    assert tuple(found["parents"]) == H36M17.parents
    assert (found["fps"], found["id"]) == (29.97, 1)
    np.testing.assert_array_equal(found["K"], camera.intrinsics)
    np.testing.assert_array_equal(found["world_from_camera"], world)
    write_npz(tmp_path / "b.npz", recording, replace(motion, uncertainty=None))
    with np.load(tmp_path / "b.npz") as stored:
        assert "uncertainty" not in stored.files
        assert set(found) - set(stored.files) == {"uncertainty"}

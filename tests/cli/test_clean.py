"""The clean-up's options."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vid2pose3d.skeleton import H36M17, joint_set

Command = Callable[..., Any]


@pytest.fixture
def keypoints(command: Command, walk: Path, tmp_path: Path) -> Path:
    assert command("detect", walk, "-o", tmp_path).code == 0
    return tmp_path / "walk_keypoints.json"


def test_levels_and_single_steps_are_done_and_recorded(command: Command, keypoints: Path, tmp_path: Path) -> None:
    spread = {}
    for name, options in {"off": ["--clean", "off"], "bones": ["--clean", "off", "--bones"], "full": [],
                          "loose": ["--no-feet", "--no-floor", "--cutoff", 3]}.items():
        assert command("run", "--from", keypoints, "-o", tmp_path / name, "--hypotheses", 1, *options).code == 0
        result = json.loads((tmp_path / name / "walk_keypoints.json").read_text())
        joints = np.array(result["people"][0]["joints_world"])
        spread[name] = np.std(np.linalg.norm(joints[:, 3] - joints[:, 2], axis=-1))
        used = result["settings"]
        steps = [step for step in ("sides", "repair", "smooth", "bones", "limits", "feet", "floor") if used[step]]
        assert steps == {"off": [], "bones": ["bones"], "loose": ["sides", "repair", "smooth", "bones", "limits"]}.get(
            name, ["sides", "repair", "smooth", "bones", "limits", "feet", "floor"])
        assert used["cutoff"] == (3 if name == "loose" else 2)
    assert spread["off"] > 0.002
    assert max(spread["bones"], spread["full"], spread["loose"]) < 1e-4


def test_exchanged_sides_are_put_right_and_said(command: Command, keypoints: Path, tmp_path: Path) -> None:
    document = json.loads(keypoints.read_text())
    person = document["people"][0]
    detected = np.array(person["keypoints_2d"])
    exchanged = detected.copy()
    exchanged[8:] = exchanged[8:, joint_set(person["joint_set"]).mirror]
    exchanged[9] = detected[9]
    person["keypoints_2d"] = exchanged.tolist()
    spoilt = tmp_path / "spoilt.json"
    spoilt.write_text(json.dumps(document))
    poses = {}
    for name, source, options in (("detected", keypoints, []), ("right", spoilt, []), ("raw", spoilt, ["--no-sides"])):
        done = command("run", "--from", source, "-o", tmp_path / name, "--hypotheses", 1, *options)
        said = "person 1: left and right were exchanged in 6 frames of 2 stretches" in done.err
        assert said == (name == "right"), done.err
        result = json.loads((tmp_path / name / f"{source.stem}.json").read_text())
        poses[name] = np.array(result["people"][0]["keypoints_2d"])
    np.testing.assert_array_equal(poses["right"], poses["detected"])
    assert np.abs(poses["raw"] - poses["detected"]).max() > 5


def test_joints_that_stray_to_somebody_else_are_left_out_and_said(
    command: Command, keypoints: Path, tmp_path: Path
) -> None:
    document = json.loads(keypoints.read_text())
    person = document["people"][0]
    other = json.loads(json.dumps(person)) | {"id": 2}
    detected = np.array(person["keypoints_2d"])
    joint = joint_set(person["joint_set"]).index("left_ankle")
    detected[4:12, joint, :2] -= [0, np.ptp(detected[..., 1]) / 2]
    person["keypoints_2d"] = detected.tolist()
    document["people"].append(other)
    spoilt = tmp_path / "spoilt.json"
    spoilt.write_text(json.dumps(document))
    for name, options in (("left_out", []), ("raw", ["--no-repair"])):
        done = command("run", "--from", spoilt, "-o", tmp_path / name, "--person", 1, "--hypotheses", 1, *options)
        assert ("person 1: left leg strayed to somebody else" in done.err) == (name == "left_out"), done.err
        result = json.loads((tmp_path / name / "spoilt.json").read_text())["people"][0]
        ankle = [row[H36M17.index("left_ankle")][0] is None for row in result["keypoints_2d"]]
        assert ankle == [name == "left_out" and 4 <= row < 12 for row in range(len(ankle))]
        assert np.isfinite(np.array(result["joints_world"])).all()


@pytest.mark.parametrize(("option", "value"), [("--cutoff", 0), ("--cutoff", "nan"), ("--clean", "most")])
def test_what_cannot_be_cleaned(command: Command, tmp_path: Path, option: str, value: object) -> None:
    done = command("run", tmp_path / "none.mp4", option, value)
    assert done.code == 2
    assert option in done.err

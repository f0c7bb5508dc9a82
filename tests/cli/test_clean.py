"""The clean-up's options."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

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


@pytest.mark.parametrize(("option", "value"), [("--cutoff", 0), ("--cutoff", "nan"), ("--clean", "most")])
def test_what_cannot_be_cleaned(command: Command, tmp_path: Path, option: str, value: object) -> None:
    done = command("run", tmp_path / "none.mp4", option, value)
    assert done.code == 2
    assert option in done.err

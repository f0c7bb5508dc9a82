"""Lifters without diffusion through the commands: they give one pose, whatever is asked for."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from vid2pose3d.models.config import DenoiserConfig
from vid2pose3d.models.registry import build_network
from vid2pose3d.weights import LifterConfig, save

Command = Callable[..., Any]


@pytest.fixture(params=["mixste", "stcformer"])
def weights(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    torch.manual_seed(0)
    config = DenoiserConfig(width=16, depth=1, frames=9, heads=2, input_channels=6, direct=request.param)
    path = tmp_path / "direct.safetensors"
    save(path, build_network(config), LifterConfig(config, "person", 15.0, 1.25))
    return path


def test_run_and_evaluate_draw_one_pose_and_say_so(command: Command, walk: Path, weights: Path, small_mocap: Path,
                                                   tmp_path: Path) -> None:
    done = command("run", walk, "--weights", weights, "-o", tmp_path / "out", "--hypotheses", 5, "--iterations", 3)
    assert done.code == 0
    assert "these weights give one pose: H = K = 1" in done.err
    result = json.loads((tmp_path / "out" / "walk.json").read_text())
    assert (result["settings"]["hypotheses"], result["settings"]["iterations"]) == (1, 1)
    assert result["people"][0]["uncertainty"] is None

    done = command("evaluate", "--protocol", "own", "--data", small_mocap, "--weights", weights, "-o",
                   tmp_path / "scores")
    assert done.code == 0
    assert "these weights give one pose: H = K = 1" in done.err
    report = json.loads((tmp_path / "scores" / "evaluation.json").read_text())
    assert report["settings"]["hypotheses"] == 1
    mpjpe = next(table for table in report["tables"] if table["metric"] == "mpjpe")
    assert len({row["average"] for row in mpjpe["rows"]}) == 1


def test_export_and_list(command: Command, weights: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxscript")
    assert command("weights", "export", weights, "-o", tmp_path / "net.onnx").code == 0
    graph = onnx.load(tmp_path / "net.onnx").graph
    assert [value.name for value in graph.input] == ["x2d"]
    assert ("MixSTE" in command("weights", "list", weights).out) == ("mixste" in request.node.name)

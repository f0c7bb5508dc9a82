"""`weights export`: the ONNX file against the lifter, and what stops it."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from released_files import save_checkpoint

from vid2pose3d.lift import Lifter
from vid2pose3d.weights import load

Command = Callable[..., Any]


@pytest.fixture
def made(command: Command, tmp_path: Path) -> Callable[[str], Path]:
    def make(kind: str) -> Path:
        out = tmp_path / f"{kind}.safetensors"
        trained_on = ("--trained-on", "h36m") if kind == "d3dp" else ()
        assert command("weights", "convert", save_checkpoint(tmp_path / kind, kind), "-o", out, *trained_on).code == 0
        return out

    return make


@pytest.mark.parametrize(("kind", "action"), [("finepose_h36m", "walking"), ("d3dp", None)])
def test_onnx_file_computes_what_the_lifter_does(
    command: Command, made: Callable[[str], Path], kind: str, action: str | None, tmp_path: Path
) -> None:
    weights, out = made(kind), tmp_path / "network.onnx"
    done = command("weights", "export", weights, "-o", out, *(("--action", action) if action else ()))
    assert done.code == 0, done.err
    assert "largest difference from torch" in done.err
    assert f"wrote {out}" in done.err
    drawn = np.random.default_rng(0)
    loaded = load(str(weights))
    prompt, other = Lifter(loaded).encode([action]), Lifter(loaded).encode(["eating"])
    session = onnxruntime.InferenceSession(out, providers=["CPUExecutionProvider"])
    for batch, hypotheses in ((1, 1), (3, 2)):
        x2d = drawn.standard_normal((batch, 9, 17, 2), dtype=np.float32)
        noisy = drawn.standard_normal((batch, hypotheses, 9, 17, 3), dtype=np.float32)
        t = np.array([999, 499, 0][:batch])
        (found,) = session.run(["poses"], {"x2d": x2d, "noisy": noisy, "t": t})
        with torch.no_grad():
            given = [torch.from_numpy(value) for value in (x2d, noisy, t)]
            expected = loaded.model(*given, *([prompt.expand(batch)] if prompt else []))
            np.testing.assert_allclose(found, expected, atol=1e-4)
            if other:
                assert np.abs(found - loaded.model(*given, other.expand(batch)).numpy()).max() > 1e-3
    about = {entry.key: entry.value for entry in onnx.load(out).metadata_props}
    assert json.loads(about["vid2pose3d.config"]) == json.loads(json.dumps(loaded.config.to_dict()))
    assert (about["vid2pose3d.sha256"], about["vid2pose3d.action"]) == (loaded.sha256, action or "")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([kind, weights.name, out.name])


def test_what_stops_an_export(
    command: Command, made: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights, out = made("d3dp"), tmp_path / "network.onnx"
    assert "must end in .onnx" in command("weights", "export", weights, "-o", tmp_path / "network.pt").error
    assert "neither a file nor embedded" in command("weights", "export", "nothing", "-o", out).error
    monkeypatch.setitem(sys.modules, "onnxscript", None)  # as if it were not installed
    done = command("weights", "export", weights, "-o", out)
    assert done.code == 2
    assert "needs the package onnxscript; install it: pip install 'vid2pose3d[onnx]'" in done.error
    out.write_text("mine")
    assert "exists; pass --overwrite" in command("weights", "export", weights, "-o", out).error
    assert out.read_text() == "mine"


def test_without_onnxruntime_the_file_is_written_unchecked(
    command: Command, made: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights, out = made("d3dp"), tmp_path / "network.onnx"
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    done = command("weights", "export", weights, "-o", out)
    assert done.code == 0, done.err
    assert "not compared with torch" in done.err
    onnx.checker.check_model(out)

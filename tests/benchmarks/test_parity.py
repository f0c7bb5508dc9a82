"""The parity benchmark: the recordings are reproduced, other sizes are recognised, and wrong numbers are found."""

import json
import subprocess
import sys
from itertools import islice
from pathlib import Path

import numpy as np
import parity
import pytest
import torch
from parity_layouts import denoiser
from parity_layouts.recorded import Recorded

from vid2pose3d.models.config import DenoiserConfig
from vid2pose3d.models.finepose import FinePOSE
from vid2pose3d.models.released import released_name, released_prompt
from vid2pose3d.models.stcformer import STCFormer

SCRIPT = Path(parity.__file__)


@pytest.mark.parametrize("name", ["a", "3dhp", "d3dp_a", "stc_a", "refiner", "jpma_a", "data"])
def test_every_recorded_array_is_reproduced(name, shared):
    _, errors, unchecked = parity.errors_of(shared / "fixtures" / f"fixture_{name}.npz")
    assert not unchecked
    assert {key: max(found) for key, found in errors.items() if max(found) > parity.TOLERANCE} == {}


def test_full_size_network_made_by_recipe(shared):
    """Everything but the sampler, which takes a minute."""
    recorded = Recorded(shared / "fixtures" / "fixture_full_recipe.npz")
    before_sampler = 4 + len(recorded.keys("out/")) + len(recorded.keys("mid/"))
    checks = list(islice(denoiser.compare(recorded), before_sampler))
    assert {check.key for check in checks} >= {"check/first_values_json", "out/y", "out/xf_proj"}
    assert max(recorded.error(check) for check in checks) <= parity.TOLERANCE


@pytest.fixture
def small_recording(tmp_path):
    """A network of its own sizes and head counts, recorded by itself."""
    torch.manual_seed(0)
    prompt = released_prompt(with_action=True, width=24, heads=3, layers=1, vocabulary=40, encoder_layers=2,
                             encoder_heads=6, encoder_hidden=40)
    model = FinePOSE(DenoiserConfig(width=32, depth=2, frames=5, heads=4, hidden_ratio=3, prompt=prompt)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    ids = torch.zeros(3, 77, dtype=torch.long)
    ids[:, :3] = torch.tensor([38, 7, 39])
    parts = torch.zeros(6, 77, dtype=torch.long)
    parts[:, :3] = torch.tensor([38, 9, 39])
    x2d, noisy, t = torch.randn(3, 5, 17, 2), torch.randn(3, 1, 5, 17, 3), torch.tensor([3, 500, 999])
    with torch.no_grad():
        y = model(x2d, noisy, t, model.prompt(ids, parts))
    config = {"variant": "h36m", "width": 32, "depth": 2, "frames": 5, "num_heads": 4, "clip": {"heads": 3},
              "text_encoder": {"heads": 6}}
    arrays = {"in/x2d": x2d, "in/x3d_t": noisy, "in/t": t, "in/pre_ids": parts, "in/text_ids_same": ids,
              "out/same/y": y, **{f"sd/{released_name(name)}": value for name, value in model.state_dict().items()}}
    path = tmp_path / "any name.npz"
    np.savez(path, config_json=json.dumps(config), **{key: value.numpy() for key, value in arrays.items()})
    return path


def _run(*arguments):
    return subprocess.run([sys.executable, str(SCRIPT), *map(str, arguments)], capture_output=True, text=True,
                          check=False)


def test_other_sizes_and_head_counts_are_taken_from_the_file(small_recording):
    _, errors, unchecked = parity.errors_of(small_recording)
    assert errors["out/same/y"][0] < 1e-6
    assert not unchecked


@pytest.mark.parametrize(("width", "heads", "ratio", "frames"), [(24, 3, 2, 5), (32, 4, 4, 1)])
def test_stcformers_of_other_sizes(tmp_path, width, heads, ratio, frames):
    torch.manual_seed(0)
    model = STCFormer(DenoiserConfig(width, 3, frames, heads, ratio, direct="stcformer")).eval()
    given = torch.randn(2, frames, 17, 2)
    arrays = {"in/x": given, "out/y": model(given).detach(),
              **{f"sd/module.{name}": value for name, value in model.state_dict().items()}}
    np.savez(tmp_path / "stc.npz", config_json="{}", **{key: value.numpy() for key, value in arrays.items()})
    layout, errors, unchecked = parity.errors_of(tmp_path / "stc.npz")
    assert (layout, unchecked) == ("stcformer", [])
    assert errors["out/y"][0] < 1e-6


def test_an_array_that_differs_fails(small_recording):
    arrays = dict(np.load(small_recording))
    arrays["out/same/y"] = arrays["out/same/y"] + np.float32(3e-5)
    np.savez(small_recording, **arrays)
    done = _run(small_recording)
    assert done.returncode == 1
    assert "| out/same | 1 | 3e-05 | FAILED |" in done.stdout


def test_unknown_layouts_and_files_are_named(tmp_path):
    np.savez(tmp_path / "other.npz", x=np.zeros(3))
    (tmp_path / "text.npz").write_text("no archive")
    done = _run(tmp_path / "other.npz", tmp_path / "text.npz")
    assert done.returncode == 2
    first, second = done.stderr.strip().splitlines()
    assert "other.npz: unknown layout; known are denoiser, stcformer, refiner, aggregation, data" in first
    assert "text.npz: not a readable .npz file" in second

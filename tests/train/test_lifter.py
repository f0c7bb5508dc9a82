import csv
import json
import shutil
import subprocess
import sys
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch

from vid2pose3d import weights
from vid2pose3d.data.mocap import data_hash
from vid2pose3d.errors import InputError
from vid2pose3d.reporter import Reporter
from vid2pose3d.train.lifter import train_lifter
from vid2pose3d.train.settings import TrainSettings


class Silent(Reporter):
    def __init__(self):
        self.steps = []

    def progress(self, stage, done, total):
        self.steps.append(done)


class Stop(Silent):
    """Interrupts after a step, as Ctrl-C does."""

    def __init__(self, after):
        super().__init__()
        self.after = after

    def progress(self, stage, done, total):
        if done == self.after:
            raise KeyboardInterrupt


def train(data, folder, settings, *, resume=False, every=4, reporter=None):
    return train_lifter(data, folder, settings, device="cpu", resume=resume, every=every,
                        reporter=reporter or Silent())


def state(folder):
    return torch.load(folder / "checkpoint.pt", weights_only=True)


def log(folder):
    with open(folder / "log.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_training_lowers_the_validation_error(mocap, tiny, tmp_path):
    path = train(mocap, tmp_path / "run", tiny(steps=120, learning_rate=5e-3), every=10)
    errors = [float(row["val_mpjpe_mm"]) for row in log(tmp_path / "run")]
    assert errors[-1] < 0.7 * errors[0]
    loaded = weights.load(str(path))
    assert loaded.config.denoiser.width == 16
    assert loaded.config.fps == tiny().fps


def test_an_interrupted_run_ends_with_the_same_weights(mocap, tiny, tmp_path):
    train(mocap, tmp_path / "whole", tiny())
    with pytest.raises(KeyboardInterrupt):
        train(mocap, tmp_path / "stopped", tiny(), reporter=Stop(after=6))
    assert state(tmp_path / "stopped")["step"] == 4
    train(mocap, tmp_path / "stopped", tiny(), resume=True)
    whole, resumed = state(tmp_path / "whole"), state(tmp_path / "stopped")
    assert whole["step"] == resumed["step"] == 8
    for name, value in whole["model"].items():
        assert torch.equal(value, resumed["model"][name]), name


def test_processes_that_share_each_batch_train_one_model(mocap, tiny, tmp_path):
    """In an own interpreter: processes are forked, which needs one without threads."""
    script = ("import sys; from pathlib import Path; from vid2pose3d.cli.console import console;"
              "from vid2pose3d.train.lifter import train_lifter; from vid2pose3d.train.settings import TrainSettings;"
              f"train_lifter(Path(sys.argv[1]), Path(sys.argv[2]), TrainSettings(**{asdict(tiny(devices=2))!r}),"
              " device='cpu', resume=False, every=4, reporter=console)")
    subprocess.run([sys.executable, "-c", script, str(mocap), str(tmp_path / "run")], check=True, timeout=120)
    assert [int(row["step"]) for row in log(tmp_path / "run")] == [4, 8]
    first, last = (float(row["val_mpjpe_mm"]) for row in log(tmp_path / "run"))
    assert last < first


def test_the_weights_are_the_moving_average_in_half_precision(mocap, tiny, tmp_path):
    """After one step it is the parameters themselves; after the second 2/11 old and 9/11 new."""
    path = train(mocap, tmp_path / "one", tiny(steps=1))
    stored = weights.load(str(path)).model.state_dict()
    first = state(tmp_path / "one")["model"]
    for name, value in first.items():
        assert torch.equal(stored[name], value.half().float()), name
    train(mocap, tmp_path / "one", tiny(steps=2), resume=True)
    now = state(tmp_path / "one")
    name = "head.1.weight"
    torch.testing.assert_close(now["average"][f"module.{name}"], first[name] * 2 / 11 + now["model"][name] * 9 / 11)


def test_a_run_starts_from_earlier_weights(mocap, tiny, tmp_path):
    start = train(mocap, tmp_path / "start", tiny(steps=4))
    path = train(mocap, tmp_path / "more", TrainSettings(init=str(start), steps=1, batch=8, learning_rate=1e-9))
    before, after = (weights.load(str(file)) for file in (start, path))
    for name, value in before.model.state_dict().items():
        torch.testing.assert_close(after.model.state_dict()[name], value, atol=1e-6, rtol=1e-3)
    assert after.config.denoiser.frames == 9
    assert after.config.training["init_sha256"] == before.sha256
    with pytest.raises(InputError, match="--frames 27"):
        train(mocap, tmp_path / "other", TrainSettings(init=str(start), frames=27))


def test_training_further_forgets_the_calibration(mocap, tiny, tmp_path):
    start, known = train(mocap, tmp_path / "start", tiny(steps=1)), tmp_path / "known.safetensors"
    calibration = weights.Calibration(0.8, {"head": -2.0}, {"confidence": -0.5})
    weights.save_with(known, start, replace(weights.read_config(start), calibration=calibration))
    path = train(mocap, tmp_path / "more", TrainSettings(init=str(known), steps=1, batch=8))
    assert weights.read_config(known).calibration == calibration
    assert weights.read_config(path).calibration is None


def test_with_a_text_tower_given_only_the_prompt_branch_starts_anew(mocap, tiny, tmp_path):
    start = train(mocap, tmp_path / "start", tiny(steps=4))
    path = train(mocap, tmp_path / "more", TrainSettings(init=str(start), text="text-small", steps=1, batch=8,
                                                         learning_rate=1e-9))
    before, after = (weights.load(str(file)).model.state_dict() for file in (start, path))
    changed = {name.partition(".")[0] for name, value in before.items()
               if not torch.allclose(after[name], value, atol=1e-6, rtol=1e-3)}
    assert changed == {"prompt", "temporal_cross_attn"}


@pytest.mark.parametrize("behaviour", ["released", "corrected"])
def test_learnable_vectors_train_only_where_they_get_a_gradient(mocap, tiny, tmp_path, behaviour):
    train(mocap, tmp_path / "run", tiny(steps=1, behaviour=behaviour), every=1)
    first = state(tmp_path / "run")["model"]
    train(mocap, tmp_path / "run", tiny(steps=3, behaviour=behaviour), resume=True)
    last = state(tmp_path / "run")["model"]
    assert torch.equal(first["prompt.ctx_verb"], last["prompt.ctx_verb"]) == (behaviour == "released")
    assert not torch.equal(first["prompt.text_proj.0.weight"], last["prompt.text_proj.0.weight"])
    assert weights.load(str(tmp_path / "run" / "best.safetensors")).config.denoiser.prompt.behaviour == behaviour


def test_every_block_may_see_the_prompt_and_a_run_from_such_weights_keeps_that(mocap, tiny, tmp_path):
    path = train(mocap, tmp_path / "run", tiny(steps=2, depth=3, every_block=True), every=1)
    later = [name for name in state(tmp_path / "run")["model"] if name.startswith("later_cross_attn.1.")]
    assert later
    assert weights.load(str(path)).config.denoiser.prompt.every_block
    assert "prompt in every block" in path.with_suffix(".md").read_text()
    more = train(mocap, tmp_path / "more", TrainSettings(init=str(path), steps=1, batch=8))
    assert weights.load(str(more)).config.denoiser.prompt.every_block
    start = train(mocap, tmp_path / "once", tiny(steps=1, depth=3))
    with pytest.raises(InputError, match="--every-block.*--text"):
        train(mocap, tmp_path / "other", TrainSettings(init=str(start), every_block=True, steps=1, batch=8))
    anew = train(mocap, tmp_path / "anew", TrainSettings(init=str(start), text="text-small", every_block=True, steps=1,
                                                         batch=8))
    assert weights.load(str(anew)).config.denoiser.prompt.every_block


def test_a_lifter_without_a_prompt_trains(mocap, tiny, tmp_path):
    path = train(mocap, tmp_path / "run", tiny(steps=60, learning_rate=5e-3, model="d3dp"), every=10)
    errors = [float(row["val_mpjpe_mm"]) for row in log(tmp_path / "run")]
    assert errors[-1] < 0.8 * errors[0]
    assert weights.load(str(path)).config.denoiser.prompt is None


@pytest.mark.parametrize("model", ["mixste", "stcformer"])
def test_deterministic_lifters_train_stop_and_go_on(mocap, tiny, tmp_path, model):
    path = train(mocap, tmp_path / "run", tiny(steps=60, learning_rate=5e-3, model=model), every=10)
    errors = [float(row["val_mpjpe_mm"]) for row in log(tmp_path / "run")]
    assert errors[-1] < 0.8 * errors[0]
    assert weights.load(str(path)).config.denoiser.direct == model
    more = train(mocap, tmp_path / "more", TrainSettings(init=str(path), steps=1, batch=8, learning_rate=1e-9))
    assert weights.load(str(more)).config.denoiser.kind == model
    with pytest.raises(InputError, match="--model d3dp"):
        train(mocap, tmp_path / "other", TrainSettings(init=str(path), model="d3dp"))


def test_a_lost_loss_stops_the_run_and_keeps_what_was_good(mocap, tiny, tmp_path):
    train(mocap, tmp_path / "run", tiny(steps=4))
    checkpoint = torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)
    checkpoint["model"]["head.1.bias"][0] = float("nan")
    torch.save(checkpoint, tmp_path / "run" / "checkpoint.pt")
    kept = (tmp_path / "run" / "best.safetensors").read_bytes()
    with pytest.raises(InputError, match="not finite at step 4.*--init"):
        train(mocap, tmp_path / "run", tiny(steps=8), resume=True)
    assert (tmp_path / "run" / "best.safetensors").read_bytes() == kept
    assert state(tmp_path / "run")["step"] == 4


def test_restricted_clips_are_left_out_where_asked(mocap, tiny, tmp_path):
    index = (mocap / "index.csv").read_text()
    (mocap / "index.csv").write_text(index.replace("MIT", "CC BY-NC 4.0"))
    with pytest.raises(InputError, match="licence that allows any use"):
        train(mocap, tmp_path / "run", tiny(free_only=True))
    train(mocap, tmp_path / "run", tiny(steps=1))


def test_the_card_names_data_licences_recipe_and_errors(mocap, tiny, tmp_path):
    path = train(mocap, tmp_path / "run", tiny(steps=4))
    card = path.with_suffix(".md").read_text()
    row = log(tmp_path / "run")[-1]
    for part in (data_hash(mocap), weights.sha256(path), "| MIT | train | 2 | 2 | 0.1 |", "- made up: MIT, changed",
                 "- learning_rate: 0.0015", f"MPJPE {float(row['val_mpjpe_mm']):.1f} mm"):
        assert part in card, part


def test_tensorboard_can_read_the_curves(mocap, tiny, tmp_path):
    train(mocap, tmp_path / "run", tiny(steps=8))
    events = [path.read_bytes() for path in (tmp_path / "run" / "tensorboard").glob("events*")]
    assert len(events) == 1
    assert events[0].count(b"val_mpjpe_mm") == 2


def test_the_recipe_names_the_data(mocap, tiny, tmp_path):
    train(mocap, tmp_path / "run", tiny(steps=2))
    recipe = json.loads((tmp_path / "run" / "recipe.json").read_text())
    assert recipe["data_sha256"] == data_hash(mocap)
    assert recipe["width"] == 16


def test_a_folder_in_use_needs_resume(mocap, tiny, tmp_path):
    train(mocap, tmp_path / "run", tiny(steps=2))
    with pytest.raises(InputError, match="--resume"):
        train(mocap, tmp_path / "run", tiny(steps=2))


def test_resuming_without_a_checkpoint_or_with_another_recipe_or_other_data_is_refused(mocap, tiny, tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        train(mocap, tmp_path / "none", tiny(), resume=True)
    train(mocap, tmp_path / "run", tiny(steps=2))
    with pytest.raises(InputError, match="learning_rate"):
        train(mocap, tmp_path / "run", tiny(steps=4, learning_rate=0.5), resume=True)
    other = shutil.copytree(mocap, tmp_path / "other")
    with open(other / "index.csv", "a", encoding="utf-8") as file:
        file.write("\n")
    with pytest.raises(InputError, match="other data"):
        train(other, tmp_path / "run", tiny(steps=4), resume=True)
    (tmp_path / "run" / "checkpoint.pt").write_bytes(b"text")
    with pytest.raises(InputError, match="not a checkpoint"):
        train(mocap, tmp_path / "run", tiny(steps=4), resume=True)


def test_data_without_a_validation_split_is_refused(mocap, tiny, tmp_path):
    index = (mocap / "index.csv").read_text()
    (mocap / "index.csv").write_text(index.replace(",val,", ",train,"))
    with pytest.raises(InputError, match="'val'"):
        train(mocap, tmp_path / "run", tiny())


def test_the_learning_rate_rises_stays_and_falls(tiny):
    settings = tiny(steps=100, warmup=10, cooldown=0.3, learning_rate=1.0)
    rates = np.array([settings.rate(step) for step in range(100)])
    np.testing.assert_allclose(rates[[0, 9, 50, 70]], [0.1, 1.0, 1.0, 1.0])
    assert (np.diff(rates[70:]) < 0).all()
    assert 0 < rates[-1] < 0.05

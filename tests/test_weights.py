from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from vid2pose3d import weights
from vid2pose3d.errors import InputError
from vid2pose3d.models.config import FREE_TEXT_GROUPS, DenoiserConfig, PromptConfig
from vid2pose3d.models.registry import build_denoiser
from vid2pose3d.weights import LifterConfig

EMBEDDED = Path(__file__).parents[1] / "weights"


def lifter(*, prompt):
    text = PromptConfig(FREE_TEXT_GROUPS, width=16, heads=2, layers=1, encoder_layers=1, encoder_heads=2,
                        encoder_hidden=16, behaviour="corrected", vocabulary=(0, 320, 49406, 49407))
    config = DenoiserConfig(width=16, depth=2, frames=9, heads=2, input_channels=6, prompt=text if prompt else None)
    return build_denoiser(config), LifterConfig(config, "person", 15.0, 1.25)


@pytest.mark.parametrize("prompt", [True, False])
def test_a_saved_lifter_comes_back_bit_for_bit_with_its_configuration(tmp_path, prompt):
    model, config = lifter(prompt=prompt)
    weights.save(tmp_path / "one.safetensors", model, config)
    loaded = weights.load(str(tmp_path / "one.safetensors"))
    assert loaded.config == config
    assert not loaded.model.training
    for name, value in model.state_dict().items():
        assert torch.equal(value, loaded.model.state_dict()[name]), name
    weights.save(tmp_path / "two.safetensors", loaded.model, loaded.config)
    assert (tmp_path / "one.safetensors").read_bytes() == (tmp_path / "two.safetensors").read_bytes()


def test_a_calibration_comes_back_and_files_without_one_load(tmp_path):
    model, config = lifter(prompt=False)
    calibration = weights.Calibration(0.8, {"head": -2.5, "left_hip": -3.0}, {"confidence": -0.25}, "ab" * 32)
    weights.save(tmp_path / "one.safetensors", model, replace(config, calibration=calibration))
    assert weights.read_config(tmp_path / "one.safetensors").calibration == calibration
    values = config.to_dict()
    del values["calibration"]  # as older versions wrote them
    assert LifterConfig.from_dict(values) == config


def test_unknown_weights_are_refused_with_the_names_that_exist():
    with pytest.raises(InputError, match=r"--weights nothing.*finepose-small"):
        weights.load("nothing")


def test_damaged_weights_are_refused(tmp_path):
    model, config = lifter(prompt=False)
    path = tmp_path / "lifter.safetensors"
    weights.save(path, model, config)
    whole = path.read_bytes()
    for damaged in (b"", b"text", whole[:-100], whole[:50], b"\0" * 200):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match="damaged"):
            weights.load(str(path))


def test_another_programs_safetensors_are_refused(tmp_path):
    from safetensors.numpy import save_file

    save_file({"x": np.zeros(3)}, tmp_path / "other.safetensors")
    with pytest.raises(InputError, match="not weights of this program"):
        weights.load(str(tmp_path / "other.safetensors"))


@pytest.mark.parametrize("name", weights.available())
def test_embedded_weights_load_and_are_those_of_their_model_card(name):
    loaded = weights.load(name)
    assert all(torch.isfinite(value).all() for value in loaded.model.parameters())
    card = (EMBEDDED / f"{name}.md").read_text(encoding="utf-8")
    assert loaded.sha256 in card
    assert (EMBEDDED / f"{name}.safetensors").stat().st_size < 20e6


def test_the_default_is_embedded():
    assert weights.DEFAULT in weights.available()


def test_text_towers_are_not_offered_as_lifters():
    assert weights.DEFAULT_TEXT not in weights.available()
    path = EMBEDDED / "text" / f"{weights.DEFAULT_TEXT}.safetensors"
    with pytest.raises(InputError, match="it is a text tower"):
        weights.load(str(path))
    with pytest.raises(InputError, match="neither a file nor embedded"):
        weights.load(weights.DEFAULT_TEXT)


def test_unknown_and_unfit_text_towers_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"--text nothing.*text-small"):
        weights.load_text("nothing")
    model, config = lifter(prompt=True)
    weights.save(tmp_path / "lifter.safetensors", model, config)
    (tmp_path / "other.safetensors").write_bytes(b"text")
    for name in ("lifter", "other"):
        with pytest.raises(InputError, match="not a text tower"):
            weights.load_text(str(tmp_path / f"{name}.safetensors"))

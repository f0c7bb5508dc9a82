import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from released_files import checkpoint, config, nested, save_checkpoint

from vid2pose3d import weights
from vid2pose3d.convert import convert_checkpoint
from vid2pose3d.errors import InputError
from vid2pose3d.models.config import DenoiserConfig
from vid2pose3d.models.registry import build_denoiser
from vid2pose3d.models.released import from_released

EXPECTED = {
    "finepose_h36m": ("h36m17", "h36m17", 50.0, "FinePOSE, trained on Human3.6M; converted from best.bin, epoch 93"),
    "finepose_3dhp": ("mpi3dhp17", "mpi3dhp17", 25.0, "FinePOSE, trained on MPI-INF-3DHP; converted from best.bin, "
                                                      "epoch 93"),
    "d3dp": ("h36m17", "h36m17", 50.0, "D3DP, trained on Human3.6M; converted from best.bin, epoch 93"),
}


def convert(path, **options):
    warnings = []
    out = path.with_suffix(".safetensors")
    convert_checkpoint(path, out, warn=warnings.append, **options)
    return weights.load(str(out)), warnings


@pytest.mark.parametrize("kind", EXPECTED)
@pytest.mark.parametrize("archive", [True, False], ids=["archive", "before_torch_1.6"])
def test_each_kind_is_recognised_and_comes_back_bit_for_bit(kind, archive, tmp_path):
    path = save_checkpoint(tmp_path / "best.bin", kind, _use_new_zipfile_serialization=archive)
    loaded, warnings = convert(path)
    found = loaded.config
    assert (found.joints_2d, found.joints_3d, found.fps, found.about) == EXPECTED[kind]
    assert (found.input, found.unit) == ("screen", 1.0)
    expected = config(kind)
    if kind == "finepose_h36m":
        assert len(found.denoiser.prompt.neutral) == 15
        expected = replace(expected, prompt=replace(expected.prompt, neutral=found.denoiser.prompt.neutral))
    assert found.denoiser == expected
    original = from_released(checkpoint(kind)["model_pos"])
    state = loaded.model.state_dict()
    assert state.keys() == original.keys()
    assert all(torch.equal(state[name], original[name]) for name in state)
    assert len(warnings) == (kind == "d3dp")  # random parameters show nothing of what they were trained on


def test_d3dp_of_other_data_can_be_named(tmp_path):
    path = save_checkpoint(tmp_path / "best.bin", "d3dp")
    for trained_on, joints in (("wild", ("coco17", "h36m17")), ("3dhp", ("mpi3dhp17", "mpi3dhp17"))):
        loaded, warnings = convert(path, trained_on=trained_on)
        assert (loaded.config.joints_2d, loaded.config.joints_3d) == joints
        assert not warnings


def test_finepose_is_not_to_be_named_otherwise(tmp_path):
    path = save_checkpoint(tmp_path / "best.bin", "finepose_3dhp")
    with pytest.raises(InputError, match="--trained-on h36m.*MPI-INF-3DHP"):
        convert(path, trained_on="h36m")


@pytest.mark.parametrize("name", ["fixture_a.npz", "fixture_3dhp.npz", "fixture_d3dp_a.npz"])
def test_converted_weights_give_what_the_released_code_gave(name, shared, tmp_path):
    """All but the numbers of heads, which the recorded models have smaller than the released ones."""
    arrays = np.load(shared / "fixtures" / name)
    recorded = json.loads(str(arrays["config_json"]))
    state = {key.removeprefix("sd/pose_estimator."): torch.from_numpy(arrays[key])
             for key in arrays if key.startswith("sd/pose_estimator.")}
    torch.save(nested(state, prefix=""), tmp_path / "best.bin")
    loaded, _ = convert(tmp_path / "best.bin")
    found = replace(loaded.config.denoiser, heads=recorded["num_heads"])
    text = ()
    if found.prompt is not None:
        assert ("3dhp" in name) == (loaded.config.joints_3d == "mpi3dhp17")
        found = replace(found, prompt=replace(found.prompt, heads=recorded["clip"]["heads"],
                                              encoder_heads=recorded["text_encoder"]["heads"]))
    model = build_denoiser(DenoiserConfig.from_dict(found.to_dict())).eval()
    model.load_state_dict(loaded.model.state_dict())
    with torch.no_grad():
        x2d, x3d, t = (torch.from_numpy(arrays[f"in/{key}"]) for key in ("x2d", "x3d_t", "t"))
        if found.prompt is not None:
            parts = torch.from_numpy(arrays["in/pre_ids"]).long()
            action = torch.from_numpy(arrays["in/text_ids_same"]).long() if found.prompt.has_action else parts[:1]
            text = (model.prompt(action.expand(len(t), -1), parts),)
        y = model(x2d, x3d, t, *text)
    expected = arrays["out/same/y"] if found.prompt is not None else arrays["out/y"]
    np.testing.assert_allclose(y.numpy(), expected, atol=1e-5, rtol=1e-4)


def refused(path, content, message):
    torch.save(content, path)
    with pytest.raises(InputError, match=message) as caught:
        convert(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(("content", "message"), [
    ({"state_dict": {}, "epoch": 3}, "'model_pos'.*state_dict, epoch"),
    ([1, 2], "list"),
    ({"model_pos": {"module.layer.weight": torch.zeros(3)}}, "pose_estimator"),
    ({"model_pos": {"module.pose_estimator.head.1.weight": "text"}}, "head.1.weight is not a tensor"),
    ({"model_pos": {"module.pose_estimator.head.1.weight": torch.zeros(3, 16)}}, "Spatial_patch.* is missing"),
])
def test_other_dictionaries_are_refused(content, message, tmp_path):
    refused(tmp_path / "best.bin", content, message)


@pytest.mark.parametrize(("name", "value", "message"), [
    ("head.1.bias", None, "head.1.bias is missing and should be"),
    ("head.1.bias", torch.zeros(4), r"head.1.bias is \(4,\) and should be \(3,\)"),
    ("ctx_tail", torch.zeros(2, 16), "should be absent"),
    ("ctx_leg", torch.zeros(9, 16), r"positional_embedding is \(77, 16\) and should be \(76, 16\)"),
    ("ctx_leg", None, "ctx_leg is missing"),
    ("Temporal_pos_embed", torch.zeros(9, 16), "Temporal_pos_embed has the shape"),
    ("Spatial_pos_embed", torch.zeros(1, 16, 16), "takes 16 joints"),
    ("head.1.bias", torch.tensor([0.0, np.nan, 0.0]), "head.1.bias holds numbers that are not finite"),
])
def test_networks_that_are_not_quite_it_are_refused(name, value, message, tmp_path):
    content = checkpoint("finepose_h36m")
    if value is None:
        del content["model_pos"][f"module.pose_estimator.{name}"]
    else:
        content["model_pos"][f"module.pose_estimator.{name}"] = value
    refused(tmp_path / "best.bin", content, message)

"""The denoisers against arrays recorded from the released FinePOSE and D3DP code."""

import json

import numpy as np
import pytest
import torch

from vid2pose3d.diffusion import CosineSchedule, ddim_sample
from vid2pose3d.models.config import H36M_GROUPS, DenoiserConfig, PromptConfig
from vid2pose3d.models.finepose import FinePOSE
from vid2pose3d.models.mixste import MixSTE
from vid2pose3d.models.prompt import Prompt
from vid2pose3d.models.released import from_released
from vid2pose3d.skeleton import H36M17

TOLERANCE = {"atol": 1e-5, "rtol": 1e-4}


class Recorded:
    """A fixture file, the model that it describes, and its arrays as tensors."""

    def __init__(self, path):
        self.arrays = np.load(path)
        self.config = json.loads(str(self.arrays["config_json"]))
        c = self.config
        sizes = {"width": c["width"], "depth": c["depth"], "frames": c["frames"], "heads": c["num_heads"]}
        if c["variant"] == "d3dp":
            self.model = MixSTE(DenoiserConfig(**sizes))
        else:
            clip, encoder = c["clip"], c["text_encoder"]
            prompt = PromptConfig(
                groups=H36M_GROUPS, width=clip["width"], heads=clip["heads"], layers=clip["layers"],
                encoder_layers=encoder["layers"], encoder_heads=encoder["heads"], encoder_hidden=encoder["ff"],
                behaviour="released", vocabulary=clip["vocab"])
            self.model = FinePOSE(DenoiserConfig(**sizes, prompt=prompt))
        state = {k.removeprefix("sd/"): torch.from_numpy(self.arrays[k]) for k in self.arrays if k.startswith("sd/")}
        self.model.load_state_dict(from_released(state))
        self.model.eval()

    def __getitem__(self, key):
        return torch.from_numpy(self.arrays[key])

    def prompt(self, case):
        if isinstance(self.model, FinePOSE):
            return (self.model.prompt(self[f"in/text_ids_{case}"].long(), self["in/pre_ids"].long()),)
        return ()

    def denoise(self, case="same"):
        """The flip-augmented denoiser of the released sampler."""
        prompt = self.prompt(case)

        def flipped(x):
            return torch.cat([-x[..., :1], x[..., 1:]], -1)[..., H36M17.mirror, :]

        def predict(x, step):
            t = torch.full((len(x),), step)
            plain = self.model(self["in/x2d"], x, t, *prompt)
            return (plain + flipped(self.model(self["in/x2d_flip"], flipped(x), t, *prompt))) / 2

        return predict


@pytest.fixture(scope="module", params=["fixture_a.npz", "fixture_d3dp_a.npz"])
def recorded(request, shared):
    return Recorded(shared / "fixtures" / request.param)


@pytest.fixture(scope="module")
def finepose(shared):
    return Recorded(shared / "fixtures" / "fixture_a.npz")


@torch.no_grad()
@pytest.mark.parametrize("case", ["same", "two_token", "long", "mixed"])
def test_prompt_and_output_of_each_text(finepose, case):
    (prompt,) = finepose.prompt(case)
    torch.testing.assert_close(prompt.tokens.transpose(0, 1), finepose[f"mid/{case}/xf_out"], **TOLERANCE)
    torch.testing.assert_close(prompt.pooled, finepose[f"mid/{case}/xf_proj"], **TOLERANCE)
    y = finepose.model(finepose["in/x2d"], finepose["in/x3d_t"], finepose["in/t"], prompt)
    torch.testing.assert_close(y, finepose[f"out/{case}/y"], **TOLERANCE)


@torch.no_grad()
def test_text_tower(finepose):
    encoder = finepose.model.prompt
    sequence = encoder.sequence(finepose["in/text_ids_same"].long(), finepose["in/pre_ids"].long())
    positioned = sequence + encoder.clip_text.positional_embedding
    torch.testing.assert_close(positioned.transpose(0, 1), finepose["mid/same/clip_in"], **TOLERANCE)
    torch.testing.assert_close(encoder.clip_text(sequence).transpose(0, 1), finepose["mid/same/clip_out"], **TOLERANCE)


@torch.no_grad()
def test_intermediate_features(recorded):
    """Layer norms of 1e-5 and 1e-6 are told apart here only, not in the output."""
    model, seen = recorded.model, {}
    prefix = "mid/same" if isinstance(model, FinePOSE) else "mid"
    places = {"time_mlp": model.time_mlp, "patch_embed": model.Spatial_patch_to_embedding,
              "ste0": model.STEblocks[0], "tte0": model.TTEblocks[0], "tte_last": model.TTEblocks[-1]}
    if isinstance(model, FinePOSE):
        places["cross_attn_out"] = model.temporal_cross_attn
    hooks = [module.register_forward_hook(lambda _m, _i, out, name=name: seen.update({name: out}))
             for name, module in places.items()]
    model(recorded["in/x2d"], recorded["in/x3d_t"], recorded["in/t"], *recorded.prompt("same"))
    for hook in hooks:
        hook.remove()
    for name, value in seen.items():
        expected = recorded[f"{prefix}/{name}"]
        torch.testing.assert_close(value.reshape(expected.shape), expected, **TOLERANCE)


@torch.no_grad()
def test_sampler(recorded):
    steps = recorded.config["iterations"]
    draws = iter([recorded[f"ddim/noise_step{i}"] for i in range(steps - 1)])
    found = ddim_sample(recorded.denoise(), recorded["ddim/noise_init"], CosineSchedule(), iterations=steps,
                        noise=lambda _: next(draws))
    predictions = torch.stack([p.clean for p in found], dim=1)
    torch.testing.assert_close(predictions, recorded["ddim/preds"], **TOLERANCE)


def test_training_loss_and_gradients(recorded):
    model, schedule = recorded.model, CosineSchedule()
    x_t = schedule.diffuse(recorded["train/x0"], recorded["train/noise"], recorded["train/t"])
    pred = model(recorded["in/x2d"], x_t[:, None], recorded["train/t"], *recorded.prompt("same"))[:, 0]
    torch.testing.assert_close(pred, recorded["train/pred"], **TOLERANCE)
    loss = (pred - recorded["train/x0"]).norm(dim=-1).mean()
    torch.testing.assert_close(loss, recorded["train/loss"], **TOLERANCE)
    model.zero_grad()
    loss.backward(loss)
    norms = json.loads(str(recorded.arrays["train/grad_norms_json"]))
    expected = from_released({k: v for k, v in norms.items()})
    checked = 0
    for name, parameter in model.named_parameters():
        if expected.get(name) is None:
            assert parameter.grad is None, name
        else:
            assert parameter.grad.norm().item() == pytest.approx(expected[name], rel=1e-3, abs=1e-6), name
            checked += 1
    assert checked > 50


@torch.no_grad()
def test_corrected_pairing_gives_each_sample_its_own_text(finepose):
    """Of a batch with two texts, each sample must come out as in a batch of its own text alone."""
    (mixed,) = finepose.prompt("mixed")
    model = finepose.model
    model._tile = False
    try:
        y = model(finepose["in/x2d"], finepose["in/x3d_t"], finepose["in/t"], mixed)
        for i in range(2):
            own = Prompt(mixed.tokens[i:i + 1].expand(2, -1, -1), mixed.pooled[i:i + 1].expand(2, -1))
            alone = model(finepose["in/x2d"], finepose["in/x3d_t"], finepose["in/t"], own)
            torch.testing.assert_close(y[i], alone[i], **TOLERANCE)
    finally:
        model._tile = True
    assert (y - finepose["out/mixed/y"]).abs().max() > 1e-3

"""Recordings of a released denoiser: FinePOSE (Human3.6M, MPI-INF-3DHP) and D3DP, with or without its weights."""

import json
from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor, nn

from parity_layouts.recipe import fill_by_recipe
from parity_layouts.recorded import Check, Recorded
from vid2pose3d.diffusion import CosineSchedule, backward_as_released, ddim_sample, position_loss
from vid2pose3d.models.config import DenoiserConfig
from vid2pose3d.models.finepose import FinePOSE
from vid2pose3d.models.mixste import MixSTE
from vid2pose3d.models.prompt import Prompt
from vid2pose3d.models.registry import build_denoiser
from vid2pose3d.models.released import from_released, released_config, released_name, released_prompt
from vid2pose3d.skeleton import H36M17

_MILLIMETRES = 1000.0


def recognises(recorded: Recorded) -> bool:
    config = recorded.config
    return {"variant", "width", "depth", "frames", "num_heads"} <= config.keys() and "in/x3d_t" in recorded


class Network:
    """The recorded network, its inputs and the texts that it was told."""

    def __init__(self, recorded: Recorded) -> None:
        self.recorded, self.config = recorded, recorded.config
        self.weights = recorded.keys("sd/")
        self.model = self._build().eval()
        self.unit = 1 / _MILLIMETRES if "3dhp" in self.config["variant"] else 1.0
        """Metres per unit of the recorded poses, the network's own outputs excepted."""
        self.schedule = CosineSchedule(self.config.get("timesteps", 1000), signal=self.config.get("scale", 1.0))
        self.mirror = H36M17.mirror.copy()
        if "joints_left" in self.config:
            left, right = self.config["joints_left"], self.config["joints_right"]
            self.mirror = np.arange(recorded["in/x3d_t"].shape[-2])
            self.mirror[left], self.mirror[right] = right, left

    def _build(self) -> MixSTE:
        config, recorded = self.config, self.recorded
        clip, encoder = config.get("clip"), config.get("text_encoder", {})
        if self.weights:
            state = from_released({key.removeprefix("sd/"): recorded.tensor(key) for key in self.weights})
            model = build_denoiser(released_config(state, heads=config["num_heads"],
                                                   text_heads=clip["heads"] if clip else None,
                                                   encoder_heads=encoder.get("heads", 8)))
            model.load_state_dict(state)
            return model
        prompt = None
        if clip:
            prompt = released_prompt(with_action="3dhp" not in config["variant"], width=clip["width"],
                                     heads=clip["heads"], layers=clip["layers"], vocabulary=clip["vocab"],
                                     encoder_layers=encoder.get("layers", 4), encoder_heads=encoder.get("heads", 8),
                                     encoder_hidden=encoder.get("ff"))
        model = build_denoiser(DenoiserConfig(
            width=config["width"], depth=config["depth"], frames=config["frames"], heads=config["num_heads"],
            hidden_ratio=config.get("mlp_ratio", 2), joints=config.get("joints", 17), prompt=prompt))
        fill_by_recipe(model)
        return model

    @property
    def cases(self) -> list[str]:
        """Names of the recorded texts, first that of sampler and training; an empty name where there are no cases."""
        if "out/y" in self.recorded:
            return [""]
        found = [key.split("/")[1] for key in self.recorded.keys("out/") if key.endswith("/y")]
        return sorted(found, key=lambda case: case != "same")

    def prompt(self, case: str) -> tuple[Prompt] | tuple[()]:
        """What the network takes beside poses and step."""
        if not isinstance(self.model, FinePOSE):
            return ()
        recorded = self.recorded
        parts = recorded.tensor("in/pre_ids").long()
        key = "in/text_ids" + (f"_{case}" if case else "")
        actions = recorded.tensor(key).long() if key in recorded else parts.new_zeros(len(recorded["in/x2d"]), 77)
        return (self.model.prompt(actions, parts),)

    def flip(self, poses: Tensor) -> Tensor:
        return torch.cat([-poses[..., :1], poses[..., 1:]], dim=-1)[..., self.mirror, :]


def compare(recorded: Recorded) -> Iterator[Check]:
    """Yield what the package computes for the arrays of the recording."""
    network = Network(recorded)
    yield from _weights(network)
    with torch.no_grad():
        for case in network.cases:
            yield from _forward(network, case)
        if "ddim/preds" in recorded:
            yield from _sampler(network)
    if "train/pred" in recorded:
        yield from _training(network)


def _weights(network: Network) -> Iterator[Check]:
    for name, values in network.schedule.buffers().items():
        if f"sd/{name}" in network.recorded:
            yield Check(f"sd/{name}", values.numpy())
    key = "check/first_values_json"
    if key in network.recorded:
        parameters = {released_name(name): value for name, value in network.model.named_parameters()}
        for name, first in json.loads(str(network.recorded[key])).items():
            yield Check(key, parameters[name].detach().flatten()[:len(first)].numpy(), expected=np.array(first))


def _forward(network: Network, case: str) -> Iterator[Check]:
    recorded = network.recorded
    with _Watch(network.model) as seen:
        y = network.model(recorded.tensor("in/x2d"), recorded.tensor("in/x3d_t"), recorded.tensor("in/t"),
                          *network.prompt(case))
    seen["y"] = y
    for folder in ("out", "mid"):
        prefix = f"{folder}/{case}/" if case else f"{folder}/"
        for key in recorded.keys(prefix):
            name = key.removeprefix(prefix)
            if name.endswith("_frame0"):
                part = seen[name.removesuffix("_frame0")]
                yield Check(key, part[:, :recorded[key].shape[1]].numpy())
            elif name in seen:
                value = seen[name]
                shape = recorded[key].shape
                yield Check(key, (value.reshape(shape) if value.numel() == np.prod(shape) else value).numpy())


class _Watch:
    """Collects the outputs of the modules whose results were recorded."""

    def __init__(self, model: MixSTE) -> None:
        self.places: dict[str, tuple[nn.Module, Callable[[Tensor], Tensor]]] = {
            "time_mlp": (model.time_mlp, _same), "patch_embed": (model.Spatial_patch_to_embedding, _same),
            "ste0": (model.STEblocks[0], _same), "tte0": (model.TTEblocks[0], _same),
            "tte_last": (model.TTEblocks[-1], _same)}
        if isinstance(model, FinePOSE):
            prompt = model.prompt
            self.places |= {"cross_attn_out": (model.temporal_cross_attn, _same),
                            "clip_out": (prompt.clip_text, _tokens_first), "xf_out": (prompt.text_ln, _tokens_first),
                            "xf_proj": (prompt.text_proj, _same)}
            self.positions, self.clip_transformer = prompt.clip_text.positional_embedding, prompt.clip_text.transformer

    def __enter__(self) -> dict[str, Tensor]:
        seen: dict[str, Tensor] = {}

        def keep(name: str, turn: Callable[[Tensor], Tensor]) -> Callable[..., None]:
            return lambda _module, _given, output: seen.update({name: turn(output)})

        self.hooks = [module.register_forward_hook(keep(name, turn)) for name, (module, turn) in self.places.items()]
        if hasattr(self, "clip_transformer"):
            self.hooks.append(self.clip_transformer.register_forward_pre_hook(
                lambda _module, given: seen.update(clip_in=_tokens_first(given[0]))))
        return seen

    def __exit__(self, *_: object) -> None:
        for hook in self.hooks:
            hook.remove()


def _same(value: Tensor) -> Tensor:
    return value


def _tokens_first(value: Tensor) -> Tensor:
    return value.transpose(0, 1)


def _sampler(network: Network) -> Iterator[Check]:
    recorded, model = network.recorded, network.model
    prompt = network.prompt(network.cases[0])
    plain, mirrored = recorded.tensor("in/x2d"), recorded.tensor("in/x2d_flip")
    iterations = recorded["ddim/preds"].shape[1]
    draws = [recorded.tensor(f"ddim/noise_step{i}") for i in range(iterations - 1)]

    def denoise(noisy: Tensor, step: int) -> Tensor:
        t = torch.full((len(noisy),), step)
        return (model(plain, noisy, t, *prompt) + network.flip(model(mirrored, network.flip(noisy), t, *prompt))) / 2

    following = iter(draws)
    found = ddim_sample(denoise, recorded.tensor("ddim/noise_init"), network.schedule, iterations=iterations,
                        noise=lambda _: next(following))
    predictions = torch.stack([prediction.clean for prediction in found], dim=1)
    yield Check("ddim/preds", predictions.numpy() / np.float32(network.unit), network.unit)


def _training(network: Network) -> Iterator[Check]:
    """Gradients are those of L * grad L, with the loss in the recording's unit."""
    recorded, model, unit = network.recorded, network.model, network.unit
    truth, t = recorded.tensor("train/x0"), recorded.tensor("train/t")
    noisy = network.schedule.diffuse(truth * unit, recorded.tensor("train/noise"), t)
    if "train/x_t" in recorded:
        yield Check("train/x_t", noisy.numpy())
    estimate = model(recorded.tensor("in/x2d"), noisy[:, None], t, *network.prompt(network.cases[0]))[:, 0] / unit
    yield Check("train/pred", estimate.detach().numpy(), unit)
    loss = position_loss(estimate, truth)
    yield Check("train/loss", loss.detach().numpy(), unit)
    model.zero_grad()
    backward_as_released(loss)
    gradients = {released_name(name): parameter.grad for name, parameter in model.named_parameters()}
    for key in recorded.keys("train/grad/"):
        gradient = gradients[key.removeprefix("train/grad/")]
        yield Check(key, np.array(np.nan) if gradient is None else gradient.numpy(), unit**2)
    if "train/grad_norms_json" in recorded:
        yield from _gradient_norms(json.loads(str(recorded["train/grad_norms_json"])), gradients, unit**2)


def _gradient_norms(norms: dict[str, float | None], gradients: dict[str, Tensor | None],
                    unit: float) -> Iterator[Check]:
    """Norms, and for parameters that got no gradient at all that this is so here too."""
    names = [name for name, norm in norms.items() if norm is not None or name in gradients]
    for name in names:
        norm, gradient = norms[name], gradients.get(name)
        if norm is None or gradient is None:
            yield Check("train/grad_norms_json", np.array(gradient is None), expected=np.array(norm is None))
        else:
            yield Check("train/grad_norms_json", gradient.norm().numpy(), unit, expected=np.array(norm))

"""Recordings of a released STCFormer: its poses and its first block, of any width, depth and numbers of heads."""

from collections.abc import Iterator

import torch
from torch import Tensor

from parity_layouts.recorded import Check, Recorded
from vid2pose3d.models.config import DenoiserConfig
from vid2pose3d.models.stcformer import STCBlock, STCFormer

_WEIGHTS = "sd/"


def recognises(recorded: Recorded) -> bool:
    return "in/x" in recorded and any("stc_block.0.stc_att." in key for key in recorded.keys(_WEIGHTS))


def compare(recorded: Recorded) -> Iterator[Check]:
    """Yield what the package computes for the arrays of the recording."""
    state = {key.removeprefix(_WEIGHTS).removeprefix("module."): recorded.tensor(key)
             for key in recorded.keys(_WEIGHTS)}
    given = recorded.tensor("in/x")
    model = STCFormer(sizes(state, frames=given.shape[1])).eval()
    model.load_state_dict(state)
    seen: dict[str, Tensor] = {}
    blocks = model.stcformer["stc_block"]
    blocks[0].register_forward_pre_hook(lambda _module, inputs: seen.update({"mid/embed": inputs[0]}))
    for number, block in enumerate(blocks):
        _watch(block, number, seen)
    with torch.inference_mode():
        seen["out/y"] = model(given)
    for key, value in seen.items():
        if key in recorded:
            yield Check(key, value.numpy())


def sizes(state: dict[str, Tensor], *, frames: int) -> DenoiserConfig:
    """The sizes that parameters were made with; the part embedding is as wide as half a head."""
    width, channels = state["pose_emb.weight"].shape
    depth = len({name.split(".")[2] for name in state if ".stc_block." in f".{name}"})
    first = "stcformer.stc_block.0"
    return DenoiserConfig(
        width=width, depth=depth, frames=frames, heads=width // 2 // state[f"{first}.stc_att.emb.weight"].shape[1],
        hidden_ratio=state[f"{first}.mlp.fc1.weight"].shape[0] // width, input_channels=channels, direct="stcformer")


def _watch(block: STCBlock, number: int, seen: dict[str, Tensor]) -> None:
    block.stc_att.register_forward_hook(
        lambda _module, _given, output: seen.update({f"mid/block{number}_attention": output}))
    block.register_forward_hook(lambda _module, _given, output: seen.update({f"mid/block{number}": output}))

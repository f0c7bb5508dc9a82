"""What the training loops share: clips, folders of runs, groups of parameters, their moving average."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from vid2pose3d.data.mocap import MocapClip, select
from vid2pose3d.errors import InputError


def usable_clips(clips: list[MocapClip], split: str, data: Path, *, free_only: bool) -> list[MocapClip]:
    """The clips of a split, of the folder `data`, that a run may use. Raises InputError where there is none."""
    chosen = select(clips, split=split, free_only=free_only)
    if not chosen:
        free = " under a licence that allows any use" if free_only else ""
        raise InputError(f"--data {data}: no clip of split {split!r}{free}; add some")
    return chosen


def prepare_folder(folder: Path, recipe: dict[str, Any], *, resume: bool) -> None:
    """Make the folder of a run, with its recipe. Raises InputError where it holds a run already, or cannot be made."""
    if not resume and (folder / "checkpoint.pt").exists():
        raise InputError(f"--out {folder} holds a run already; pass --resume to go on with it, or another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "recipe.json").write_text(json.dumps(recipe, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"--out {folder} cannot be written: {error.strerror}; choose another folder") from error


def parameter_groups(model: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Weight decay for matrices; none for biases, norms and embeddings of positions. Frozen weights are left out."""
    trained = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    decayed = [p for name, p in trained if p.dim() == 2 and "embed" not in name]
    ids = {id(p) for p in decayed}
    others = [p for _, p in trained if id(p) not in ids]
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]


def moving_average(decay: float) -> Any:
    """The update of an exponential moving average whose first steps forget faster, for AveragedModel."""
    @torch.no_grad()
    def update(averaged: Sequence[Tensor], current: Sequence[Tensor], count: Tensor) -> None:
        kept = min(decay, (1 + int(count)) / (10 + int(count)))
        torch._foreach_lerp_(list(averaged), list(current), 1 - kept)
    return update

"""The mean of several lifters that were trained on from one another (model soup, Wortsman et al. 2022)."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from vid2pose3d.errors import InputError
from vid2pose3d.train.start import reads_a_prompt
from vid2pose3d.weights import LifterWeights, load, save


@torch.no_grad()
def average(weights: Sequence[str], out: Path) -> None:
    """Write the mean of two or more weights, by name or file, to `out`, in half precision.

    What reads a prompt, and all but the parameters, is the last one's: a prompt branch that started anew has nothing in
    common with earlier ones. The stored recipe is the last one's too, with the SHA-256 of all in order. The result is
    not calibrated. Raises InputError for weights of other sizes or inputs.
    """
    if len(weights) < 2:
        raise InputError(f"{' '.join(weights)}: one lifter is its own mean; give two or more")
    lifters = [load(one) for one in weights]
    *others, last = lifters
    for other in others:
        _check_alike(other, last)
    states = [lifter.model.state_dict() for lifter in lifters]
    mean = {name: value if reads_a_prompt(name) else torch.stack([state[name] for state in states]).mean(dim=0)
            for name, value in states[-1].items()}
    last.model.load_state_dict(mean)
    training = {**last.config.training, "averaged_sha256": [lifter.sha256 for lifter in lifters]}
    save(out, last.model, replace(last.config, training=training, calibration=None), half=True)


def _check_alike(one: LifterWeights, other: LifterWeights) -> None:
    kept = [{name: value.shape for name, value in lifter.model.state_dict().items() if not reads_a_prompt(name)}
            for lifter in (one, other)]
    alike = all(getattr(one.config, name) == getattr(other.config, name) for name in ("input", "fps", "unit"))
    if kept[0] != kept[1] or not alike:
        raise InputError(f"{one.name} and {other.name} differ in size, input, frame rate or unit; only lifters that "
                         "were trained on from one another (train lifter --init) have a mean")

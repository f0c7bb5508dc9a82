"""The model card that a run writes beside its weights."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from vid2pose3d.files import replacing
from vid2pose3d.models.config import LIFTER_TITLES
from vid2pose3d.train.material import Material, Take
from vid2pose3d.train.settings import TrainSettings
from vid2pose3d.train.validate import Errors
from vid2pose3d.weights import LifterConfig, sha256

_CREDITS = {"CMU-mocap": "The data used in this project was obtained from mocap.cs.cmu.edu. The database was "
                         "created with funding from NSF EIA-0196217."}
"""Words that a licence, by its first letters, asks for."""
_CREDITED = ("CC BY", "MIT")
"""Licences, by their first letters, that ask for the authors' names."""


def write_card(path: Path, weights: Path, config: LifterConfig, *, material: Material, settings: TrainSettings,
               step: int, seconds: float, errors: Errors) -> None:
    """Write in Markdown what `weights` are, from what data and by what recipe, and how well they do.

    step, seconds: when they were best, and how long all parts of the run took until then; errors: on the
    validation split.
    """
    denoiser, prompt = config.denoiser, config.denoiser.prompt
    megabytes = weights.stat().st_size / 1e6
    lines = [
        f"# {weights.stem}", "",
        f"{LIFTER_TITLES[denoiser.kind]} lifter, trained by `vid2pose3d train lifter`.", "",
        f"- File: `{weights.name}`, {megabytes:.1f} MB, half precision, SHA-256 `{sha256(weights)}`",
        f"- Network: width {denoiser.width}, depth {denoiser.depth}, {denoiser.heads} heads"
        + ("" if prompt is None else f"; text tower of {prompt.layers} layers, width {prompt.width}; behaviour "
                                     f"`{prompt.behaviour}`{', prompt in every block' if prompt.every_block else ''}"),
        f"- Input: {denoiser.frames} frames at {config.fps:g} frames/s of 17 Human3.6M joints in 2D; output: 17 "
        "joints, metres, relative to the pelvis",
        "", "## Training data", "", f"{material.about} SHA-256 of the data: `{material.sha256}`.", "",
        *data_table(material.takes), "",
        *credit_lines(material.takes),
        "## Recipe", "",
        f"Best of the run at step {step} of {settings.steps}, {settings.batch} windows each, after {seconds / 60:.0f} "
        f"minutes on {settings.devices} {'process' if settings.devices == 1 else 'processes'}.", "",
        *(f"- {name}: {value}" for name, value in vars(settings).items()),
        "", "## Measured", "",
        "Validation split, one hypothesis, one iteration, no flip: "
        f"MPJPE {errors.mpjpe:.1f} mm, P-MPJPE {errors.p_mpjpe:.1f} mm told the label; MPJPE "
        f"{errors.mpjpe_untold:.1f} mm told nothing. The validation split chose these weights.", "",
    ]
    with replacing(path) as temporary:
        temporary.write_text("\n".join(lines), encoding="utf-8")


def data_table(takes: Sequence[Take]) -> list[str]:
    """Markdown: minutes by licence and split."""
    groups: dict[tuple[str, str], list[Take]] = defaultdict(list)
    for take in takes:
        groups[take.split, take.licence].append(take)
    rows = [f"| {licence} | {split} | {len({take.subject for take in group})} | {len(group)} | "
            f"{sum(take.seconds for take in group) / 60:.1f} |" for (split, licence), group in sorted(groups.items())]
    return ["| licence | split | people | clips | minutes |", "|---|---|---|---|---|", *rows]


def credit_lines(takes: Iterable[Take]) -> list[str]:
    """Markdown: the words that the licences of the training part ask for, and whose names."""
    training = {(take.licence, take.source) for take in takes if take.split == "train"}
    asked = [words for start, words in _CREDITS.items() if any(licence.startswith(start) for licence, _ in training)]
    named = sorted(f"- {source}: {licence}, changed: converted, cut, varied"
                   for licence, source in training if licence.startswith(_CREDITED))
    lines = [f'"{words}"\n' for words in asked]
    return [*lines, "Pass on with the weights, with their authors' names:", "", *named, ""] if named else lines

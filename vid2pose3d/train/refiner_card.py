"""The model card that a refiner's run writes beside its weights."""

from collections.abc import Sequence
from pathlib import Path

from vid2pose3d.data.mocap import MocapClip
from vid2pose3d.files import replacing
from vid2pose3d.refine.weights import RefinerConfig
from vid2pose3d.train.card import credit_lines, data_table
from vid2pose3d.train.material import mocap_takes
from vid2pose3d.train.settings import RefinerSettings
from vid2pose3d.train.validate import RefinedErrors
from vid2pose3d.weights import sha256


def write_refiner_card(weights: Path, config: RefinerConfig, *, train: Sequence[MocapClip],
                       validation: Sequence[MocapClip], settings: RefinerSettings, epoch: int, seconds: float,
                       before: RefinedErrors, after: RefinedErrors) -> None:
    """Write `weights` with the ending .md: what they are, from what data and by what recipe, and how well they do.

    before, after: errors of the lifter's poses on the validation split, and of the refined ones.
    """
    network, takes = config.network, mocap_takes([*train, *validation])
    origin = (f"{settings.folds} lifters that never saw the person" if settings.folds else "the lifter itself")
    lines = [
        f"# {weights.stem}", "",
        f"Refiner for the lifter `{config.base}` (SHA-256 `{config.base_sha256}`), trained by `vid2pose3d train "
        "refiner`.", "",
        f"- File: `{weights.name}`, {weights.stat().st_size / 1e6:.1f} MB, SHA-256 `{sha256(weights)}`",
        f"- {_method(config)}",
        f"- Input: windows of {network.frames} frames at {config.fps:g} frames/s, the lifter's 2D and its poses",
        "", "## Training data", "",
        "Motion capture, seen by virtual cameras and a simulated detector (synthetic), lifted by "
        f"{origin}. Data: `{config.training['data_sha256']}`.", "",
        *data_table(takes), "", *credit_lines(takes),
        "## Recipe", "",
        f"Best of the run at epoch {epoch} of {settings.epochs}, after {seconds / 60:.0f} minutes, the lifters' "
        "training not counted." if network.depth else "Fitted in closed form.", "",
        *(f"- {name}: {value}" for name, value in vars(settings).items()),
        f"- correlation of neighbouring frames' errors, as measured: {config.training['frame_correlation']}",
        "", "## Measured", "",
        "Validation split, which chose these weights, synthetic 2D, no prompt:", "",
        "| | MPJPE, mm | P-MPJPE, mm | acceleration error, mm/frame^2 |", "|---|---|---|---|",
        f"| lifter | {before.mpjpe:.1f} | {before.p_mpjpe:.1f} | {before.acceleration:.1f} |",
        f"| lifter and refiner | {after.mpjpe:.1f} | {after.p_mpjpe:.1f} | {after.acceleration:.1f} |", "",
    ]
    with replacing(weights.with_suffix(".md")) as temporary:
        temporary.write_text("\n".join(lines), encoding="utf-8")


def _method(config: RefinerConfig) -> str:
    network = config.network
    if not network.depth:
        return "No network: it takes the error off that is expected of the 2D and the poses (D3PRefiner, Eq. 5)"
    return f"Network: {network.depth} blocks, width {network.width}, {network.heads} heads; K = {config.iterations}"

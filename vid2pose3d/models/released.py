"""State dicts in the names of the released FinePOSE and D3DP checkpoints."""

from collections.abc import Mapping

from torch import Tensor

_PROMPT = ("ctx_", "clip_text.", "textTransEncoder.", "text_ln.", "text_proj.")
_UNUSED = ("clip_text.visual.", "clip_text.logit_scale", "clip_text.text_projection")


def from_released(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The denoiser's parameters under this package's names.

    Takes the released nesting (`module.pose_estimator.` or without `module.`) and drops what the denoiser does not
    have: the sampler's buffers, CLIP's image tower, its projection and its logit scale.
    """
    found = {}
    for key, value in state.items():
        name = key.removeprefix("module.")
        if not name.startswith("pose_estimator."):
            continue
        name = name.removeprefix("pose_estimator.")
        if not name.startswith(_UNUSED):
            found[f"prompt.{name}" if name.startswith(_PROMPT) else name] = value
    return found

"""Denoisers by configuration."""

from vid2pose3d.models.config import DenoiserConfig
from vid2pose3d.models.mixste import MixSTE


def build_denoiser(config: DenoiserConfig) -> MixSTE:
    """FinePOSE where the configuration has a prompt, D3DP's denoiser otherwise."""
    if config.prompt is None:
        return MixSTE(config)
    from vid2pose3d.models.finepose import FinePOSE  # imports open_clip, which takes seconds

    return FinePOSE(config)

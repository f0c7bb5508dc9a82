"""A lifter's network by its configuration."""

from vid2pose3d.models.config import DenoiserConfig
from vid2pose3d.models.mixste import DirectMixSTE, MixSTE
from vid2pose3d.models.stcformer import STCFormer

Deterministic = DirectMixSTE | STCFormer
"""2D (B, F, J, C) in, poses (B, F, J, 3) out."""
LifterNetwork = MixSTE | Deterministic


def build_network(config: DenoiserConfig) -> LifterNetwork:
    """The denoiser, or the deterministic lifter, that the configuration describes."""
    if config.direct is None:
        return build_denoiser(config)
    return STCFormer(config) if config.direct == "stcformer" else DirectMixSTE(config)


def build_denoiser(config: DenoiserConfig) -> MixSTE:
    """FinePOSE where the configuration has a prompt, D3DP's denoiser otherwise."""
    if config.prompt is None:
        return MixSTE(config)
    from vid2pose3d.models.finepose import FinePOSE  # imports open_clip, which takes seconds

    return FinePOSE(config)

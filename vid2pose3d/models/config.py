"""Constructor arguments of the networks, as plain data that is stored inside a weights file."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

Behaviour = Literal["released", "corrected"]
InputKind = Literal["screen", "person"]
"""How the 2D is normalised: over the picture, or around the person (lift/inputs.py)."""
DirectKind = Literal["mixste", "stcformer"]
LifterKind = Literal["finepose", "d3dp", "mixste", "stcformer"]
Centre = Literal["expected", "constant"]
"""From where a refiner's network estimates errors: what is expected of the 2D and the estimate, or the mean error."""
Context = Literal["frame", "motion"]
"""What a refiner's expected error depends on: a frame's 2D and estimate, or moving means of the estimate too."""
REFINER_STEPS = 50
"""Of the refiner's diffusion (D3PRefiner, section 4.2)."""
LIFTER_TITLES: dict[LifterKind, str] = {"finepose": "FinePOSE", "d3dp": "D3DP", "mixste": "MixSTE",
                                        "stcformer": "STCFormer"}


@dataclass(frozen=True)
class PromptGroup:
    """One part of the prompt: learnable vectors followed by the tokens of a text."""

    name: str
    learnable: int
    tokens: int
    text: str | None
    """Fixed text of the group; None stands for the action that the user gives."""

    @property
    def length(self) -> int:
        return self.learnable + self.tokens


def _groups(*rows: tuple[str, int, int, str | None]) -> tuple[PromptGroup, ...]:
    return tuple(PromptGroup(*row) for row in rows)


H36M_GROUPS = _groups(("subject", 3, 4, "A person"), ("verb", 8, 4, None), ("speed", 6, 4, "speed"),
                      ("head", 6, 4, "head"), ("body", 6, 4, "body"), ("arm", 10, 4, "arm"), ("leg", 10, 4, "leg"))
"""The prompt of the release for Human3.6M: 77 vectors."""

MPI3DHP_GROUPS = _groups(("subject", 5, 4, "A person"), ("speed", 8, 4, "speed"), ("head", 8, 4, "head"),
                         ("body", 8, 4, "body"), ("arm", 12, 4, "arm"), ("leg", 12, 4, "leg"))
"""The prompt of the release for MPI-INF-3DHP, which has no action: 77 vectors, pooled at the last."""

FREE_TEXT_GROUPS = _groups(("subject", 2, 4, "A person"), ("verb", 4, 16, None), ("speed", 2, 3, "speed"),
                           ("head", 2, 3, "head"), ("body", 2, 3, "body"), ("arm", 2, 3, "arm"),
                           ("leg", 2, 3, "leg"))
"""A shorter prompt with room for a whole phrase as the action: 51 vectors."""


@dataclass(frozen=True)
class PromptConfig:
    """Sizes of FinePOSE's prompt branch (FPP) and how it behaves.

    released: the CLIP transformer and the learnable vectors get no gradient, each text counts with its first
    `tokens` tokens, texts are paired with rows modulo the batch, and the pooled vector is read at the position
    that the action's end token has in the action text alone. corrected: all of it trains, the end token is always
    kept, each sample has its own text, and the pooled vector is read at the action's end token.
    """

    groups: tuple[PromptGroup, ...]
    width: int
    heads: int
    layers: int
    encoder_layers: int
    encoder_heads: int
    encoder_hidden: int
    behaviour: Behaviour
    vocabulary: int | tuple[int, ...]
    """Size of a complete CLIP vocabulary, or the CLIP token ids that have an embedding (others share one)."""
    pooled_position: int | None = None
    """Fixed position of the pooled vector, where the prompt has no action."""
    frozen: bool = False
    """Whether the text tower keeps its weights in training; gradients still pass through it to the vectors."""
    feature_noise: float = 0.0
    """Noise on the tower's features in training, relative to their spread, so that near texts mean the same."""
    every_block: bool = False
    """Whether the poses attend to the prompt before every temporal block; else, as released, before the first only."""
    neutral: tuple[str, ...] = ()
    """Actions whose mean is the prompt of an unknown action; none: the empty text is."""

    @property
    def length(self) -> int:
        return sum(group.length for group in self.groups)

    @property
    def known(self) -> tuple[int, ...] | None:
        """The CLIP token ids that have an embedding; None: all."""
        return None if isinstance(self.vocabulary, int) else self.vocabulary

    @property
    def has_action(self) -> bool:
        return any(group.text is None for group in self.groups)

    @property
    def action_room(self) -> int:
        """Tokens of an action that count, beside its start and, unless `released` cuts it off, its end."""
        kept = sum(group.tokens for group in self.groups if group.text is None)
        return max(kept - (1 if self.behaviour == "released" else 2), 0)


@dataclass(frozen=True)
class DenoiserConfig:
    """Sizes of a lifter's network: D3DP's denoiser where `prompt` is None, FinePOSE's otherwise, or one without
    diffusion.
    """

    width: int
    depth: int
    frames: int
    heads: int = 8
    hidden_ratio: int = 2
    joints: int = 17
    input_channels: int = 2
    """Channels of the 2D input per joint, before the three of the noisy pose."""
    drop_path: float = 0.1
    prompt: PromptConfig | None = None
    direct: DirectKind | None = None
    """The network that gives one answer for the 2D, in place of a denoiser."""
    dropout: float = 0.0
    """In STCFormer's MLPs."""

    @property
    def kind(self) -> LifterKind:
        """What this lifter is called."""
        return self.direct or ("d3dp" if self.prompt is None else "finepose")

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "DenoiserConfig":
        """Raises TypeError or KeyError where `values` is not a configuration."""
        values = dict(values)
        prompt = values.pop("prompt", None)
        return cls(**values, prompt=None if prompt is None else _prompt_from_dict(prompt))


@dataclass(frozen=True)
class PoseDenoiserConfig:
    """Sizes of a refiner's network."""

    frames: int
    """Of the windows that it trains on; it takes others too."""
    input_channels: int = 2
    width: int = 256
    depth: int = 8
    heads: int = 8
    dropout: float = 0.1


def _prompt_from_dict(values: dict[str, Any]) -> PromptConfig:
    values = dict(values)
    groups = tuple(PromptGroup(**group) for group in values.pop("groups"))
    vocabulary, neutral = values.pop("vocabulary"), tuple(values.pop("neutral", ()))
    return PromptConfig(**values, groups=groups, neutral=neutral,
                        vocabulary=vocabulary if isinstance(vocabulary, int) else tuple(vocabulary))

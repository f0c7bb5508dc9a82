"""A lifter's network as one ONNX file, with the prompt of one action inside, for use without this program."""

import json
import warnings
from pathlib import Path
from types import ModuleType

import numpy as np
import torch
from torch import Tensor, nn

from vid2pose3d.errors import InputError
from vid2pose3d.files import replacing
from vid2pose3d.lift import Lifter
from vid2pose3d.models.prompt import Prompt
from vid2pose3d.weights import LifterWeights

INPUTS, OUTPUT = ("x2d", "noisy", "t"), "poses"
"""A deterministic lifter has the first input only."""
_OPSET = 20
_TOLERANCE = 1e-4
"""Largest error against torch, in the network's unit."""


class _Prompted(nn.Module):
    """A denoiser that was told its action."""

    def __init__(self, model: nn.Module, prompt: Prompt | None) -> None:
        super().__init__()
        self.model, self.prompt = model, prompt

    def forward(self, x2d: Tensor, noisy: Tensor, t: Tensor) -> Tensor:
        if self.prompt is None:
            return self.model(x2d, noisy, t)
        return self.model(x2d, noisy, t, self.prompt.expand(x2d.shape[0]))


def export_onnx(weights: LifterWeights, path: Path, *, action: str | None) -> float | None:
    """Write the network of `weights`, told `action` (None: the neutral prompt), as the ONNX file `path`.

    Returns its largest error against torch on random input, in the network's unit; None where onnxruntime is not
    installed to measure it. Raises InputError where the packages to write it are not installed, and RuntimeError where
    the error exceeds 1e-4: then nothing is written.
    """
    onnx = _onnx()
    lifter = Lifter(weights)
    model = weights.model if lifter.deterministic else _Prompted(weights.model, lifter.encode([action])).eval()
    given = _example(weights, batch=2, hypotheses=3)
    with replacing(path) as temporary:
        batch, hypotheses = torch.export.Dim("batch"), torch.export.Dim("hypotheses")
        with warnings.catch_warnings(action="ignore"):  # about names of axes and about torch's own deprecated calls
            program = torch.onnx.export(
                model, given, input_names=list(INPUTS[:len(given)]), output_names=[OUTPUT],
                dynamic_shapes=({0: batch}, {0: batch, 1: hypotheses}, {0: batch})[:len(given)], opset_version=_OPSET,
                dynamo=True, external_data=False, verbose=False)
            assert program is not None  # as it is with dynamo=True
        content = program.model_proto
        about = {"config": json.dumps(weights.config.to_dict()), "sha256": weights.sha256, "action": action or ""}
        onnx.helper.set_model_props(content, {f"vid2pose3d.{key}": value for key, value in about.items()})
        onnx.save(content, temporary)
        error = _error(temporary, model, _example(weights, batch=3, hypotheses=2))
        if error is not None and not error <= _TOLERANCE:
            raise RuntimeError(f"the exported network differs from torch by {error:.2g}")
    return error


def _onnx() -> ModuleType:
    try:
        import onnx
        import onnxscript  # noqa: F401 (what torch writes the file with)
    except ImportError as error:
        raise InputError(f"weights export needs the package {error.name}; install it: "
                         "pip install 'vid2pose3d[onnx]'") from error
    return onnx


def _example(weights: LifterWeights, *, batch: int, hypotheses: int) -> tuple[Tensor, ...]:
    sizes, drawn = weights.config.denoiser, torch.Generator().manual_seed(0)
    window = (sizes.frames, sizes.joints)
    x2d = torch.randn(batch, *window, sizes.input_channels, generator=drawn)
    if sizes.direct is not None:
        return (x2d,)
    return x2d, torch.randn(batch, hypotheses, *window, 3, generator=drawn), torch.linspace(999, 0, batch).long()


@torch.no_grad()
def _error(path: Path, model: nn.Module, given: tuple[Tensor, ...]) -> float | None:
    try:
        import onnxruntime
    except ImportError:
        return None
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    found, = session.run([OUTPUT], {name: value.numpy() for name, value in zip(INPUTS, given, strict=False)})
    return float(np.abs(found - model(*given).numpy()).max())

"""Import open_clip, which takes seconds, only when it is needed and also beside a torchvision for another torch."""

import importlib
from functools import cache
from types import ModuleType

import torch


@cache
def open_clip() -> ModuleType:
    """The open_clip module.

    torchvision, which open_clip imports, fails where its compiled operators do not load (a CUDA build beside a CPU
    torch). Nothing of text needs them, so their schemas are defined first.
    """
    try:
        import torchvision  # noqa: F401
    except RuntimeError:
        library = torch.library.Library("torchvision", "DEF")
        library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _kept.append(library)
    return importlib.import_module("open_clip")


_kept: list[torch.library.Library] = []
"""A library's definitions live as long as it does."""

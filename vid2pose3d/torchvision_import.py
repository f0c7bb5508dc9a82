"""Make torchvision importable also where its compiled operators do not load (a CUDA build beside a CPU torch)."""

from functools import cache

import torch


@cache
def import_torchvision() -> None:
    """Import torchvision. Where its operators do not load, their schemas are defined first: nothing here calls them."""
    try:
        import torchvision  # noqa: F401
    except RuntimeError:
        library = torch.library.Library("torchvision", "DEF")
        library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _kept.append(library)


_kept: list[torch.library.Library] = []
"""A library's definitions live as long as it does."""

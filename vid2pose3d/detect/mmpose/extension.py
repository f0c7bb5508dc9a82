"""What lets MMPose and MMDetection be imported beside wheels alone: stand-ins for two compiled packages."""

import importlib
import importlib.util
import math
import sys
import warnings
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, NoReturn

import numpy as np
import torch
from torch import Tensor

from vid2pose3d.errors import InputError
from vid2pose3d.torchvision_import import import_torchvision

CURE = "run: bash scripts/setup_mmpose.sh, or see the README"
PACKAGES = ("mmengine", "mmcv", "mmdet", "mmpose", "pycocotools")


def check_packages() -> None:
    """Raises InputError where one of the packages is not installed."""
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise InputError(f"the detector mmpose needs the package {missing[0]}, which is not installed; {CURE}")


def prepare() -> None:
    """Make the packages importable and register what they define; the stand-ins only where the real ones are absent.

    Raises InputError where that cannot be done.
    """
    check_packages()
    try:
        with warnings.catch_warnings():  # of setuptools, about what MMEngine imports of it
            warnings.simplefilter("ignore")
            _register()
    except Exception as error:  # their own version checks are assertions
        text = " ".join(str(error).split())[:160]
        raise InputError(f"the detector mmpose cannot be loaded ({type(error).__name__}: {text}); {CURE}") from error


def _register() -> None:
    import_torchvision()
    if "mmcv._ext" not in sys.modules and importlib.util.find_spec("mmcv._ext") is None:
        sys.modules["mmcv._ext"] = _Extension()
    # The wheels of xtcocotools are built for another numpy; pycocotools is what it was made from.
    for part in ("", ".coco", ".cocoeval", ".mask"):
        sys.modules.setdefault(f"xtcocotools{part}", importlib.import_module(f"pycocotools{part}"))
    from mmdet.utils import register_all_modules as register_mmdet
    from mmpose.utils import register_all_modules as register_mmpose

    register_mmdet(init_default_scope=False)
    register_mmpose(init_default_scope=False)


def nms(boxes: Tensor, scores: Tensor, iou_threshold: float, offset: int) -> Tensor:
    """Indices of the (N, 4) boxes x0 y0 x1 y1 that overlap no better one by more than `iou_threshold`, best first.

    mmcv's operator of that name; offset: 1 where a box includes the last pixel that it names, else 0.
    """
    x0, y0, x1, y1 = boxes.detach().float().cpu().numpy().T
    x1, y1 = x1 + offset, y1 + offset
    areas = (x1 - x0) * (y1 - y0)
    rest = np.argsort(-scores.detach().float().cpu().numpy(), kind="stable")
    kept = []
    while len(rest):
        best, rest = rest[0], rest[1:]
        kept.append(best)
        wide = np.minimum(x1[best], x1[rest]) - np.maximum(x0[best], x0[rest])
        high = np.minimum(y1[best], y1[rest]) - np.maximum(y0[best], y0[rest])
        common = wide.clip(min=0) * high.clip(min=0)
        rest = rest[common <= iou_threshold * (areas[best] + areas[rest] - common)]
    return torch.tensor(np.array(kept, np.int64), device=boxes.device)


def roi_align_forward(
    input: Tensor, rois: Tensor, output: Tensor, argmax_y: Tensor, argmax_x: Tensor, *, aligned_height: int,
    aligned_width: int, spatial_scale: float, sampling_ratio: int, pool_mode: int, aligned: bool,
) -> None:
    """Writes the means of (N, C, H, W) features over the cells of (K, 5) regions to `output`, (K, C, aligned_height,
    aligned_width). RoIAlign (He et al., ICCV 2017); mmcv's operator of that name.

    rois: number of the picture, then x0 y0 x1 y1, which `spatial_scale` takes to cells of the features; aligned: a
    feature stands for the middle of its cell.
    """
    if pool_mode != _MEAN:
        _refuse("roi_align_forward with maxima")
    shift = 0.5 if aligned else 0.0
    for number, (picture, *corners) in enumerate(rois.tolist()):
        x0, y0, x1, y1 = (corner * spatial_scale - shift for corner in corners)
        wide, high = (x1 - x0, y1 - y0) if aligned else (max(x1 - x0, 1.0), max(y1 - y0, 1.0))
        features = input[int(picture)]
        rows, begin = _means(y0, high, aligned_height, features.shape[1], sampling_ratio)
        columns, left = _means(x0, wide, aligned_width, features.shape[2], sampling_ratio)
        part = features[:, begin:begin + rows.shape[1], left:left + columns.shape[1]]
        output[number] = rows.to(part) @ part @ columns.to(part).T


_MEAN = 1
"""mmcv's number for means as against maxima."""


def _means(start: float, length: float, cells: int, size: int, ratio: int) -> tuple[Tensor, int]:
    """(cells, n) weights of the features first ... first + n - 1 in the mean of each cell's samples, and `first`.

    One axis of RoIAlign: each cell has `ratio` evenly spaced samples (0: as many as features), interpolated linearly;
    samples more than a feature outside count as zero.
    """
    count = ratio if ratio > 0 else math.ceil(length / cells)
    if count <= 0:
        return torch.zeros(cells, 1), 0
    inner = (torch.arange(count) + 0.5) / count
    places = start + length / cells * (torch.arange(cells)[:, None] + inner)
    share = ((places >= -1) & (places <= size)) / count
    places = places.clamp(0, size - 1)
    low = places.floor().long()
    high = (low + 1).clamp(max=size - 1)
    first = int(low.min())
    weights = torch.zeros(cells, int(high.max()) - first + 1)
    weights.scatter_add_(1, low - first, share * (1 - (places - low)))
    weights.scatter_add_(1, high - first, share * (places - low))
    return weights, first


class _Extension(ModuleType):
    """mmcv's compiled operators: those that usual detectors need; any other fails when it is called."""

    def __init__(self) -> None:
        super().__init__("mmcv._ext")
        # Without a loader, by which MMEngine sees that this is not the full mmcv.
        self.__spec__ = ModuleSpec(self.__name__, None)

    nms = staticmethod(nms)
    roi_align_forward = staticmethod(roi_align_forward)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *_arguments, **_options: _refuse(name)


def _refuse(name: str) -> NoReturn:
    raise InputError(f"this network needs mmcv's compiled operator {name}, which mmcv-lite lacks; install the full "
                     "mmcv 2.1.0, which needs a compiler, or choose another network")

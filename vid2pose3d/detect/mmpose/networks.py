"""MMPose's and MMDetection's networks, built from a configuration and a weights file, run on batches."""

import warnings
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import nn

from vid2pose3d.detect.mmpose.zoo import Model
from vid2pose3d.detect.topdown import Boxes
from vid2pose3d.errors import InputError
from vid2pose3d.pickled import read_checkpoint
from vid2pose3d.skeleton import COCO17

INERT = ("mmengine.logging.history_buffer.HistoryBuffer", "builtins.getattr", "__builtin__.getattr",
         "builtins.dict", "__builtin__.dict", "builtins.set", "__builtin__.set")
"""What MMEngine writes of a training run beside the parameters; nobody needs it."""


class _Network(ABC):
    """A network of one of the two packages with its pre-processing."""

    package: Literal["mmpose", "mmdet"]

    def __init__(self, model: Model, checkpoint: Path, *, option: str, device: torch.device, trust: bool) -> None:
        """Raises InputError for a configuration that cannot be built and for weights that do not fit it."""
        from mmengine.config import Config
        from mmengine.dataset import Compose

        with self._scope():
            try:
                self._config = Config.fromfile(model.config)
                self._network: Any = self._build()
                self._prepare = Compose(self._pipeline())
            except Exception as error:  # a configuration may be anything
                text = " ".join(str(error).split())[:200]
                raise InputError(f"{model.config}: cannot be built ({type(error).__name__}: {text}); give a "
                                 f"configuration of {self.package} that needs no further packages") from error
        _load(self._network, checkpoint, model, option=option, trust=trust)
        self._network.to(device).eval()
        if device.type == "cuda":
            halve(self._network, device)

    @abstractmethod
    def _build(self) -> nn.Module:
        """The network of the configuration, with its initial weights."""

    @abstractmethod
    def _pipeline(self) -> list[Any]:
        """The steps that make the network's input of a picture, as configurations."""

    @contextmanager
    def _scope(self) -> Iterator[None]:
        """Names in configurations are those of the package; warnings about what only training needs are dropped."""
        from mmengine.registry import DefaultScope

        with DefaultScope.overwrite_default_scope(self.package), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield

    def _run(self, inputs: Sequence[dict[str, Any]]) -> list[Any]:
        from mmengine.dataset import pseudo_collate

        with self._scope(), torch.inference_mode():
            batch = pseudo_collate([self._prepare(item) for item in inputs])
            return list(self._network.test_step(batch))


class PersonNetwork(_Network):
    """Finds people's boxes with MMDetection."""

    package = "mmdet"

    def find(self, images: Sequence[np.ndarray]) -> list[Boxes]:
        """The people in each (height, width, 3) uint8 picture in blue, green, red; all of one size."""
        height, width = images[0].shape[:2]
        found = [sample.pred_instances.cpu() for sample in self._run([{"img": image, "img_id": 0} for image in images])]
        return [Boxes.inside(people.bboxes.float().numpy(), people.scores.float().numpy(), people.labels.numpy(),
                             size=(width, height)) for people in found]

    def _build(self) -> nn.Module:
        from mmdet.registry import MODELS

        return MODELS.build(self._config.model)

    def _pipeline(self) -> list[Any]:
        from mmdet.utils import get_test_pipeline_cfg

        steps = [step for step in get_test_pipeline_cfg(self._config) if step["type"] != "LoadAnnotations"]
        return [{"type": "mmdet.LoadImageFromNDArray"}, *steps[1:]]


class PoseNetwork(_Network):
    """Finds the joints of people whose boxes are known with MMPose, flip test and all as its configuration says."""

    package = "mmpose"

    def find(self, tasks: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
        """(N, J, 2) pixels and (N, J) scores for N pairs of a picture in blue, green, red and a (4,) box in it."""
        inputs = [{"img": image, "bbox": box[None].astype(np.float32), "bbox_score": np.ones(1, np.float32),
                   **self._meta} for image, box in tasks]
        found = [sample.pred_instances for sample in self._run(inputs)]
        return (np.stack([people.keypoints[0] for people in found]),
                np.stack([people.keypoint_scores[0] for people in found]))

    def _build(self) -> nn.Module:
        from mmpose.apis.inference import dataset_meta_from_config
        from mmpose.models import build_pose_estimator

        self._meta = dataset_meta_from_config(self._config, dataset_mode="train")
        names = [self._meta["keypoint_id2name"][number] for number in range(self._meta["num_keypoints"])]
        if tuple(names[:len(COCO17)]) != COCO17.joints:
            raise InputError(f"its joints ({', '.join(names[:4])}, ...) do not begin with COCO's 17")
        self._config.model.train_cfg = None
        return build_pose_estimator(self._config.model)

    def _pipeline(self) -> list[Any]:
        return list(self._config.test_dataloader.dataset.pipeline)


def halve(network: Any, device: torch.device) -> None:
    """Compute the network's features in half precision from now on; heads and decoding stay in single precision."""
    extract = network.extract_feat

    def half(inputs: torch.Tensor) -> Any:
        with torch.autocast(device.type, dtype=torch.float16):
            return _single(extract(inputs))

    network.extract_feat = half


def _single(features: Any) -> Any:
    if isinstance(features, torch.Tensor):
        return features.float()
    return type(features)(_single(feature) for feature in features)


def _load(network: nn.Module, path: Path, model: Model, *, option: str, trust: bool) -> None:
    """Raises InputError where the file's parameters are not all those of the network."""
    content = _unpickled(path) if trust else read_checkpoint(
        path, inert=INERT, cure="if you trust whoever made this file, --trust-checkpoint lets it execute that")
    saved = content.get("state_dict", content)
    state = OrderedDict((name.removeprefix("module."), value) for name, value in saved.items()
                        if isinstance(value, torch.Tensor))
    # By the versions in it MMPose knows whether it must rename the parameters of its earlier releases.
    state._metadata = getattr(saved, "_metadata", None)  # type: ignore[attr-defined]
    try:
        missing = network.load_state_dict(state, strict=False).missing_keys
    except RuntimeError as error:
        missing = [str(error).splitlines()[-1].strip()]
    if missing:
        raise InputError(f"{option} {path}: does not fit {model.name} ({len(missing)} of its parameters, among them "
                         f"{missing[0][:120]}); give the weights of that network, or its configuration")


def _unpickled(path: Path) -> Mapping[str, Any]:
    """The content of a file that may execute anything."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=False)
    except Exception as error:
        raise InputError(f"{path}: damaged, or not a checkpoint ({type(error).__name__}); take a fresh copy") from error
    if not isinstance(content, dict):
        raise InputError(f"{path}: holds a {type(content).__name__} instead of a checkpoint's dictionary; give the "
                         "file as its authors released it")
    return content

"""Weights files of MMPose's and MMDetection's networks that are random, or nearly so."""

from pathlib import Path
from typing import Any

import torch

from vid2pose3d.detect.mmpose import networks, zoo


def build(name: str) -> Any:
    """A network of the zoo with random parameters."""
    from mmengine.config import Config

    package = "mmdet" if name in zoo.PERSONS or name.startswith("rtmdet") else "mmpose"
    kind = networks.PersonNetwork if package == "mmdet" else networks.PoseNetwork
    network = kind.__new__(kind)
    with network._scope():
        network._config = Config.fromfile(zoo.find_model(name, package, option="").config)
        torch.manual_seed(0)
        return network._build()


def random_weights(name: str, path: Path) -> Path:
    """Write random parameters for a network of the zoo."""
    torch.save({"state_dict": build(name).state_dict(), "meta": {"epoch": 1}}, path)
    return path


def one_person(path: Path) -> Path:
    """Write random features for RTMDet-tiny with a last layer that finds one person as large as the picture, whose
    logit is 2."""
    network = build("rtmdet_tiny_8xb32-300e_coco")
    for layer in network.bbox_head.rtm_cls:
        torch.nn.init.zeros_(layer.weight)
        torch.nn.init.constant_(layer.bias, -20.0)
    torch.nn.init.constant_(network.bbox_head.rtm_cls[2].bias[:1], 2.0)
    for layer in network.bbox_head.rtm_reg:
        torch.nn.init.zeros_(layer.weight)
        torch.nn.init.constant_(layer.bias, 100.0)
    torch.save({"state_dict": network.state_dict()}, path)
    return path

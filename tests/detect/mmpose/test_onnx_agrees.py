"""Networks of MMPose exported to ONNX find through the detector `onnx` what they find in MMPose."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from vid2pose3d.detect import DetectorOptions, create_detector
from vid2pose3d.detect.mmpose import networks, zoo

onnx_networks = pytest.importorskip("onnx_networks")

CPU = torch.device("cpu")
BOXES = np.array([[20.0, 10, 100, 190, 0.9], [60.0, 30, 150, 100, 0.8]])


class _Heatmaps(torch.nn.Module):
    """What MMDeploy exports of a top-down network: the head's answer before decoding."""

    def __init__(self, network: torch.nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return self.network.head(self.network.backbone(pictures))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "outputs"), [
    ("rtmpose-t_8xb256-420e_coco-256x192", ["simcc_x", "simcc_y"]),
    ("td-hm_mobilenetv2_8xb64-210e_coco-256x192", ["output"]),
])
def test_exported_network(
    random_weights: Callable[[str], Path], tmp_path: Path, name: str, outputs: list[str]
) -> None:
    poses = networks.PoseNetwork(zoo.find_model(name, "mmpose", option=""), random_weights(name), option="",
                                 device=CPU, trust=False)
    poses._network.test_cfg["flip_test"] = False
    image = np.random.default_rng(0).integers(0, 256, (200, 160, 3), dtype=np.uint8)
    xy, scores = poses.find([(np.ascontiguousarray(image[..., ::-1]), box[:4]) for box in BOXES])

    torch.onnx.export(
        _Heatmaps(poses._network).eval(), (torch.rand(1, 3, 256, 192),), tmp_path / "pose.onnx", dynamo=False,
        input_names=["input"], output_names=outputs, dynamic_axes={key: {0: "batch"} for key in ["input", *outputs]},
        opset_version=17,
    )
    people = onnx_networks.fixed_boxes(tmp_path / "det.onnx", BOXES, size=(160, 200), labels=[0, 0])
    detector = create_detector("onnx", DetectorOptions(
        weights=tmp_path / "pose.onnx", person_weights=people, device="cpu", threads=1))
    (found,) = detector.detect_frames([image])
    seen = np.stack([person.xy for person in found])
    # Two cells of nearly the same height may change places by rounding; below zero MMPose gives no place.
    assert (scores > 0).mean() > 0.4
    assert (np.abs(seen - xy).max(axis=-1)[scores > 0] < 1e-2).mean() > 0.9
    np.testing.assert_allclose([person.confidence for person in found], np.clip(scores, 0, 1), atol=1e-4)


def test_rtmdet_sees_the_same_picture(one_person: Path, tmp_path: Path) -> None:
    from mmengine.dataset import pseudo_collate

    from vid2pose3d.detect.onnx.network import Network
    from vid2pose3d.detect.onnx.persons import PersonNetwork

    theirs = networks.PersonNetwork(zoo.find_model("rtmdet_tiny_8xb32-300e_coco", "mmdet", option=""), one_person,
                                    option="", device=CPU, trust=False)
    image = np.random.default_rng(0).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    with theirs._scope():
        prepared = theirs._prepare({"img": np.ascontiguousarray(image[..., ::-1]), "img_id": 0})
        expected = theirs._network.data_preprocessor(pseudo_collate([prepared]))["inputs"][0]
    path = onnx_networks.fixed_boxes(tmp_path / "det.onnx", BOXES, size=(640, 640))
    network = PersonNetwork(Network(path, option="", device="cpu", threads=1), None)
    np.testing.assert_allclose(network._prepared(image, 2.0), expected.numpy(), atol=1e-5)

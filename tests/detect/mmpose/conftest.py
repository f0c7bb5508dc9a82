"""Networks of MMPose and MMDetection with random weights in a file, or with answers that are known."""

from collections.abc import Callable, Iterator
from pathlib import Path

import mmpose_weights
import pytest
import torch

from vid2pose3d.detect import check_detector
from vid2pose3d.detect.mmpose import networks, zoo

BRIGHT = '''
model = dict(
    type="TopdownPoseEstimator",
    data_preprocessor=dict(type="PoseDataPreprocessor", mean=[0.0] * 3, std=[255.0] * 3, bgr_to_rgb=True),
    backbone=dict(type="mmpose.Bright"),
    head=dict(type="HeatmapHead", in_channels=17, out_channels=17, deconv_out_channels=None, final_layer=None,
              decoder=dict(type="MSRAHeatmap", input_size=(48, 64), heatmap_size=(12, 16), sigma=2)),
    test_cfg=dict(flip_test=FLIP, flip_mode="heatmap", shift_heatmap=False))
dataset = dict(type="CocoDataset", pipeline=[
    dict(type="LoadImage"), dict(type="GetBBoxCenterScale"), dict(type="TopdownAffine", input_size=(48, 64)),
    dict(type="PackPoseInputs")])
train_dataloader = test_dataloader = dict(dataset=dataset)
'''
"""A network without parameters, see `bright`."""


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """More are no faster on such small tasks, and far slower on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def mmpose() -> None:
    """MMPose, ready for use; without it the test is skipped."""
    problem = check_detector("mmpose")
    if problem is not None:
        pytest.skip(problem)


@pytest.fixture(scope="session")
def random_weights(mmpose: None, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Makes a weights file of random parameters for a network of the zoo."""
    folder = tmp_path_factory.mktemp("weights")

    def make(name: str) -> Path:
        path = folder / f"{name}.pth"
        return path if path.exists() else mmpose_weights.random_weights(name, path)

    return make


@pytest.fixture(scope="session")
def one_person(mmpose: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """RTMDet-tiny's weights that always find one person as large as the picture, with a logit of 2."""
    return mmpose_weights.one_person(tmp_path_factory.mktemp("weights") / "one_person.pth")


@pytest.fixture(scope="session")
def bright(mmpose: None, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., networks.PoseNetwork]:
    """Makes a pose network whose heat maps are the brightness of its picture, a cell for four by four pixels, and only
    half of that in the right half: its joints are where the picture is brightest."""
    from mmpose.registry import MODELS

    @MODELS.register_module(force=True)
    class Bright(torch.nn.Module):
        def forward(self, inputs: torch.Tensor) -> tuple[torch.Tensor]:
            maps = torch.nn.functional.avg_pool2d(inputs.mean(dim=1, keepdim=True), 4)
            maps[..., maps.shape[-1] // 2:] *= 0.5
            return (maps.repeat(1, 17, 1, 1),)

    folder = tmp_path_factory.mktemp("bright")
    torch.save({"state_dict": {}}, folder / "none.pth")

    def make(*, flip: bool) -> networks.PoseNetwork:
        config = folder / f"bright_{flip}.py"
        config.write_text(BRIGHT.replace("FLIP", str(flip)))
        return networks.PoseNetwork(zoo.Model("bright", config, None), folder / "none.pth", option="--detector-weights",
                                    device=torch.device("cpu"), trust=False)

    return make

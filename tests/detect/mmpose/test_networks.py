"""Networks of MMPose and MMDetection: decoding by hand, their own programs' answers, and weights files."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from vid2pose3d.detect.mmpose import networks, zoo
from vid2pose3d.errors import InputError

CPU = torch.device("cpu")
CENTRE, HALF = np.array([100.0, 140.0]), np.array([96.0, 128.0])
BOX = np.concatenate([CENTRE - HALF / 1.25, CENTRE + HALF / 1.25])
"""Whose region, a quarter larger than itself, is four pixels to one of the network's 48 x 64."""
CORNER = CENTRE - HALF
"""The region's upper left corner."""

Make = Callable[..., networks.PoseNetwork]


def cells(*bright: tuple[int, int, int]) -> np.ndarray:
    """A black picture in which heat map cells (column, row) of the region have a brightness."""
    image = np.zeros((400, 300, 3), np.uint8)
    left, top = CORNER.astype(int)
    for column, row, value in bright:
        image[top + 16 * row:top + 16 * row + 16, left + 16 * column:left + 16 * column + 16] = value
    return image


def find(network: networks.PoseNetwork, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    xy, scores = network.find([(image, BOX)])
    assert xy.shape == (1, 17, 2)
    return xy[0], scores[0]


def test_peak_comes_back_at_its_pixel(bright: Make) -> None:
    xy, scores = find(bright(flip=False), cells((3, 9, 250)))
    # MSRAHeatmap: the first pixel of the cell, which is sixteen wide.
    np.testing.assert_allclose(xy, np.tile(CORNER + 16 * np.array([3, 9]), (17, 1)), atol=1e-3)
    np.testing.assert_allclose(scores, 250 / 255, rtol=1e-5)


def test_peak_moves_a_quarter_cell_towards_the_higher_neighbour(bright: Make) -> None:
    xy, _ = find(bright(flip=False), cells((3, 9, 250), (4, 9, 120), (3, 8, 120)))
    np.testing.assert_allclose(xy[5], CORNER + 16 * np.array([3.25, 8.75]), atol=1e-3)


def test_flip_test_averages_the_picture_and_its_mirror_image(bright: Make) -> None:
    image = cells((9, 4, 200))
    xy, scores = find(bright(flip=False), image)
    # The network sees half of what is in its right half; the mirrored picture has it on the left.
    np.testing.assert_allclose(scores, 0.5 * 200 / 255, rtol=1e-5)
    flipped_xy, flipped_scores = find(bright(flip=True), image)
    np.testing.assert_allclose(flipped_scores, 0.75 * 200 / 255, rtol=1e-5)
    np.testing.assert_allclose(flipped_xy, xy, atol=1e-3)


@pytest.mark.parametrize(("name", "count"), [("hrnet-w32", 1), ("mspn", 1), ("rtmpose-m", 3)])
def test_named_network_answers_as_mmposes_own_program(
    random_weights: Callable[[str], Path], name: str, count: int
) -> None:
    from mmpose.apis import inference_topdown, init_model

    path, model = random_weights(name), zoo.find_model(name, "mmpose", option="")
    images = np.random.default_rng(0).integers(0, 256, (count, 200, 160, 3), dtype=np.uint8)
    boxes = np.array([[10.0, 20, 90, 180], [30.0, 5, 150, 190], [-5.0, 40, 60, 60]])[:count]
    network = networks.PoseNetwork(model, path, option="--w", device=CPU, trust=False)
    xy, scores = network.find(list(zip(images, boxes, strict=True)))
    theirs = init_model(str(model.config), str(path), device="cpu")
    for number in range(count):
        (sample,) = inference_topdown(theirs, images[number], boxes[number:number + 1])
        np.testing.assert_allclose(xy[number], sample.pred_instances.keypoints[0], atol=1e-3)
        np.testing.assert_allclose(scores[number], sample.pred_instances.keypoint_scores[0], atol=1e-4)


def test_rtmdet_finds_what_its_last_layer_says(one_person: Path) -> None:
    model = zoo.find_model("rtmdet_tiny_8xb32-300e_coco", "mmdet", option="")
    network = networks.PersonNetwork(model, one_person, option="--w", device=CPU, trust=False)
    images = np.random.default_rng(0).integers(0, 256, (2, 240, 320, 3), dtype=np.uint8)
    for found in network.find(list(images)):
        np.testing.assert_allclose(found.xyxy, [[0, 0, 320, 240]], atol=0.5)
        np.testing.assert_allclose(found.scores, [1 / (1 + np.exp(-2.0))], atol=1e-4)


def test_faster_rcnn_answers_as_mmdetections_own_program(
    random_weights: Callable[[str], Path], tmp_path: Path
) -> None:
    from mmdet.apis import inference_detector, init_detector

    model = zoo.find_model("faster-rcnn", "mmdet", option="")
    content = torch.load(random_weights("faster-rcnn"), weights_only=True)
    content["state_dict"]["roi_head.bbox_head.fc_cls.bias"][0] = 4.0
    torch.save(content, tmp_path / "people.pth")
    config = tmp_path / "small.py"
    # The real configuration, on a smaller picture and with fewer regions.
    config.write_text(f"_base_ = {str(model.config)!r}\n"
                      "model = dict(test_cfg=dict(rpn=dict(nms_pre=100, max_per_img=100)))\n"
                      "test_dataloader = dict(dataset=dict(pipeline=[dict(type='LoadImageFromFile'),\n"
                      "    dict(type='Resize', scale=(320, 240), keep_ratio=True),\n"
                      "    dict(type='PackDetInputs', meta_keys=('ori_shape', 'img_shape', 'scale_factor'))]))\n")
    network = networks.PersonNetwork(zoo.Model("small", config, None), tmp_path / "people.pth", option="--w",
                                     device=CPU, trust=False)
    image = np.random.default_rng(0).integers(0, 256, (120, 160, 3), dtype=np.uint8)
    (found,) = network.find([image])
    theirs = init_detector(str(config), str(tmp_path / "people.pth"), device="cpu", palette="coco")
    people = inference_detector(theirs, image).pred_instances
    sure = (people.scores >= 0.3) & (people.labels == 0)
    assert len(found.scores) > 1
    np.testing.assert_allclose(found.scores, people.scores[sure].numpy(), atol=1e-4)
    np.testing.assert_allclose(found.xyxy, people.bboxes[sure].numpy(), atol=1e-2)


def test_half_precision_changes_little(random_weights: Callable[[str], Path]) -> None:
    model = zoo.find_model("rtmpose-m", "mmpose", option="")
    network = networks.PoseNetwork(model, random_weights("rtmpose-m"), option="--w", device=CPU, trust=False)
    picture = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        (full,) = network._network.extract_feat(picture)
        networks.halve(network._network, CPU)
        (half,) = network._network.extract_feat(picture)
    assert half.dtype == torch.float32
    error = (half - full).abs().max() / full.abs().max()
    assert 0 < error < 0.01


class _Command:
    """Executes a command when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (os.environ["VID2POSE3D_TEST_FOLDER"],)


def test_code_in_a_file_runs_only_where_it_is_trusted(
    random_weights: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = tmp_path / "made"
    monkeypatch.setenv("VID2POSE3D_TEST_FOLDER", str(made))
    model = zoo.find_model("rtmpose-m", "mmpose", option="")
    content = torch.load(random_weights("rtmpose-m"), weights_only=True)
    torch.save({**content, "optimizer": _Command()}, tmp_path / "evil.pth")
    with pytest.raises(InputError, match=r"evil.pth: asks to execute posix.mkdir.* --trust-checkpoint lets it"):
        networks.PoseNetwork(model, tmp_path / "evil.pth", option="--w", device=CPU, trust=False)
    assert not made.exists()
    networks.PoseNetwork(model, tmp_path / "evil.pth", option="--w", device=CPU, trust=True)
    assert made.exists()


def test_history_of_a_training_run_needs_no_trust(random_weights: Callable[[str], Path], tmp_path: Path) -> None:
    from mmengine.logging import MessageHub

    hub = MessageHub.get_instance("test_history")
    hub.update_scalar("train/loss", np.float64(0.5))
    hub.update_scalar("train/loss", torch.tensor(0.25))
    hub.update_info("iter", 7)
    content = torch.load(random_weights("rtmpose-m"), weights_only=True)
    path = tmp_path / "trained.pth"
    torch.save({**content, "message_hub": hub.state_dict()}, path)
    with pytest.raises(Exception, match="HistoryBuffer"):
        torch.load(path, weights_only=True)
    model = zoo.find_model("rtmpose-m", "mmpose", option="")
    assert networks.PoseNetwork(model, path, option="--w", device=CPU, trust=False)


def test_names_of_earlier_releases_are_understood(random_weights: Callable[[str], Path], tmp_path: Path) -> None:
    state = torch.load(random_weights("hrnet-w32"), weights_only=True)["state_dict"]
    old = {name.replace("head.", "keypoint_head."): value for name, value in state.items()}
    assert set(old) != set(state)
    torch.save({"state_dict": old}, tmp_path / "old.pth")
    model = zoo.find_model("hrnet-w32", "mmpose", option="")
    network = networks.PoseNetwork(model, tmp_path / "old.pth", option="--w", device=CPU, trust=False)
    torch.testing.assert_close(network._network.state_dict()["head.final_layer.bias"], state["head.final_layer.bias"])


def test_weights_of_another_network(random_weights: Callable[[str], Path]) -> None:
    model = zoo.find_model("rtmpose-m", "mmpose", option="")
    with pytest.raises(InputError, match=r"--w .*mspn.pth: does not fit rtmpose-m_8xb256"):
        networks.PoseNetwork(model, random_weights("mspn"), option="--w", device=CPU, trust=False)


@pytest.mark.parametrize(("text", "reason"), [
    ("model = 3", "cannot be built"), ("import abacus", "cannot be built"), ("model = dict(", "cannot be built"),
])
def test_configuration_that_is_none(mmpose: None, tmp_path: Path, text: str, reason: str) -> None:
    config = tmp_path / "net.py"
    config.write_text(text)
    with pytest.raises(InputError, match=rf"net.py: {reason}"):
        networks.PoseNetwork(zoo.Model("net", config, None), tmp_path / "w.pth", option="--w", device=CPU, trust=False)


def test_other_joints_are_refused(mmpose: None, tmp_path: Path) -> None:
    model = zoo.find_model("td-hm_hrnet-w32_8xb64-210e_mpii-256x256", "mmpose", option="")
    with pytest.raises(InputError, match="do not begin with COCO's 17"):
        networks.PoseNetwork(model, tmp_path / "w.pth", option="--w", device=CPU, trust=False)

"""`run --detector mmpose` through to JSON and BVH: real configurations, random weights in a file."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from vid2pose3d.detect.mmpose import extension, zoo
from vid2pose3d.errors import InputError

TINY = "rtmdet_tiny_8xb32-300e_coco"


@pytest.fixture(scope="module", autouse=True)
def installed() -> Iterator[None]:
    """MMPose on one thread, as more are no faster on such a small task; without it the tests are skipped."""
    import torch

    try:
        extension.prepare()
    except InputError as error:
        pytest.skip(str(error))
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Random parameters for RTMPose-m, and for RTMDet-tiny with a last layer that finds one person as large as the
    picture."""
    import torch
    from mmpose_weights import one_person, random_weights

    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(0)
    return random_weights("rtmpose-m", folder / "pose.pth"), one_person(folder / "det.pth")


def test_run_with_weights_from_files(
    command: Callable[..., Any], walk: Path, tmp_path: Path, weights: tuple[Path, Path]
) -> None:
    poses, people = weights
    done = command("run", walk, "--detector", "mmpose:rtmpose-m", "--detector-weights", poses,
                   "--person-detector", TINY, "--person-detector-weights", people, "--device", "cpu",
                   "--hypotheses", 1, "--end", 0.35, "-o", tmp_path / "out")
    assert done.code == 0, done.err
    result = json.loads((tmp_path / "out" / "walk.json").read_text())
    assert result["settings"]["detector"] == "mmpose:rtmpose-m"
    assert result["settings"]["person_detector"] == TINY
    (person,) = result["people"]
    assert person["frames"] == list(range(11))
    assert "Frames: 11" in (tmp_path / "out" / "walk_person01.bvh").read_text()


def test_offline_says_which_file_is_needed(
    command: Callable[..., Any], walk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    done = command("run", walk, "--detector", "mmpose", "-o", tmp_path / "out")
    assert done.code == 2
    file = "td-hm_hrnet-w32_8xb64-210e_coco-256x192-81c58e40_20220909.pth"
    assert f"save it as {zoo.cache() / file}" in done.error
    assert f"cannot download https://download.openmmlab.com/mmpose/v1/body_2d_keypoint/topdown_heatmap/coco/{file}" \
        in done.error
    assert not (tmp_path / "out").exists()


def test_unknown_network(command: Callable[..., Any], walk: Path, tmp_path: Path) -> None:
    done = command("run", walk, "--detector", "mmpose:cpn", "-o", tmp_path / "out")
    assert done.code == 2
    assert "mmpose:cpn: unknown; give one of hrnet-w32, hrnet-w48, mspn, rtmpose-m" in done.error

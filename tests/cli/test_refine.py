"""`run --refiner`, `refine` and `evaluate --refiner`, and what users get wrong with them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from vid2pose3d.export.json import read_json, write_json
from vid2pose3d.models.config import DenoiserConfig, PoseDenoiserConfig
from vid2pose3d.models.pose_denoiser import PoseDenoiser
from vid2pose3d.models.registry import build_network
from vid2pose3d.refine.error_model import ErrorModel
from vid2pose3d.refine.weights import RefinerConfig, embedded_refiner, save_refiner
from vid2pose3d.weights import DEFAULT, LifterConfig, find, save, sha256

Command = Callable[..., Any]
QUICK = ("--hypotheses", 1, "--iterations", 1, "--device", "cpu")


@pytest.fixture(scope="module")
def refiner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random one, said to be for the embedded lifter."""
    torch.manual_seed(0)
    network = PoseDenoiserConfig(frames=15, input_channels=6, width=16, depth=1, heads=2)
    model = PoseDenoiser(network)
    torch.nn.init.normal_(model.head.weight, std=0.3)
    rng = np.random.default_rng(0)
    errors = ErrorModel.fit(rng.normal(size=(300, 82)), rng.normal(0.01, 0.05, (300, 48)), ridge=1e-6)
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    config = RefinerConfig(network, "person", 15.0, DEFAULT, sha256(find(DEFAULT)), iterations=2)
    save_refiner(path, model, errors, config)
    return path


@pytest.fixture
def result(command: Command, walk: Path, tmp_path: Path) -> Path:
    assert command("run", walk, "-o", tmp_path / "plain", *QUICK).code == 0
    return tmp_path / "plain" / "walk.json"


def test_run_refines_and_says_by_what(command: Command, walk: Path, result: Path, refiner: Path,
                                      tmp_path: Path) -> None:
    done = command("run", walk, "-o", tmp_path / "refined", "--refiner", refiner, *QUICK)
    assert done.code == 0, done.err
    assert "the refiner tiny was made for" not in done.err
    plain, refined = (read_json(path) for path in (result, tmp_path / "refined" / "walk.json"))
    assert plain.settings["refiner"] is None
    assert refined.settings["refiner"] == {"name": "tiny", "sha256": sha256(refiner), "base": DEFAULT, "iterations": 2}
    assert "refine" in refined.timing
    moved = np.abs(refined.people[0].joints_camera - plain.people[0].joints_camera)
    assert moved.max() > 0.01


def test_a_finished_result_is_refined_and_its_gaps_stay(command: Command, result: Path, refiner: Path,
                                                        tmp_path: Path) -> None:
    recording = read_json(result)
    motion = recording.people[0]
    motion.joints_camera[4:6] = motion.joints_world[4:6] = np.nan
    write_json(result, recording)
    done = command("refine", result, "--refiner", refiner, "-o", tmp_path / "out")
    assert done.code == 0, done.err
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["walk.json", "walk_person01.bvh"]
    refined = read_json(tmp_path / "out" / "walk.json")
    found = refined.people[0]
    for joints, before in ((found.joints_camera, motion.joints_camera), (found.joints_world, motion.joints_world)):
        np.testing.assert_array_equal(np.isnan(joints), np.isnan(before))
    assert np.nanmax(np.abs(found.joints_camera - motion.joints_camera)) > 0.01
    np.testing.assert_array_equal(found.person.xy, motion.person.xy)
    world = refined.camera.world_from_camera
    np.testing.assert_allclose(found.joints_world, found.joints_camera @ world[:3, :3].T + world[:3, 3], atol=1e-3)
    lengths = np.linalg.norm(found.joints_camera[:, 1] - found.joints_camera[:, 2], axis=-1)
    assert np.nanstd(lengths) < 1e-3

    assert command("refine", result, "--refiner", refiner, "-o", tmp_path / "out").code == 2
    again = command("refine", tmp_path / "out" / "walk.json", "--refiner", refiner, "-o", tmp_path / "twice")
    assert "was refined already, by tiny" in again.err


def change(result: Path, change_it: Callable[[dict[str, Any]], object]) -> Path:
    document = json.loads(result.read_text())
    change_it(document)
    result.write_text(json.dumps(document))
    return result


def test_another_lifters_result_is_refined_with_a_warning(command: Command, result: Path, refiner: Path,
                                                          tmp_path: Path) -> None:
    change(result, lambda document: document["settings"].update(weights={"name": "other", "sha256": "5" * 64}))
    done = command("refine", result, "--refiner", refiner, "-o", tmp_path / "out")
    assert done.code == 0
    assert f"tiny was made for the weights {DEFAULT}" in done.err
    assert "not for other (555555555555)" in done.err


def no_2d(document: dict[str, Any]) -> None:
    for person in document["people"]:
        person["keypoints_2d"] = [[[None, None, 0]] * 17 for _ in person["frames"]]


@pytest.mark.parametrize(("spoil", "named"), [
    (no_2d, "person 1 has no 2D"),
    (lambda document: [person.pop("keypoints_2d") for person in document["people"]], "keypoints_2d"),
    (lambda document: document["skeleton"]["joints"].reverse(), "skeleton"),
    (lambda document: document.update(schema="vid2pose3d-keypoints/1"), "schema"),
])
def test_results_that_cannot_be_refined(command: Command, result: Path, refiner: Path, tmp_path: Path,
                                        spoil: Callable[[dict[str, Any]], object], named: str) -> None:
    done = command("refine", change(result, spoil), "--refiner", refiner, "-o", tmp_path / "out")
    assert done.code == 2
    assert named in done.error
    assert not (tmp_path / "out").exists()


def test_the_embedded_refiner_is_taken_where_none_is_named(command: Command, walk: Path, result: Path,
                                                           tmp_path: Path) -> None:
    embedded = embedded_refiner(DEFAULT, sha256(find(DEFAULT)))
    before = read_json(result).people[0].joints_camera
    for name, call in (("run", ("run", walk, "--refine", *QUICK)), ("refine", ("refine", result))):
        done = command(*call, "-o", tmp_path / name)
        assert done.code == 0, done.err
        assert "was made for" not in done.err
        refined = read_json(tmp_path / name / "walk.json")
        assert refined.settings["refiner"]["name"] == embedded.stem
        assert refined.settings["refiner"]["sha256"] == sha256(embedded)
        moved = relative(refined.people[0].joints_camera) - relative(before)
        assert 0.001 < np.abs(moved).max() < 0.1


def relative(joints: np.ndarray) -> np.ndarray:
    """Of joints (N, 17, 3), to the pelvis."""
    return joints - joints[:, :1]


def test_without_an_embedded_refiner_one_must_be_named(command: Command, walk: Path, result: Path,
                                                       tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = DenoiserConfig(width=16, depth=1, frames=9, heads=2, input_channels=6, direct="mixste")
    save(tmp_path / "own.safetensors", build_network(network), LifterConfig(network, "person", 15.0, 1.25))
    change(result, lambda document: document["settings"].update(weights={"name": "own", "sha256": "5" * 64}))
    for call in (("run", walk, "--weights", tmp_path / "own.safetensors", "--refine", *QUICK), ("refine", result)):
        done = command(*call, "-o", tmp_path / "out")
        assert done.code == 2
        assert "no refiner comes with the package for the weights own; make one with `train refiner`" in done.err
        assert not (tmp_path / "out").exists()


def test_refiners_and_lifters_are_not_mistaken_for_each_other(command: Command, walk: Path, refiner: Path,
                                                              tmp_path: Path) -> None:
    done = command("run", walk, "--refiner", find(DEFAULT), *QUICK, "-o", tmp_path / "out")
    assert (done.code, "not refiner weights" in done.err) == (2, True)
    done = command("run", walk, "--weights", refiner, *QUICK, "-o", tmp_path / "out")
    assert (done.code, "it is a refiner, for --refiner" in done.err) == (2, True)


def test_evaluate_adds_a_row_for_the_refined_poses(command: Command, small_mocap: Path, refiner: Path,
                                                   tmp_path: Path) -> None:
    done = command("evaluate", "--protocol", "own", "--data", small_mocap, "--refiner", refiner, *QUICK,
                   "-o", tmp_path / "out")
    assert done.code == 0, done.err
    report = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    assert any("J-Agg + refiner: tiny" in fact for fact in report["facts"])
    for table in report["tables"]:
        rows = {row["aggregation"]: row for row in table["rows"]}
        assert rows["refined"]["title"] == "J-Agg + refiner"
        if table["metric"] in ("mpjpe", "p_mpjpe"):
            assert rows["refined"]["average"] != rows["j_agg"]["average"]

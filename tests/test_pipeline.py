"""The whole job on a real clip: what is in the files, and what makes two runs alike."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from vid2pose3d import finding, pipeline
from vid2pose3d.camera import project
from vid2pose3d.documents import schema
from vid2pose3d.motion import Person2D
from vid2pose3d.settings import Settings
from vid2pose3d.skeleton import H36M17
from vid2pose3d.video import VideoReader

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "walk_static.mp4"
SETTINGS = Settings(action="walking", hypotheses=2, iterations=2, start=1.0, end=2.0)


class Listener:
    """Keeps what the pipeline says."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.stages: dict[str, tuple[int, int | None]] = {}

    def progress(self, stage: str, done: int, total: int | None) -> None:
        self.stages[stage] = (done, total)

    def note(self, text: str) -> None:
        self.said.append(text)

    def warn(self, text: str) -> None:
        self.said.append(text)


def job(folder: Path, settings: Settings, listener: Listener | None = None) -> dict[str, Any]:
    """Run and read the result back."""
    pipeline.run(EXAMPLE, folder, settings, overwrite=False, reporter=listener or Listener())
    return json.loads((folder / "walk_static.json").read_text())


def world(result: dict[str, Any]) -> np.ndarray:
    """(N, 17, 3) metres of the only person."""
    (person,) = result["people"]
    return np.array(person["joints_world"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("walk")


@pytest.fixture(scope="module")
def listener() -> Listener:
    return Listener()


@pytest.fixture(scope="module")
def result(folder: Path, listener: Listener) -> dict[str, Any]:
    return job(folder, SETTINGS, listener)


def test_result_keeps_its_schema(result: dict[str, Any]) -> None:
    jsonschema.validate(result, schema("vid2pose3d.export", "vid2pose3d-1.schema.json"))


def test_result_says_how_it_was_made(result: dict[str, Any]) -> None:
    settings = result["settings"]
    assert result["action"] == settings["action"] == "walking"
    assert (settings["hypotheses"], settings["iterations"], settings["seed"]) == (2, 2, 0)
    assert (settings["start"], settings["end"], settings["detector"]) == (1.0, 2.0, "blazepose")
    assert len(settings["weights"]["sha256"]) == 64
    assert {"vid2pose3d", "torch", "numpy"} <= set(settings["versions"])


def test_one_person_in_every_frame_of_the_range(result: dict[str, Any]) -> None:
    (person,) = result["people"]
    assert person["frames"] == list(range(30, 60))
    np.testing.assert_allclose(person["times"], np.arange(30, 60) / 30, atol=1e-6)
    assert not any(person["interpolated"])


def test_joints_project_onto_the_person(result: dict[str, Any]) -> None:
    (person,) = result["people"]
    pixels = project(np.array(person["joints_camera"]), np.array(result["camera"]["K"]))
    seen = np.array(person["keypoints_2d"], dtype=float)[..., :2]
    assert np.median(np.linalg.norm(pixels - seen, axis=-1)) < 15


def test_world_is_the_camera_frame_moved(result: dict[str, Any]) -> None:
    (person,) = result["people"]
    moved = np.array(result["camera"]["world_from_camera"])
    camera = np.array(person["joints_camera"])
    np.testing.assert_allclose(camera @ moved[:3, :3].T + moved[:3, 3], world(result), atol=1e-3)


def test_person_stands_upright_on_the_floor(result: dict[str, Any]) -> None:
    joints = world(result)
    pelvis, head, *ankles = H36M17.indices(("pelvis", "head", "left_ankle", "right_ankle"))
    assert (joints[:, head, 1] > joints[:, pelvis, 1] + 0.4).all()
    assert -0.05 < joints[:, ankles, 1].min() < 0.25
    assert 1.2 < np.median(joints[:, head, 1]) < 2.1


def test_bvh_has_the_motion_of_the_result(folder: Path, result: dict[str, Any]) -> None:
    text = (folder / "walk_static_person01.bvh").read_text()
    motion = text[text.index("MOTION"):].splitlines()
    assert motion[1].split() == ["Frames:", "30"]
    assert float(motion[2].split()[-1]) == pytest.approx(1 / 30, abs=1e-6)
    root = np.array([[float(value) for value in line.split()[:3]] for line in motion[3:]])
    np.testing.assert_allclose(root, world(result)[:, 0], atol=0.05)


def test_overlay_has_the_frames_of_the_range(folder: Path, result: dict[str, Any]) -> None:
    with VideoReader(folder / "walk_static_overlay.mp4") as reader:
        frames = list(reader)
        assert (reader.clip.width, reader.clip.height) == (640, 480)
    assert len(frames) == 30
    np.testing.assert_allclose([frame.time for frame in frames], np.arange(30) / 30, atol=1e-3)


def test_progress_comes_to_its_end(result: dict[str, Any], listener: Listener) -> None:
    assert listener.stages["detect"] == (30, 30)
    assert all(done == total for done, total in listener.stages.values()), listener.stages


def test_same_seed_gives_the_same_motion(result: dict[str, Any], tmp_path: Path) -> None:
    np.testing.assert_array_equal(world(job(tmp_path, SETTINGS)), world(result))


def test_another_seed_gives_another_motion(result: dict[str, Any], tmp_path: Path) -> None:
    other = job(tmp_path, Settings(action="walking", hypotheses=2, iterations=2, start=1.0, end=2.0, seed=1))
    assert np.abs(world(other) - world(result)).max() > 1e-4


def test_saved_keypoints_give_the_motion_of_the_clip(result: dict[str, Any], tmp_path: Path) -> None:
    _, (keypoints,) = finding.detect(
        EXAMPLE, tmp_path, Settings(start=1.0, end=2.0), overwrite=False, reporter=Listener()
    )
    again = job(tmp_path, Settings(action="walking", hypotheses=2, iterations=2, keypoints=keypoints))
    # The file rounds pixels and confidences.
    np.testing.assert_allclose(world(again), world(result), atol=0.005)


def person_of_size(number: int, side: float) -> Person2D:
    count = 4
    return Person2D(
        id=number, joint_set=H36M17, frames=np.arange(count), times=np.arange(count) / 25,
        xy=np.zeros((count, 17, 2)), confidence=np.ones((count, 17)),
        bbox=np.tile([0.0, 0.0, side, side], (count, 1)), interpolated=np.zeros(count, bool),
    )


@pytest.mark.parametrize(("choice", "ids"), [("all", [1, 2, 3]), ("largest", [2]), ("3", [3]), ("03", [3])])
def test_choice_of_people(choice: str, ids: list[int]) -> None:
    people = [person_of_size(1, 50), person_of_size(2, 200), person_of_size(3, 100)]
    assert [person.id for person in finding.choose_people(people, choice)] == ids

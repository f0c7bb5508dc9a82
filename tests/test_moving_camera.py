"""The whole job on a clip whose camera turns, against the same clip with its camera still."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from jsonschema import validate
from scipy.spatial.transform import Rotation

from vid2pose3d import pipeline
from vid2pose3d.camera import project
from vid2pose3d.documents import schema
from vid2pose3d.settings import Settings
from vid2pose3d.video import VideoReader, VideoWriter

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "walk_static.mp4"
FOCAL, WIDTH, HEIGHT, WINDOW = 620.0, 640, 480, 0.8


class Listener:
    """Keeps what the pipeline says."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def progress(self, stage: str, done: int, total: int | None) -> None:
        pass

    def note(self, text: str) -> None:
        self.said.append(text)

    def warn(self, text: str) -> None:
        self.said.append(text)


def window(folder: Path, turns: np.ndarray) -> Path:
    """A clip of the example's second second in a window, seen by a camera that turns: homographies K' R K^-1."""
    whole, part = (np.array([[focal, 0, WIDTH / 2], [0, focal, HEIGHT / 2], [0, 0, 1]])
                   for focal in (FOCAL, FOCAL / WINDOW))
    half = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]])
    folder.mkdir()
    with (VideoReader(EXAMPLE, start=1.0, end=2.0) as reader,
          VideoWriter(folder / "clip.mp4", width=WIDTH, height=HEIGHT, fps=30) as writer):
        for frame, turn in zip(reader, turns, strict=True):
            warp = half @ part @ turn @ np.linalg.inv(whole) @ np.linalg.inv(half)
            writer.write(cv2.warpPerspective(frame.image, warp, (WIDTH, HEIGHT)), frame.time)
    return folder / "clip.mp4"


def job(clip: Path, listener: Listener) -> dict:
    settings = Settings(hypotheses=1, focal=FOCAL / WINDOW, clean="off")
    pipeline.run(clip, clip.parent, settings, overwrite=True, reporter=listener)
    return json.loads((clip.parent / "clip.json").read_text())


@pytest.fixture(scope="module")
def turns() -> np.ndarray:
    """(30, 3, 3): six degrees to the side, after a person who walks, with a little shake."""
    part = np.linspace(-1, 1, 30)
    return Rotation.from_euler("yx", np.stack([-3 * part, 0.5 * np.sin(9 * part)], axis=1), degrees=True).as_matrix()


def test_the_world_is_that_of_a_still_camera(tmp_path: Path, turns: np.ndarray) -> None:
    listener = Listener()
    still = job(window(tmp_path / "still", np.tile(np.eye(3), (30, 1, 1))), Listener())
    moved = job(window(tmp_path / "moved", turns), listener)
    validate(moved, schema("vid2pose3d.export", "vid2pose3d-1.schema.json"))
    assert (still["camera"]["motion"], still["camera"]["path"]) == ("still", None)
    assert moved["camera"]["motion"] == "moving"
    assert any("the camera turns" in text for text in listener.said)

    ways = np.array(moved["camera"]["path"]["world_from_camera"])[:, :3, :3]
    found, true = ways[0].T @ ways, turns[0] @ turns.swapaxes(1, 2)
    off = Rotation.from_matrix(true).inv() * Rotation.from_matrix(found)
    assert np.degrees(off.magnitude()).max() < 0.2

    paths = [np.array(result["people"][0]["joints_world"])[:, 0] for result in (still, moved)]
    steps = [path - path.mean(axis=0) for path in paths]
    turn, _ = Rotation.align_vectors(steps[0], steps[1])
    walked = np.linalg.norm(np.diff(paths[0], axis=0), axis=1).sum()
    assert np.linalg.norm(turn.apply(steps[1]) - steps[0], axis=1).mean() < 0.05 * walked

    (person,) = moved["people"]
    pixels = project(np.array(person["joints_camera"]), np.array(moved["camera"]["K"]))
    seen = np.array(person["keypoints_2d"], dtype=float)[..., :2]
    assert np.median(np.linalg.norm(pixels - seen, axis=-1)) < 15

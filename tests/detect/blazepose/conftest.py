"""Fixtures: the carrier package's folder, a new detector, frames of the reference clips."""

from collections.abc import Callable
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from vid2pose3d.detect.blazepose import carrier
from vid2pose3d.detect.blazepose.detector import BlazePoseDetector
from vid2pose3d.errors import InputError
from vid2pose3d.video import VideoReader

Frames = Callable[..., list[np.ndarray]]


@pytest.fixture(scope="session")
def carrier_folder() -> Path:
    try:
        return carrier.carrier_folder()
    except InputError as error:
        pytest.skip(str(error))


@pytest.fixture
def detector(carrier_folder: Path) -> BlazePoseDetector:
    return BlazePoseDetector(threads=1)


@pytest.fixture(scope="session")
def frames(shared: Path) -> Frames:
    """Gives pictures of a rendered clip: `frames(name, 0, 5)` are its first five."""

    def read(name: str, start: int, stop: int) -> list[np.ndarray]:
        with VideoReader(shared / "clips" / "rendered" / name / "clip.mp4") as reader:
            return [frame.image for frame in islice(reader, start, stop)]

    return read


@pytest.fixture(scope="session")
def truth(shared: Path) -> Callable[[str], tuple[np.ndarray, np.ndarray]]:
    """Gives a rendered clip's true COCO joints (people, frames, 17, 2) and boxes (people, frames, 4)."""

    def read(name: str) -> tuple[np.ndarray, np.ndarray]:
        data = np.load(shared / "clips" / "rendered" / name / "gt.npz")
        joints, boxes = data["coco17_px"].astype(float), data["bbox_px"].astype(float)
        return joints.reshape(-1, *joints.shape[-3:]), boxes.reshape(-1, *boxes.shape[-2:])

    return read

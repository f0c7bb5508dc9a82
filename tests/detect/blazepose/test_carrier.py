"""The two networks are found in an installed package, checked, and never taken from a damaged one."""

import shutil
import sys
from pathlib import Path

import pytest

from vid2pose3d.detect.blazepose import carrier
from vid2pose3d.detect.blazepose.carrier import LANDMARK_MODEL, PERSON_MODEL, read_model
from vid2pose3d.detect.blazepose.detector import BlazePoseDetector
from vid2pose3d.errors import InputError

CURE = "pip install --no-deps mediapipe==0.10.21"


@pytest.fixture
def copied(carrier_folder: Path, tmp_path: Path) -> Path:
    """A carrier folder whose person network may be damaged; returns the path of that network."""
    path = tmp_path / PERSON_MODEL.path
    path.parent.mkdir(parents=True)
    shutil.copyfile(carrier_folder / PERSON_MODEL.path, path)
    return path


def test_missing_package_is_named_with_its_cure(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    with pytest.raises(InputError, match="mediapipe.*not installed") as error:
        BlazePoseDetector()
    assert CURE in str(error.value)
    assert "\n" not in str(error.value)


def test_package_without_the_network_is_refused(tmp_path):
    with pytest.raises(InputError, match="pose_detection.tflite: No such file") as error:
        read_model(PERSON_MODEL, tmp_path)
    assert CURE in str(error.value)


def test_cut_off_network_is_refused(copied, tmp_path):
    copied.write_bytes(copied.read_bytes()[:-1])
    with pytest.raises(InputError, match=f"has {PERSON_MODEL.size - 1} bytes, not {PERSON_MODEL.size}"):
        read_model(PERSON_MODEL, tmp_path)


def test_network_with_one_changed_byte_is_refused(copied, tmp_path):
    content = bytearray(copied.read_bytes())
    content[1000] ^= 1
    copied.write_bytes(content)
    with pytest.raises(InputError, match="SHA-256") as error:
        read_model(PERSON_MODEL, tmp_path)
    assert CURE in str(error.value)


def test_installed_networks_are_accepted_without_importing_the_package(carrier_folder):
    for model in (PERSON_MODEL, LANDMARK_MODEL):
        assert len(read_model(model, carrier_folder)) == model.size
    BlazePoseDetector(threads=1)
    assert "mediapipe" not in sys.modules
    assert carrier_folder.name == "mediapipe"
    assert carrier.carrier_folder() == carrier_folder

"""Detectors by name, and what is said where one cannot be used."""

import importlib
import re
import sys
from pathlib import Path

import pytest

from vid2pose3d.detect import DetectorOptions, check_detector, create_detector
from vid2pose3d.errors import InputError
from vid2pose3d.skeleton import BLAZEPOSE33


def test_unknown_name_gets_the_known_ones():
    with pytest.raises(InputError, match="unknown detector 'openpose'; known are .*blazepose"):
        create_detector("openpose")


def test_check_says_what_is_missing(monkeypatch, tmp_path):
    import vid2pose3d.detect.blazepose.detector  # noqa: F401 (only what it looks for later is to be missing)

    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    problem = check_detector("blazepose")
    assert problem is not None
    assert "pip install --no-deps mediapipe==0.10.21" in problem


def test_default_says_its_name_and_joints():
    detector = create_detector("blazepose", DetectorOptions(threads=1))
    assert (detector.name, detector.joint_set) == ("blazepose", BLAZEPOSE33)


@pytest.mark.parametrize("name", ["blazepose:full", "onnx:rtmpose-m"])
def test_variant_of_what_has_none(name):
    with pytest.raises(InputError, match=f"--detector {name}: .* has no variants"):
        create_detector(name)


@pytest.mark.parametrize("options", [
    DetectorOptions(weights=Path("a.onnx")), DetectorOptions(person_detector="yolox"),
    DetectorOptions(person_weights=Path("a.onnx")),
])
def test_default_takes_no_networks(options):
    with pytest.raises(InputError, match="blazepose brings its own networks"):
        create_detector("blazepose", options)


@pytest.mark.parametrize(("name", "packages", "cure"), [
    ("onnx", ("onnx", "onnxruntime"), r"package onnxruntime, which is not installed; run: pip install 'vid2pose3d"),
    ("mmpose", ("mmengine",), r"package mmengine, which is not installed; run: bash scripts/setup_mmpose.sh"),
])
def test_missing_packages_are_said_with_the_cure(monkeypatch, tmp_path, name, packages, cure):
    importlib.import_module("vid2pose3d.detect.mmpose.extension")  # and torch, while it can be found
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    for package in [package for package in sys.modules if package.split(".")[0] in packages]:
        monkeypatch.delitem(sys.modules, package)
    problem = check_detector(name)
    assert problem is not None
    assert re.search(cure, problem)

"""Detectors by name, and what is said where one cannot be used."""

import sys

import pytest

from vid2pose3d.detect import DETECTORS, check_detector, create_detector
from vid2pose3d.errors import InputError
from vid2pose3d.skeleton import BLAZEPOSE33


def test_unknown_name_gets_the_known_ones():
    with pytest.raises(InputError, match="unknown detector 'openpose'; known are .*blazepose"):
        create_detector("openpose")


def test_check_says_what_is_missing(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    problem = check_detector("blazepose")
    assert problem is not None
    assert "pip install --no-deps mediapipe==0.10.21" in problem


def test_every_usable_detector_says_its_name_and_joints():
    usable = [name for name in DETECTORS if check_detector(name) is None]
    if not usable:
        pytest.skip(f"no detector can be used here: {check_detector('blazepose')}")
    for name in usable:
        assert create_detector(name, threads=1).name == name
    if "blazepose" in usable:
        assert create_detector("blazepose", threads=1).joint_set is BLAZEPOSE33

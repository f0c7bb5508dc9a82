"""2D detectors: one protocol, a registry by name, the embedded BlazePose and optional back-ends."""

from vid2pose3d.detect.base import Detector, DetectorOptions
from vid2pose3d.detect.registry import DETECTORS, check_detector, create_detector

__all__ = ["DETECTORS", "Detector", "DetectorOptions", "check_detector", "create_detector"]

"""2D detectors: one protocol, a registry by name, and the embedded BlazePose back-end."""

from vid2pose3d.detect.base import Detector
from vid2pose3d.detect.registry import DETECTORS, check_detector, create_detector

__all__ = ["DETECTORS", "Detector", "check_detector", "create_detector"]

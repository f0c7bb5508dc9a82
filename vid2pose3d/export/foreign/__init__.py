"""Keypoints in the formats of other programs; what these cannot hold goes along under the key `vid2pose3d`."""

from vid2pose3d.export.foreign.registry import WRITERS, KeypointWriter

__all__ = ["WRITERS", "KeypointWriter"]

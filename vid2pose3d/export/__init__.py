"""Result files: JSON, the keypoint file and BVH; one function each."""

from vid2pose3d.export.bvh import write_bvh
from vid2pose3d.export.json import read_json, write_json
from vid2pose3d.export.keypoints import write_keypoints

__all__ = ["read_json", "write_bvh", "write_json", "write_keypoints"]

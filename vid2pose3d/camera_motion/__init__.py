"""Moving cameras: what the background says about the camera's way, and people's motion seen from a camera at rest."""

from vid2pose3d.camera_motion.background import BackgroundTracker
from vid2pose3d.camera_motion.focal import focal_from_turning
from vid2pose3d.camera_motion.judge import judge
from vid2pose3d.camera_motion.rest import at_rest, moving_again, pose_at_rest, to_world

__all__ = ["BackgroundTracker", "at_rest", "focal_from_turning", "judge", "moving_again", "pose_at_rest", "to_world"]

"""The clean-up of motion, each step a function: of poses before they are placed, of motion once there is a floor."""

from vid2pose3d.place.clean.steps import clean_motion, clean_pose

__all__ = ["clean_motion", "clean_pose"]

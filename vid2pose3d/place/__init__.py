"""Placement: from root-relative poses to motion in the camera's frame and in one world."""

from vid2pose3d.place.clean import clean_motion
from vid2pose3d.place.people import Clues, place_people

__all__ = ["Clues", "clean_motion", "place_people"]

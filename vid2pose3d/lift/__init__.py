"""Lifting: a person's 2D track becomes root-relative 3D poses."""

from vid2pose3d.lift.lifter import Lifter

__all__ = ["Lifter"]

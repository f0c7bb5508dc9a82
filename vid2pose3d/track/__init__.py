"""Detections frame by frame in, one stable identity per person out."""

from vid2pose3d.track.sides import exchange_said, put_right
from vid2pose3d.track.strays import strays_said, without_strays
from vid2pose3d.track.tracker import Tracker

__all__ = ["Tracker", "exchange_said", "put_right", "strays_said", "without_strays"]

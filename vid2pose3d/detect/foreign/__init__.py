"""2D keypoints that other programs wrote: one module per format, and what tells them apart."""

from vid2pose3d.detect.foreign.content import Request
from vid2pose3d.detect.foreign.registry import FORMATS, OWN, Format, recognise
from vid2pose3d.detect.foreign.sights import Sights

__all__ = ["FORMATS", "OWN", "Format", "Request", "Sights", "recognise"]

"""vid2pose3d: a video of people in, 3D motion out."""

__version__ = "0.1.0"

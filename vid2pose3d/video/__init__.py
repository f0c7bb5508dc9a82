"""Reading and writing of video files."""

from vid2pose3d.video.reader import Frame, VideoReader
from vid2pose3d.video.writer import VideoWriter

__all__ = ["Frame", "VideoReader", "VideoWriter"]

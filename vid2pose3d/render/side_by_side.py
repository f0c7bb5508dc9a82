"""The overlay on the left and the 3D motion on the right."""

from pathlib import Path

import cv2
import numpy as np

from vid2pose3d.motion import Recording
from vid2pose3d.render.overlay import OverlayPainter, Progress, reprojections
from vid2pose3d.render.scene3d import Scene3D
from vid2pose3d.render.view3d import TURN
from vid2pose3d.video import VideoReader, VideoWriter


def write_side_by_side(path: Path, reader: VideoReader, recording: Recording, *, height: int = 720,
                       turn: float = TURN, progress: Progress) -> None:
    """Write `reader`'s clip with its people drawn over it beside their 3D motion, with the clip's own timing.

    Clips higher than `height` pixels are scaled down to it, and the 3D view is as wide as it is high. Raises
    InputError where the clip cannot be read or `path` cannot be written; `path` is then as it was.
    """
    clip = reader.clip
    height = min(height, clip.height)
    width = max(1, round(clip.width * height / clip.height))
    painter = OverlayPainter([motion.person for motion in recording.people], action=recording.action,
                             reprojected=reprojections(recording))
    scene = Scene3D(recording, size=height, turn=turn)
    total = reader.expected_frames
    with VideoWriter(path, width=width + height, height=height, fps=clip.fps) as writer:
        for done, frame in enumerate(reader, start=1):
            painter.paint(frame.image, frame.index)
            overlay = cv2.resize(frame.image, (width, height), interpolation=cv2.INTER_AREA)
            writer.write(np.hstack([overlay, scene.picture(frame.index, frame.time)]), frame.time)
            progress(done, total)
        writer.end = reader.last_frame_end

"""The 3D motion alone, as a video that turns around it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from vid2pose3d.errors import InputError
from vid2pose3d.motion import Recording
from vid2pose3d.render.overlay import Progress, draw_action
from vid2pose3d.render.scene3d import Scene3D
from vid2pose3d.video import VideoWriter

TURN = 20.0
"""Degrees per second by which the view turns."""


def write_view3d(path: Path, recording: Recording, *, size: int = 720, turn: float = TURN,
                 progress: Progress) -> None:
    """Write `recording`'s people in 3D as H.264 mp4 of size x size pixels, with the clip's own time stamps.

    It runs from the first to the last frame that has anyone in it. Raises InputError where nobody is, or
    where `path` cannot be written.
    """
    frames = list(shown_frames(recording))
    if not frames:
        raise InputError(f"{recording.clip.name}: nobody is in this result, so there is no motion to show in "
                         "3D; draw the overlay, or run again on a clip with people")
    scene = Scene3D(recording, size=size, turn=turn)
    with VideoWriter(path, width=size, height=size, fps=recording.clip.fps) as writer:
        for done, (frame, time) in enumerate(frames, start=1):
            picture = scene.picture(frame, time)
            draw_action(picture, recording.action)
            writer.write(picture, time)
            progress(done, len(frames))


def shown_frames(recording: Recording) -> Iterator[tuple[int, float]]:
    """(frame, seconds) from the first to the last frame with anyone; unknown times are interpolated."""
    times: dict[int, float] = {}
    for motion in recording.people:
        person = motion.person
        times.update(zip(person.frames.tolist(), person.times.tolist(), strict=True))
    if not times:
        return
    known = np.array(sorted(times))
    frames = np.arange(known[0], known[-1] + 1)
    seconds = np.interp(frames, known, [times[frame] for frame in known.tolist()])
    yield from zip(frames.tolist(), seconds.tolist(), strict=True)

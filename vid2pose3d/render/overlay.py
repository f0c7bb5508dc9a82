"""The clip with everyone's 2D skeleton, reprojected 3D, number and the action drawn over it."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from vid2pose3d.camera import project
from vid2pose3d.motion import Person2D, Recording
from vid2pose3d.render.colours import LIGHT, person_colour, readable_on
from vid2pose3d.render.lettering import draw_panel, fit_text, panel_size
from vid2pose3d.render.skeletons import Style, draw_skeleton, draw_thin_skeleton, line_width
from vid2pose3d.video import VideoReader, VideoWriter

Progress = Callable[[int, int], None]
"""Told (done, total) frames; total is 0 where unknown."""
_NEAREST = 0.01
"""Metres before the camera from which on a joint can be seen."""


def write_overlay(path: Path, reader: VideoReader, people: list[Person2D], *, action: str | None,
                  reprojected: Sequence[np.ndarray] = (), progress: Progress) -> None:
    """Write `reader`'s clip with `people` drawn over it, as H.264 mp4 with the clip's own timing.

    reprojected: nothing, or for each person what `reprojections` gives. Raises InputError where the clip cannot be
    read or `path` cannot be written; `path` is then as it was.
    """
    clip = reader.clip
    painter = OverlayPainter(people, action=action, reprojected=reprojected)
    total = reader.expected_frames
    with VideoWriter(path, width=clip.width, height=clip.height, fps=clip.fps) as writer:
        for done, frame in enumerate(reader, start=1):
            painter.paint(frame.image, frame.index)
            writer.write(frame.image, frame.time)
            progress(done, total)
        writer.end = reader.last_frame_end


def reprojections(recording: Recording) -> list[np.ndarray]:
    """Where the camera sees each person's 3D joints: (N, 17, 2) pixels, NaN where it does not."""
    return [
        np.where(motion.joints_camera[..., 2:] > _NEAREST,
                 project(np.maximum(motion.joints_camera, (-np.inf, -np.inf, _NEAREST)), recording.camera.intrinsics),
                 np.nan)
        for motion in recording.people
    ]


class OverlayPainter:
    """Draws people on the frames of their clip: their 2D, and their reprojected 3D as thin white lines behind it."""

    def __init__(self, people: list[Person2D], *, action: str | None, reprojected: Sequence[np.ndarray] = ()) -> None:
        self._people = people
        self._reprojected = dict(zip((person.id for person in people), reprojected, strict=False))
        self._rows = [{int(frame): row for row, frame in enumerate(person.frames)} for person in people]
        self._action = action

    def paint(self, image: np.ndarray, frame: int) -> None:
        """Draw those who are in that frame of the clip on image (H, W, 3) uint8 RGB, in place."""
        present = [(person, rows[frame]) for person, rows in zip(self._people, self._rows, strict=True)
                   if frame in rows]
        for person, row in present:
            width = line_width(person.xy[row], *image.shape[:2])
            if person.id in self._reprojected:
                draw_thin_skeleton(image, self._reprojected[person.id][row], width=width)
            style = Style(person.joint_set, person_colour(person.id), width, bool(person.interpolated[row]))
            draw_skeleton(image, person.xy[row], person.confidence[row], style)
        for person, row in present:
            _draw_number(image, person, row)
        draw_action(image, self._action)


def draw_action(image: np.ndarray, action: str | None) -> None:
    """Write the action, if there is one, in the top-left corner of image (H, W, 3) uint8 RGB, in place."""
    if action:
        size = _letter_size(image, 24)
        corner = (size // 2, size // 2)
        text = fit_text(action, size, image.shape[1] - 2 * corner[0])
        draw_panel(image, text, corner, size=size, colour=LIGHT)


def _draw_number(image: np.ndarray, person: Person2D, row: int) -> None:
    """The person's number on a tag above the highest joint."""
    seen = person.xy[row][np.isfinite(person.xy[row]).all(axis=-1)]
    if not len(seen):
        return
    colour, text = person_colour(person.id), str(person.id)
    size = _letter_size(image, 32)
    width, height = panel_size(text, size)
    x, y = seen[seen[:, 1].argmin()]
    room_x, room_y = max(image.shape[1] - width, 0), max(image.shape[0] - height, 0)
    corner = (int(np.clip(x - width / 2, 0, room_x)), int(np.clip(y - 1.5 * height, 0, room_y)))
    draw_panel(image, text, corner, size=size, colour=readable_on(colour), background=colour, opacity=0.9)


def _letter_size(image: np.ndarray, parts: int) -> int:
    return max(10, min(image.shape[:2]) // parts)

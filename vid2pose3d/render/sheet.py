"""A contact sheet: moments of a result in one picture, each over the clip and in 3D."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from vid2pose3d.errors import InputError
from vid2pose3d.files import replacing
from vid2pose3d.motion import Recording
from vid2pose3d.render.colours import LIGHT
from vid2pose3d.render.lettering import draw_panel
from vid2pose3d.render.overlay import OverlayPainter, Progress, reprojections
from vid2pose3d.render.scene3d import Scene3D
from vid2pose3d.render.view3d import shown_frames
from vid2pose3d.video import VideoReader

MOMENTS = 12
_HEIGHT = 300
"""Pixels of a moment, and of the side of its 3D view."""
_WIDTH = 2400
"""Pixels of the sheet that are not exceeded while there is more than one column."""
_GAP = 8
_LETTERS = 15
_PAPER = 255


def write_sheet(path: Path, recording: Recording, *, reader: VideoReader | None, moments: int = MOMENTS,
                progress: Progress) -> None:
    """Write up to `moments` evenly spaced frames as one PNG: the overlay where `reader` gives the clip, and 3D.

    The 3D view stands where the clip's camera does. Raises InputError where nobody is in the result, where the clip
    cannot be read or `path` cannot be written; `path` is then as it was.
    """
    shown = list(shown_frames(recording))
    if not shown:
        raise InputError(f"{recording.clip.name}: nobody is in this result, so there is nothing to put on a sheet; run "
                         "again on a clip with people")
    picks = np.unique(np.linspace(0, len(shown) - 1, min(moments, len(shown))).round().astype(int))
    times = dict(shown[pick] for pick in picks)
    scene = Scene3D(recording, size=_HEIGHT, turn=0.0)
    clip = dict(_overlays(reader, recording, set(times), progress)) if reader else {}
    cells = []
    for frame, time in times.items():
        parts = [clip[frame]] if frame in clip else []
        cell = np.ascontiguousarray(np.hstack([*parts, scene.picture(frame, time)]))
        draw_panel(cell, f"{time:.2f} s", (6, _HEIGHT - 6 - 2 * _LETTERS), size=_LETTERS, colour=LIGHT)
        cells.append(cell)
        progress(len(cells), len(times))
    with replacing(path) as temporary:
        _, content = cv2.imencode(".png", cv2.cvtColor(_grid(cells), cv2.COLOR_RGB2BGR))
        temporary.write_bytes(content.tobytes())


def _overlays(reader: VideoReader, recording: Recording, wanted: set[int],
              progress: Progress) -> Iterator[tuple[int, np.ndarray]]:
    """The wanted frames of the clip with their people drawn over them, `_HEIGHT` pixels high."""
    people = [motion.person for motion in recording.people]
    painter = OverlayPainter(people, action=None, reprojected=reprojections(recording))
    total, last = reader.expected_frames, max(wanted)
    for done, frame in enumerate(reader, start=1):
        if frame.index in wanted:
            painter.paint(frame.image, frame.index)
            width = max(1, round(reader.clip.width * _HEIGHT / reader.clip.height))
            yield frame.index, cv2.resize(frame.image, (width, _HEIGHT), interpolation=cv2.INTER_AREA)
        progress(done, total)
        if frame.index >= last:
            return


def _grid(cells: list[np.ndarray]) -> np.ndarray:
    """Cells in rows on white paper; those narrower than the widest are filled up."""
    wide = max(cell.shape[1] for cell in cells) + _GAP
    columns = min(len(cells), max(1, (_WIDTH - _GAP) // wide))
    rows = -(-len(cells) // columns)
    sheet = np.full((rows * (_HEIGHT + _GAP) + _GAP, columns * wide + _GAP, 3), _PAPER, np.uint8)
    for number, cell in enumerate(cells):
        top = _GAP + number // columns * (_HEIGHT + _GAP)
        left = _GAP + number % columns * wide
        sheet[top:top + _HEIGHT, left:left + cell.shape[1]] = cell
    return sheet

"""The 2D and 3D motion as one HTML page that needs no network: it carries its scripts, its data and its clip."""

import base64
import html
import json
import tempfile
from importlib import resources
from pathlib import Path

import cv2

from vid2pose3d.errors import InputError
from vid2pose3d.files import replacing
from vid2pose3d.motion import Recording
from vid2pose3d.render.overlay import Progress
from vid2pose3d.render.page_data import page_data
from vid2pose3d.video import VideoReader, VideoWriter

LONGEST_CLIP = 300.0
"""Seconds up to which a clip is put into the page."""
_CLIP_HEIGHT = 480
"""Pixels of the clip inside the page."""
_FOLDER = "page"
_MODULES = {"three": "three.module.min.js", "orbit": "OrbitControls.js", "data": "data.js", "colour": "colour.js",
            "scene": "scene.js", "picture": "picture.js", "viewer": "viewer.js"}
"""Scripts by the names under which they import each other."""


def write_page(path: Path, recording: Recording, *, reader: VideoReader | None, progress: Progress) -> None:
    """Write `recording` as one HTML page with its own player, and with `reader`'s clip behind the 2D.

    The clip is scaled down to 480 lines. Raises InputError where nobody is, where the clip is longer than
    `LONGEST_CLIP` or cannot be read, or where `path` cannot be written; `path` is then as it was.
    """
    if not recording.people:
        raise InputError(f"{recording.clip.name}: nobody is in this result, so there is no motion to show; draw the "
                         "overlay, or run again on a clip with people")
    with replacing(path) as temporary:
        temporary.write_text(_page(recording, _clip(reader, progress) if reader else None), encoding="utf-8")


def _page(recording: Recording, clip: tuple[bytes, float] | None) -> str:
    data = page_data(recording)
    if clip is not None:
        data["video"] = {"start": clip[1], "data": base64.b64encode(clip[0]).decode("ascii")}
    scripts = {name: "data:text/javascript;base64," + base64.b64encode(_bytes(file)).decode("ascii")
               for name, file in _MODULES.items()}
    parts = {
        "TITLE": html.escape(recording.clip.name),
        "STYLE": _bytes("viewer.css").decode(),
        "MODULES": json.dumps({"imports": scripts}),
        "LICENCE": _bytes("LICENSE.three").decode(),
        "DATA": json.dumps(data, allow_nan=False, separators=(",", ":")).replace("</", "<\\/"),
    }
    page = _bytes("page.html").decode()
    for name, text in parts.items():
        before, found, after = page.partition(f"%{name}%")
        assert found, f"page.html has no %{name}%"
        page = before + text + after
    return page


def _clip(reader: VideoReader, progress: Progress) -> tuple[bytes, float]:
    """The clip as a small H.264 mp4, and the time of its first frame, seconds."""
    clip = reader.clip
    total = reader.expected_frames
    seconds = total / clip.fps
    if seconds > LONGEST_CLIP:
        raise InputError(f"--video {clip.path}: {seconds:.0f} s are too long for a page, which holds up to "
                         f"{LONGEST_CLIP:.0f} s; leave out --video")
    height = min(_CLIP_HEIGHT, clip.height)
    width = max(1, round(clip.width * height / clip.height))
    start = None
    with tempfile.TemporaryDirectory(prefix="vid2pose3d-") as folder:
        path = Path(folder) / "clip.mp4"
        with VideoWriter(path, width=width, height=height, fps=clip.fps) as writer:
            for done, frame in enumerate(reader, start=1):
                start = frame.time if start is None else start
                writer.write(cv2.resize(frame.image, (width, height), interpolation=cv2.INTER_AREA), frame.time)
                progress(done, total)
            writer.end = reader.last_frame_end
        return path.read_bytes(), start or 0.0


def _bytes(name: str) -> bytes:
    return (resources.files(__package__) / _FOLDER / name).read_bytes()

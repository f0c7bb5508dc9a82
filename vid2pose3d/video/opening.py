"""Opening a video file: what can be wrong with it, which stream counts, and what the file declares."""

import math
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from vid2pose3d.errors import InputError
from vid2pose3d.motion import Clip
from vid2pose3d.video.track_tags import track_tags

_NOT_VIDEO = "give a video file such as .mp4, .mov, .mkv, .webm or .avi"
_FOCAL_TAG = "focal_length.35mm_equivalent"
"""End of the QuickTime tag in which phones write the focal length, millimetres on 35 mm film: "26", or "26.00mm"."""
_FILM_DIAGONAL = math.hypot(36.0, 24.0)
"""Millimetres."""
_ASSUMED_RATE = Fraction(25)
"""Frames per second where neither the container nor the stream says (FFmpeg's own default)."""


def open_container(path: Path) -> InputContainer:
    """Open `path`. Raises InputError where it is missing, no file, empty, or in no known video format."""
    try:
        if path.is_dir():
            raise InputError(f"{path} is a folder; {_NOT_VIDEO}")
        if path.stat().st_size == 0:
            raise InputError(f"{path} is empty (0 bytes); copy or record it again")
        # The prefix keeps names such as "10:30.mp4" from being taken for a network protocol. Old cameras
        # write their tags in other encodings than UTF-8.
        container = av.open(f"file:{path}", mode="r", metadata_errors="replace")
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist; check the name and the folder") from error
    except av.InvalidDataError as error:
        raise InputError(f"{path} is not a video that can be read, or its index is missing because it was "
                         f"cut off; {_NOT_VIDEO}") from error
    except (av.FFmpegError, OSError) as error:
        raise InputError(f"{path} cannot be opened: {error.strerror}; check the file and its "
                         "permissions") from error
    if container.format.name == "tty":  # FFmpeg draws plain text as a moving picture
        container.close()
        raise InputError(f"{path} is a text file; {_NOT_VIDEO}")
    return container


def video_stream(container: InputContainer, path: Path) -> VideoStream:
    """The stream to read: the best one that is not a cover picture. Raises InputError where there is none."""
    streams = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not streams:
        found = ", ".join(sorted({s.type for s in container.streams if s.type != "video"})) or "nothing"
        raise InputError(f"{path} has no video stream (found: {found}); {_NOT_VIDEO}")
    best = container.streams.best("video")
    if best in streams:
        chosen = next(s for s in streams if s == best)
    else:
        chosen = max(streams, key=lambda s: s.codec_context.width * s.codec_context.height)
    if chosen.codec_context is None:
        raise InputError(f"{path} uses a video format that cannot be decoded here; convert it to H.264 mp4")
    return chosen


def frame_rate(stream: VideoStream) -> Fraction:
    """Mean frames per second that the file declares, or a guess."""
    for rate in (stream.average_rate, stream.guessed_rate, stream.base_rate):
        if rate is not None and 0 < rate <= 1000:
            return Fraction(rate)
    return _ASSUMED_RATE


def declared_duration(container: InputContainer, stream: VideoStream) -> float | None:
    """Seconds of video that the file claims to hold; None where it does not say."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    tag = stream.metadata.get("DURATION", "").split(":")
    with suppress(ValueError):  # a tag is free text
        hours, minutes, seconds = (float(part) for part in tag)
        return 3600 * hours + 60 * minutes + seconds
    # The container's length is that of its longest stream, which may be sound.
    if container.duration and len(container.streams) == 1:
        return container.duration / av.time_base
    return None


def declared_clip(path: Path, container: InputContainer, stream: VideoStream, first: VideoFrame) -> Clip:
    """What the header and the first frame say; `frames` and `duration` are 0 where they do not say."""
    rate = frame_rate(stream)
    duration = declared_duration(container, stream)
    if duration is None:
        duration = container.duration / av.time_base if container.duration else float(stream.frames / rate)
    rotation = quarter_turns(first) * 90
    width, height = first.width, first.height
    if rotation in (90, 270):
        width, height = height, width
    return Clip(path=path, width=width, height=height, fps=float(rate),
                frames=stream.frames or round(duration * rate), duration=duration, rotation=rotation,
                focal=_declared_focal(path, container, math.hypot(width, height)))


def _declared_focal(path: Path, container: InputContainer, diagonal: float) -> float | None:
    """Focal length in pixels of a picture with that diagonal (pixels), by the tags of the file or its streams."""
    for tags in (container.metadata, *(stream.metadata for stream in container.streams), track_tags(path)):
        for key, value in tags.items():
            with suppress(ValueError):  # a tag is free text
                if key.lower().endswith(_FOCAL_TAG) and 5 < (film := float(value.lower().removesuffix("mm"))) < 2000:
                    return film / _FILM_DIAGONAL * diagonal
    return None


def quarter_turns(frame: VideoFrame) -> int:
    """Counter-clockwise quarter turns (0-3) that make the stored picture upright."""
    return round(frame.rotation / 90) % 4

"""Video files as a stream of upright RGB frames with exact time stamps."""

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from vid2pose3d.errors import InputError
from vid2pose3d.motion import Clip
from vid2pose3d.video.decoder import Decoder
from vid2pose3d.video.opening import (
    declared_clip,
    declared_duration,
    frame_rate,
    open_container,
    quarter_turns,
    video_stream,
)
from vid2pose3d.video.timeline import Timeline


@dataclass(frozen=True)
class Frame:
    """One decoded picture."""

    index: int
    """0-based number of the frame, counted from the file's first good frame."""
    time: float
    """Seconds since the file's first frame."""
    image: np.ndarray
    """(H, W, 3) uint8 RGB, upright, C-contiguous."""


class VideoReader:
    """Iterates over the frames of a video file, one at a time, as often as wanted.

    With `start` or `end` (seconds since the first frame) only frames with start <= time < end are given;
    their numbers and times stay those of the whole file. `clip` is what the file declares until a pass has
    reached the end of the file, and what was decoded from then on. `warnings` tells, one line each, what was
    wrong with the file.

    Raises InputError, on opening or while reading, where the file holds no usable frame or none in the range.
    """

    def __init__(self, path: str | Path, *, start: float | None = None, end: float | None = None) -> None:
        path = Path(path)
        self.warnings: list[str] = []
        self.last_frame_end: float | None = None
        """Seconds at which the file's last frame ends, once a pass has reached it."""
        self._start, self._end = start, end
        self._pass: Generator[Frame, None, None] | None = None
        with open_container(path) as container:
            stream = video_stream(container, path)
            first = next(iter(Decoder(container, stream)), None)
            if first is None:
                raise InputError(f"{path} holds no frame that can be decoded; record or convert it again")
            self.clip: Clip = declared_clip(path, container, stream, first)
            self._note_pixel_shape(stream)
        self._turns = quarter_turns(first)
        self._stored_size = (first.width, first.height)
        self._check_range()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        if self._pass is not None:
            self._pass.close()

    def __iter__(self) -> Iterator[Frame]:
        self._pass = self._frames()
        return self._pass

    @property
    def expected_frames(self) -> int:
        """How many frames a pass is likely to give, 0 where unknown; for showing progress."""
        first = round((self._start or 0.0) * self.clip.fps)
        last = self.clip.frames
        if self._end is not None:
            last = min(last, round(self._end * self.clip.fps))
        return max(last - first, 0)

    def _frames(self) -> Generator[Frame, None, None]:
        given = 0
        with open_container(self.clip.path) as container, closing(self._timed(container)) as timed:
            for index, (time, frame) in enumerate(timed):
                if self._end is not None and time >= self._end:
                    break
                if self._start is None or time >= self._start:
                    given += 1
                    yield Frame(index, float(time), self._upright(frame))
        if not given:
            raise InputError(f"{self.clip.path} has no frame between {self._range()}; its good frames end at "
                             f"{self.clip.duration:.2f} s: choose another --start or --end")

    def _timed(self, container: InputContainer) -> Generator[tuple[Fraction, VideoFrame], None, None]:
        """Good frames with their seconds; updates `clip` and `warnings` at the end of the file."""
        stream = video_stream(container, self.clip.path)
        rate = frame_rate(stream)
        timeline = Timeline(1 / rate)
        decoder = Decoder(container, stream)
        count, time, length = 0, Fraction(0), None
        for frame in decoder:
            time, length = timeline.place(_seconds(frame.pts, stream)), _seconds(frame.duration, stream)
            count += 1
            yield time, frame
        end = float(time + (length or 1 / rate))
        self._note_damage(decoder.damage, count, end, declared_duration(container, stream))
        if timeline.repaired:
            self._note(f"{self.clip.name} has {timeline.repaired} missing or repeated time stamps, "
                       f"which were filled in at {float(rate):.5g} frames per second")
        fps = float(rate) if decoder.damage else _decoded_rate(rate, count, time, stream)
        self.clip = replace(self.clip, frames=count, duration=end, fps=fps)
        self.last_frame_end = end

    def _upright(self, frame: VideoFrame) -> np.ndarray:
        """(H, W, 3) RGB; a picture of another size than the first is scaled to it."""
        width, height = self._stored_size
        if (frame.width, frame.height) != self._stored_size:
            self._note(f"{self.clip.name} changes its picture size from {width}x{height} to "
                       f"{frame.width}x{frame.height}; later frames were scaled back")
        image = frame.to_ndarray(format="rgb24", width=width, height=height)
        return np.ascontiguousarray(np.rot90(image, self._turns))

    def _check_range(self) -> None:
        start, end, duration = self._start, self._end, self.clip.duration
        if start is not None and end is not None and start >= end:
            raise InputError(f"--start {start:g} is not before --end {end:g}; give a start before the end")
        if start is not None and (start < 0 or (duration and start >= duration)):
            raise InputError(f"--start {start:g} lies outside {self.clip.name}, which is {duration:.2f} s "
                             "long; choose a time within it")
        if end is not None and duration and end > duration + max(0.1, 1 / self.clip.fps):
            self._note(f"--end {end:g} lies after the end of {self.clip.name} ({duration:.2f} s); "
                       "it is read to its end")

    def _range(self) -> str:
        return f"{self._start or 0:g} s and {'its end' if self._end is None else f'{self._end:g} s'}"

    def _note(self, message: str) -> None:
        if message not in self.warnings:
            self.warnings.append(message)

    def _note_pixel_shape(self, stream: VideoStream) -> None:
        shape = stream.sample_aspect_ratio
        if shape and abs(shape - 1) > 0.01:
            self._note(f"{self.clip.name} has pixels of {shape.numerator}:{shape.denominator} but they are "
                       "taken for square; convert it to square pixels for true proportions")

    def _note_damage(self, damage: list[int], count: int, end: float, declared: float | None) -> None:
        if damage:
            places = f" and in {len(damage) - 1} more places" if len(damage) > 1 else ""
            declared_count = f" of {self.clip.frames}" if self.clip.frames > count else ""
            self._note(f"{self.clip.name} is damaged after frame {damage[0]}{places}: "
                       f"{count}{declared_count} frames are good and used")
        elif declared is not None and declared - end > 0.05 + 1.5 / self.clip.fps:
            self._note(f"{self.clip.name} is cut off after frame {count} ({end:.2f} of {declared:.2f} s): "
                       f"{count} frames are good and used")


def _seconds(ticks: int | None, stream: VideoStream) -> Fraction | None:
    """Ticks of the stream's clock as exact seconds; held-back frames carry no clock of their own."""
    return None if ticks is None or stream.time_base is None else ticks * stream.time_base


def _decoded_rate(declared: Fraction, count: int, last: Fraction, stream: VideoStream) -> float:
    """Mean frames per second of `count` frames whose last is shown at `last` seconds.

    The declared rate is kept where it agrees within what the stamps can resolve: milliseconds make 29.97 look
    odd.
    """
    if count < 2:
        return float(declared)
    resolution = stream.time_base or Fraction(0)
    if abs((count - 1) / declared - last) <= resolution:
        return float(declared)
    return float((count - 1) / last)

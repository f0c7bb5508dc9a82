"""H.264 video files with each frame's own time stamp."""

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
from av.codec.context import Flags
from av.video.frame import VideoFrame

from vid2pose3d.files import replacing

_TIME_BASE = Fraction(1, 360_000)
"""Seconds per tick: whole ticks per frame at every common rate, 23.976 and 29.97 included."""
_BT709 = 1
_LIMITED_RANGE = 1


class VideoWriter:
    """Writes an H.264 mp4 (yuv420p) that replaces `path` only when the `with` block ends without an error.

    The first frame is shown at time 0, the others at their distance from it. Pictures with an odd side get
    one more column on the right or row at the bottom, since H.264 with halved colour needs even sides.
    A thread of its own converts and encodes each frame while the next one is made. Raises InputError where the file
    cannot be written and ValueError where no frame was.
    """

    def __init__(self, path: str | Path, *, width: int, height: int, fps: float) -> None:
        """Pictures are width x height pixels; `fps` is the mean rate, which gives the last frame's length."""
        self._path = Path(path)
        self._size = (width, height)
        self._fps = fps
        self._first = 0.0
        self._held: tuple[int, VideoFrame] | None = None
        self._encoded: Future[None] | None = None
        self._stack = ExitStack()
        self.end: float | None = None
        """Seconds, on the frames' own clock, at which the last frame ends; 1 / fps after it where not set."""

    def __enter__(self) -> Self:
        with self._stack:
            temporary = self._stack.enter_context(replacing(self._path))
            self._container = av.open(f"file:{temporary}", mode="w", format="mp4",
                                      options={"movflags": "+faststart"})
            self._open_stream()
            self._encoder = self._stack.enter_context(ThreadPoolExecutor(1))
            self._stack = self._stack.pop_all()
        return self

    def _open_stream(self) -> None:
        width, height = self._size
        rate = max(Fraction(self._fps).limit_denominator(1001), Fraction(1, 1001))
        stream = self._container.add_stream("libx264", rate=rate)
        stream.width, stream.height = width + width % 2, height + height % 2
        stream.pix_fmt = "yuv420p"
        stream.time_base = stream.codec_context.time_base = _TIME_BASE
        stream.codec_context.flags |= Flags.frame_duration
        stream.codec_context.colorspace = stream.codec_context.color_primaries = _BT709
        stream.codec_context.color_trc = _BT709
        stream.codec_context.color_range = _LIMITED_RANGE
        # Without reordered frames the file's length is right for uneven time stamps too.
        stream.options = {"crf": "20", "preset": "veryfast", "bf": "0"}
        # Whole pictures side by side keep the cores busier than the slices of one, which is PyAV's choice.
        stream.codec_context.thread_type = "FRAME"
        self._stream = stream

    def write(self, image: np.ndarray, time: float) -> None:
        """Append image (H, W, 3) uint8 RGB, to be shown at `time` seconds.

        Raises ValueError for another size or a time that is not later than the one before.
        """
        width, height = self._size
        if image.shape != (height, width, 3):
            raise ValueError(f"image has shape {image.shape}, expected {(height, width, 3)}")
        if self._held is None:
            self._first = time
        ticks = self._ticks(time)
        if self._held is not None:
            if ticks <= self._held[0]:
                raise ValueError(f"frame at {time} s does not come after the one before it")
            self._hand_over(*self._held, until=ticks)
        self._held = ticks, _frame(image)

    def _ticks(self, time: float) -> int:
        return round((time - self._first) / _TIME_BASE)

    def _hand_over(self, ticks: int, frame: VideoFrame, *, until: int) -> None:
        """Encode a frame that is shown from `ticks` until `until` once the one before it is done."""
        if self._encoded is not None:
            self._encoded.result()
        self._encoded = self._encoder.submit(self._encode, ticks, frame, until)

    def _encode(self, ticks: int, frame: VideoFrame, until: int) -> None:
        frame = frame.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")
        frame.pts, frame.time_base, frame.duration = ticks, _TIME_BASE, until - ticks
        self._container.mux(self._stream.encode(frame))

    def _finish(self) -> None:
        if self._held is None:
            raise ValueError(f"no frame was written to {self._path}")
        ticks, frame = self._held
        until = ticks + round(1 / self._fps / _TIME_BASE) if self.end is None else self._ticks(self.end)
        self._hand_over(ticks, frame, until=max(until, ticks + 1))
        self._encoder.shutdown()
        if self._encoded is not None:
            self._encoded.result()
        self._container.mux(self._stream.encode(None))
        self._container.close()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        with self._stack:
            if error is not None:
                self._encoder.shutdown()
                with suppress(av.FFmpegError):
                    self._container.close()
                raise error
            self._finish()


def _frame(image: np.ndarray) -> VideoFrame:
    """A copy of RGB with even sides."""
    height, width = image.shape[:2]
    if height % 2 or width % 2:
        image = np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")

"""Small videos whose frames carry their own number as black and white bars."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

BITS = 8
CLOCK = Fraction(1, 90_000)


def picture(number: int, *, width: int = 128, height: int = 96) -> np.ndarray:
    """(H, W, 3) RGB: `number` in binary as eight bars, the least significant bit on the left."""
    columns = np.arange(width) * BITS // width
    row = ((number >> columns) & 1) * np.uint8(255)
    return np.broadcast_to(row[None, :, None], (height, width, 3)).astype(np.uint8)


def number_of(image: np.ndarray) -> int:
    """The number that `picture` drew, read from the middle of each bar."""
    middle = image[image.shape[0] // 2].mean(axis=-1)
    bars = [middle[int((bit + 0.5) * len(middle) / BITS)] > 127 for bit in range(BITS)]
    return sum(1 << bit for bit, bar in enumerate(bars) if bar)


def write_clip(
    path: Path,
    times: Sequence[float],
    *,
    images: Sequence[np.ndarray] | None = None,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    options: dict[str, str] | None = None,
    rotation: int = 0,
) -> Path:
    """A video with one picture at each of `times` (seconds); the bars of `picture` where none are given."""
    images = [picture(number) for number in range(len(times))] if images is None else images
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=30)
        prepare(stream, images[0], pixels)
        stream.options = options or {"bf": "2", "g": "10"} if codec == "libx264" else options or {}
        if rotation:
            stream.set_display_rotation(rotation)
        for time, image in zip(times, images, strict=True):
            container.mux(stream.encode(timed_frame(image, time, pixels)))
        container.mux(stream.encode(None))
    return path


def prepare(stream: VideoStream, image: np.ndarray, pixels: str = "yuv420p") -> None:
    stream.height, stream.width = image.shape[:2]
    stream.pix_fmt = pixels
    if stream.codec_context.name == "libx264":
        stream.codec_context.time_base = CLOCK


def timed_frame(image: np.ndarray, time: float, pixels: str = "yuv420p") -> VideoFrame:
    frame = VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24").reformat(format=pixels)
    frame.pts, frame.time_base = round(time / CLOCK), CLOCK
    return frame


def silence(stream: AudioStream, seconds: float) -> list[Packet]:
    """Packets of that much silence for a mono aac stream of 16 kHz."""
    frame = av.AudioFrame.from_ndarray(np.zeros((1, int(16_000 * seconds)), np.float32), "fltp", "mono")
    frame.sample_rate, frame.pts, frame.time_base = 16_000, 0, Fraction(1, 16_000)
    return stream.encode(frame) + stream.encode(None)

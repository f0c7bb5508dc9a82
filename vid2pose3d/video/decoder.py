"""The good frames of a video stream, and where it is damaged."""

from collections.abc import Iterator

import av
import av.logging
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

_CONCEALED = "concealing "
"""FFmpeg's decoders paint over what they cannot decode and tell nobody but their log, in this thread only."""


class Decoder:
    """Decodes one stream in presentation order, once.

    A damaged frame spoils all that follow it up to the next key frame; these are left out.
    """

    def __init__(self, container: InputContainer, stream: VideoStream) -> None:
        self._container = container
        self._stream = stream
        # Only a decoder without threads of its own says in whose packet it painted over something.
        stream.codec_context.thread_type = "NONE"
        self._spoilt = False
        self._good = 0
        self.damage: list[int] = []
        """For each damaged place the number of good frames before it."""

    def __iter__(self) -> Iterator[VideoFrame]:
        for packet in self._packets():
            frames, sound = self._decode(packet)
            if sound:
                yield from self._select(frames)
                continue
            frames += self._drain()
            yield from self._select([frame for frame in frames if frame.pts != packet.pts])
            self._stream.codec_context.flush_buffers()
            self._spoil()
        yield from self._select(self._drain())

    def _packets(self) -> Iterator[Packet]:
        try:
            for packet in self._container.demux(self._stream):
                # Empty packets repeat a picture; the decoder would take one for the end of the stream.
                if packet.size:
                    yield packet
        except av.FFmpegError:
            self._spoil()

    def _decode(self, packet: Packet) -> tuple[list[VideoFrame], bool]:
        """The frames that are ready after `packet`, and whether it could be decoded whole."""
        if packet.is_corrupt:
            return [], False
        level = av.logging.get_level()
        av.logging.set_level(av.logging.INFO)
        try:
            with av.logging.Capture() as log:
                frames = self._stream.codec_context.decode(packet)
        except av.FFmpegError:
            return [], False
        finally:
            av.logging.set_level(level)
        return frames, not any(message.startswith(_CONCEALED) for _, _, message in log)

    def _drain(self) -> list[VideoFrame]:
        """The frames that the decoder still holds back for reordering."""
        try:
            return self._stream.codec_context.decode(None)
        except av.FFmpegError:
            return []

    def _select(self, frames: list[VideoFrame]) -> Iterator[VideoFrame]:
        for frame in frames:
            if frame.is_corrupt:
                self._spoil()
            elif frame.key_frame:
                self._spoilt = False
            if not self._spoilt:
                self._good += 1
                yield frame

    def _spoil(self) -> None:
        self._spoilt = True
        if not self.damage or self.damage[-1] != self._good:
            self.damage.append(self._good)

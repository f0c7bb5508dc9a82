"""What the tracks of a QuickTime or MP4 file say, such as the lens of a phone, which FFmpeg does not pass on."""

import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

_LARGEST = 1 << 26
"""Bytes of a movie box; larger ones are left alone."""
_NUMBERS = {21: {1: ">b", 2: ">h", 4: ">i", 8: ">q"}, 22: {1: ">B", 2: ">H", 4: ">I", 8: ">Q"},
            23: {4: ">f"}, 24: {8: ">d"}, 67: {4: ">i"}, 77: {4: ">I"}}
"""Well-known types of the QuickTime File Format, by the bytes that a value has."""
_TEXT = 1

Box = tuple[bytes, bytes]
"""Kind and content."""


def track_tags(path: Path) -> dict[str, str]:
    """Names and values of the metadata of all tracks; none where the file is of another kind or damaged."""
    tags: dict[str, str] = {}
    with suppress(OSError, struct.error), path.open("rb") as file:
        for kind, track in _boxes(_movie(file)):
            for inner, meta in _boxes(track) if kind == b"trak" else ():
                if inner == b"meta":
                    tags |= _tags(dict(_boxes(meta)))
    return tags


def _movie(file: BinaryIO) -> bytes:
    """Content of the movie box."""
    while len(header := file.read(8)) == 8:
        size, kind = struct.unpack(">I4s", header)
        size -= 8
        if size == 1 - 8:
            size = struct.unpack(">Q", file.read(8))[0] - 16
        if kind == b"moov" and 0 < size <= _LARGEST:
            return file.read(size)
        if size < 0:
            break
        file.seek(size, 1)
    return b""


def _boxes(content: bytes) -> Iterator[Box]:
    """The boxes that lie one after the other in the content of another."""
    place = 0
    while place + 8 <= len(content):
        size, kind = struct.unpack_from(">I4s", content, place)
        if size < 8:
            return
        yield kind, content[place + 8:place + size]
        place += size


def _tags(meta: dict[bytes, bytes]) -> dict[str, str]:
    """Names and values of a metadata box: `keys` numbers the names from 1, `ilst` has the values under the numbers."""
    names = [name.decode("utf-8", "replace") for _, name in _boxes(meta.get(b"keys", b"")[8:])]
    found = {}
    for number, entry in _boxes(meta.get(b"ilst", b"")):
        value = _value(dict(_boxes(entry)).get(b"data", b""))
        index = int.from_bytes(number, "big") - 1
        if value is not None and 0 <= index < len(names):
            found[names[index]] = value
    return found


def _value(data: bytes) -> str | None:
    if len(data) < 8:
        return None
    kind, content = int.from_bytes(data[:4], "big"), data[8:]
    if kind == _TEXT:
        return content.decode("utf-8", "replace")
    form = _NUMBERS.get(kind, {}).get(len(content))
    return None if form is None else str(struct.unpack(form, content)[0])

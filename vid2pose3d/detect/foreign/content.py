"""What lies under the path that the user gave, read as far as is needed to tell its format."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from vid2pose3d.errors import InputError
from vid2pose3d.plain_npz import entries
from vid2pose3d.skeleton import JointSet


@dataclass(frozen=True)
class Content:
    """A file or folder."""

    path: Path
    kind: Literal["json", "npz", "trc"]
    value: Any
    """The JSON; the names of the archive's entries; the text. Of a folder: those of its first file that says much."""
    files: tuple[Path, ...] = ()
    """The files of a folder, in the order of the numbers in their names; none for a file."""


@dataclass(frozen=True)
class Request:
    """What the user says about a foreign file."""

    joints: JointSet | None = None
    clip_name: str | None = None
    """Stem of the clip, to choose by where a file holds several."""
    progress: Callable[[int, int], None] | None = None

    def over(self, files: tuple[Path, ...]) -> Iterator[Path]:
        """The files, while progress is shown."""
        for done, path in enumerate(files, start=1):
            yield path
            if self.progress:
                self.progress(done, len(files))


_SUFFIXES = (".json", ".trc", ".npz")


def open_content(path: Path) -> Content:
    """Raises InputError where there is nothing, or nothing that can be read."""
    if not path.exists():
        raise InputError(f"--from {path} does not exist; check the name and the folder")
    if path.is_dir():
        return _open_folder(path)
    if not path.stat().st_size:
        raise InputError(f"{path} is empty (0 bytes); write it again")
    return _open_file(path)


def read_json(path: Path) -> Any:
    """The JSON of a file. Raises InputError where it is none."""
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}; check the permissions") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not JSON ({error}); write it again") from error


def number_in(path: Path | str) -> int:
    """The last number in a file's name. Raises InputError where there is none."""
    found = re.findall(r"\d+", Path(path).name.removesuffix(".json").removesuffix("_keypoints"))
    found = found or re.findall(r"\d+", Path(path).stem)
    if not found:
        raise InputError(f"{path}: its name holds no frame number; number the files in the order of the frames")
    return int(found[-1])


def picture_number(name: str) -> int | None:
    """The last number in the name of a picture, without its ending; None where there is none."""
    found = re.findall(r"\d+", Path(name).stem)
    return int(found[-1]) if found else None


def check_numbers(content: Content) -> list[int]:
    """Frame numbers of a folder's files. Raises InputError where two files have the same."""
    numbers = [number_in(file) for file in content.files]
    for before, after, file in zip(numbers, numbers[1:], content.files[1:], strict=False):
        if before == after:
            raise InputError(f"{content.path} has two files for frame {after}, one is {file.name}; give a folder of "
                             "one clip")
    return numbers


def _open_folder(folder: Path) -> Content:
    files = [path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES and path.is_file()]
    if not files:
        inside = sorted(path.name for path in folder.iterdir() if path.is_dir())
        hint = f"; it holds folders: give one of {', '.join(inside[:5])}" if inside else ""
        raise InputError(f"{folder} holds no .json, .trc or .npz file{hint or '; give the folder that holds them'}")
    kinds = sorted({path.suffix.lower() for path in files})
    if len(kinds) > 1:
        raise InputError(f"{folder} holds files of several kinds ({', '.join(kinds)}); give a folder of one, or the "
                         "file itself")
    if len(files) == 1:
        return open_content(files[0])
    files.sort(key=_by_number)
    content = next((content for content in map(_open_file, _telling(files)) if content.value), None)
    content = content or _open_file(files[0])
    return Content(folder, content.kind, content.value, tuple(files))


def _telling(files: list[Path]) -> Iterator[Path]:
    """Files that are not empty: frames without anybody do not tell the format."""
    for path in files:
        if path.stat().st_size:
            yield path


def _by_number(path: Path) -> tuple[list[int], str]:
    return [int(digits) for digits in re.findall(r"\d+", path.stem)][-1:], path.name


def _open_file(path: Path) -> Content:
    try:
        with path.open("rb") as file:
            start = file.read(64)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}; check the permissions") from error
    if start.startswith(b"PK"):
        return Content(path, "npz", entries(path))
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"PathFileType"):
        return Content(path, "trc", path.read_text(encoding="utf-8", errors="replace"))
    if text[:1] in (b"{", b"["):
        return Content(path, "json", read_json(path))
    raise InputError(f"{path} is no keypoint file: neither JSON, nor .npz, nor TRC; see docs/formats.md")

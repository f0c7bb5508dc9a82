"""A set of result files that appears in its folder as a whole or not at all."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from vid2pose3d.errors import InputError


class OutputSet:
    """Result files under temporary names; `publish` gives them their own names."""

    def __init__(self, folder: Path, staging: Path, stale: list[Path]) -> None:
        self.folder = folder
        self._staging = staging
        self._stale = stale
        self._names: list[str] = []

    def add(self, name: str) -> Path:
        """Where to write the file that will be `folder / name`."""
        self._names.append(name)
        return self._staging / name

    def publish(self) -> list[Path]:
        """Move everything into the folder, in the order of `add`; files of an older run that were not rewritten go."""
        paths = []
        for name in self._names:
            (self._staging / name).replace(self.folder / name)
            paths.append(self.folder / name)
        for path in self._stale:
            if path not in paths:
                path.unlink(missing_ok=True)
        return paths


@contextmanager
def output_set(folder: Path, patterns: list[str], *, overwrite: bool) -> Iterator[OutputSet]:
    """A set of files for `folder`, which is made where it is missing.

    patterns: globs of the names that this job writes. Raises InputError at once where the folder cannot be written,
    or where it holds such files and `overwrite` is not set. Unless `publish` was called, leaves nothing behind.
    """
    existing = _existing(folder, patterns)
    if existing and not overwrite:
        more = f" and {len(existing) - 1} more" if len(existing) > 1 else ""
        raise InputError(f"{existing[0]}{more} exists; pass --overwrite to replace it or -o for another folder")
    with ExitStack() as stack:
        try:
            stack.enter_context(_made(folder))
            staging = stack.enter_context(_staging(folder))
        except OSError as error:
            reason = "is a file" if folder.is_file() else f"cannot be written ({error.strerror})"
            raise InputError(f"output folder {folder} {reason}; choose another with -o") from error
        try:
            yield OutputSet(folder, staging, existing)
        except InputError as error:
            # The user knows only the folder that the files were meant for.
            raise InputError(str(error).replace(str(staging), str(folder))) from error


def _existing(folder: Path, patterns: list[str]) -> list[Path]:
    """Files that match, in order. Raises InputError where one of them cannot be replaced, being a folder."""
    found = sorted(path for pattern in patterns for path in folder.glob(pattern))
    for path in found:
        if path.is_dir():
            raise InputError(f"{path} is a folder and in the way of a result; move it or choose another folder with -o")
    return found


@contextmanager
def _made(folder: Path) -> Iterator[None]:
    """The folder, made with its parents where missing; those that are still empty at the end go again."""
    missing: list[Path] = []
    try:
        missing = [path for path in (folder, *folder.parents) if not path.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        yield
    finally:
        for path in missing:
            with suppress(OSError):
                path.rmdir()


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    staging = Path(tempfile.mkdtemp(dir=folder, prefix=".vid2pose3d-"))
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)

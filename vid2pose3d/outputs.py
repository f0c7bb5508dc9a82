"""A set of result files that appears in its folder as a whole or not at all."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
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
    made = _make(folder)
    try:
        with _staging(folder) as staging:
            yield OutputSet(folder, staging, existing)
    finally:
        for path in made:
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()


def _existing(folder: Path, patterns: list[str]) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for pattern in patterns for path in folder.glob(pattern))


def _make(folder: Path) -> list[Path]:
    """Make the folder; returns the folders that were missing, innermost first."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"output folder {folder} cannot be made: {error.strerror}; choose another with -o") from error
    return missing


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    try:
        staging = Path(tempfile.mkdtemp(dir=folder, prefix=".vid2pose3d-"))
    except OSError as error:
        raise InputError(
            f"output folder {folder} cannot be written: {error.strerror}; choose another with -o"
        ) from error
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)

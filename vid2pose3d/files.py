"""Writing files so that a crash, a full disk or Ctrl-C never leaves a damaged one; naming files by their content."""

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from vid2pose3d.errors import InputError

_HASH_BLOCK = 1 << 20


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary name in `path`'s folder (same suffix) and rename it to `path` on success.

    On any exception the temporary file is removed and `path` keeps its former content. Raises InputError where the
    folder cannot be written or the disk is full.
    """
    path = Path(path)
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}.", suffix=path.suffix)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}; choose another output folder") from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(path)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}; free some space or choose another "
                         "output folder") from error
    finally:
        temporary.unlink(missing_ok=True)


def hash_of(paths: Iterable[Path]) -> str:
    """SHA-256 (hex) over the content of files, one after the other. Raises OSError."""
    digest = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as file:
            while block := file.read(_HASH_BLOCK):
                digest.update(block)
    return digest.hexdigest()

"""Keeps what native libraries print about themselves out of the program's own output."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def native_log_hidden() -> Iterator[None]:
    """Drop what C libraries write to the standard error stream meanwhile; they have no switch for it.

    Errors that they raise as exceptions are not affected.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)

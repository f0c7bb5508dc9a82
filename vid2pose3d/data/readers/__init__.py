"""Reading recorded motion: one module per file format."""

from collections.abc import Callable
from pathlib import Path

from vid2pose3d.data.readers.arrays import read_arrays
from vid2pose3d.data.readers.asf_amc import read_amc
from vid2pose3d.data.readers.bvh import read_bvh
from vid2pose3d.data.readers.c3d import read_c3d
from vid2pose3d.data.readers.recorded import Recorded

READERS: dict[str, Callable[[Path], Recorded]] = {
    ".bvh": read_bvh, ".amc": read_amc, ".c3d": read_c3d, ".npz": read_arrays,
}
"""By file name ending, in lower case. Each raises InputError for a file that it cannot read."""


def read_recorded(path: Path) -> Recorded:
    """The motion in a file. Raises InputError, naming the file, where it cannot be read or is damaged."""
    return READERS[path.suffix.lower()](path)


__all__ = ["READERS", "Recorded", "read_recorded"]

"""Benchmark files are .npz with pickled dictionaries of arrays: read them without running what a pickle may ask for."""

import pickle
import zipfile
from pathlib import Path
from typing import IO, Any

import numpy as np

from vid2pose3d.errors import InputError

_ARRAY_PARTS = {(module, name) for name in ("_reconstruct", "scalar")
                for module in ("numpy.core.multiarray", "numpy._core.multiarray")}
_ALLOWED = _ARRAY_PARTS | {("numpy", "ndarray"), ("numpy", "dtype"), ("numpy.core.numeric", "_frombuffer"),
                           ("numpy._core.numeric", "_frombuffer"), ("collections", "OrderedDict"),
                           ("_codecs", "encode")}


def entries(path: Path) -> list[str]:
    """Names of what an .npz file holds. Raises InputError where it is not one."""
    try:
        with zipfile.ZipFile(path) as archive:
            return [name.removesuffix(".npy") for name in archive.namelist()]
    except (OSError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: not a readable .npz file ({error}); take a fresh copy") from error


def load_entry(path: Path, key: str) -> Any:
    """One entry of an .npz file: its array, or the object that a pickled 0-d array holds.

    Raises InputError where the file cannot be read, lacks the entry, or its pickle asks for more than arrays and
    plain containers.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if f"{key}.npy" not in archive.namelist():
                names = ", ".join(name.removesuffix(".npy") for name in archive.namelist())
                raise InputError(f"{path}: has no entry {key!r}, only {names}; give the file as its maker wrote it")
            with archive.open(f"{key}.npy") as file:
                return _read_array(file)
    except _NotPlain as error:
        raise InputError(f"{path}: its entry {key!r} asks for {error}, which only code could need; "
                         "take the file from its publisher") from error
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, pickle.UnpicklingError) as error:
        raise InputError(f"{path}: not a readable .npz file ({error}); take a fresh copy") from error


class _NotPlain(Exception):
    """A pickle names something that is not on the list."""


class _PlainUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise _NotPlain(f"{module}.{name}")
        return super().find_class(module, name)


def _read_array(file: IO[bytes]) -> Any:
    version = np.lib.format.read_magic(file)
    read_header = {1: np.lib.format.read_array_header_1_0, 2: np.lib.format.read_array_header_2_0}
    if version[0] not in read_header:
        raise ValueError(f"array format {version} is unknown")
    shape, fortran_order, dtype = read_header[version[0]](file)
    if dtype.hasobject:
        found = _PlainUnpickler(file, encoding="latin1").load()
        return found.item() if isinstance(found, np.ndarray) and found.shape == () else found
    flat = np.frombuffer(file.read(), dtype=dtype, count=int(np.prod(shape)))
    return flat.reshape(shape, order="F" if fortran_order else "C").copy()

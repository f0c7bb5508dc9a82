"""Reading a file of torch.save without executing anything that it asks for."""

import io
import pickle
import re
import zipfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import torch

from vid2pose3d.errors import InputError


class _Inert:
    """Stands for every object that the file describes and nobody needs: takes any arguments, does nothing."""

    def __init__(self, *_arguments: object) -> None:
        pass

    def __call__(self, *_arguments: object) -> "_Inert":
        return self

    def __setstate__(self, _state: object) -> None:
        pass

    def __setitem__(self, _key: object, _value: object) -> None:
        pass

    def append(self, _item: object) -> None:
        pass


_RANDOM_STATE = ("numpy.random._pickle.__randomstate_ctor", "numpy.random._pickle.__bit_generator_ctor",
                 "numpy.random.__RandomState_ctor", "numpy.random._mt19937.MT19937",
                 *(f"numpy.{core}.multiarray.{name}"
                   for core in ("core", "_core") for name in ("_reconstruct", "scalar")),
                 "numpy.ndarray", "numpy.dtype")
"""What numpy's versions write of a random generator and of numbers; inert here."""

_TENSORS = re.compile(r"collections\.OrderedDict|_codecs\.encode|torch\.\w+Storage|torch\.storage\.UntypedStorage"
                      r"|torch\._utils\._rebuild_(tensor_v2|parameter)")
"""What a dictionary of tensors is written with."""

_MOST_PICKLES = 5
"""That one file holds in a row; torch before 1.6 put three in front of the content and one behind it."""


class _Names(pickle.Unpickler):
    """Goes through a pickle, makes nothing but inert objects, and keeps the names that it asks for."""

    def __init__(self, file: Any) -> None:
        super().__init__(file)
        self.names: dict[str, None] = {}

    def find_class(self, module: str, name: str) -> Any:
        self.names[f"{module}.{name}"] = None
        return _Inert

    def persistent_load(self, _id: object) -> Any:
        return _Inert()


def read_checkpoint(
    path: Path, *, inert: Collection[str] = (), cure: str = "do not trust this file"
) -> Mapping[str, Any]:
    """The dictionary that torch.save wrote to `path`, its tensors on the CPU and not read before they are used.

    Tensors and plain data are made; numpy's random generator and scalars, and what `inert` names, become inert objects.
    Raises InputError for a file that asks for anything else, naming it and telling the `cure`, and for one that is
    damaged or no such dictionary.
    """
    harmless = {*_RANDOM_STATE, *inert}
    refused = [name for name in _asked_for(path) if name not in harmless and not _TENSORS.fullmatch(name)]
    if refused:
        raise InputError(f"{path}: asks to execute {', '.join(refused[:3])}, which no checkpoint needs; nothing was "
                         f"executed; {cure}")
    allowed: list[Any] = [(_Inert, name) for name in harmless]
    try:
        with torch.serialization.safe_globals(allowed):
            content = torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except Exception as error:  # whatever a damaged file leads to
        reason = "it ends too early" if isinstance(error, EOFError) else _reason(error)
        raise InputError(f"{path}: damaged, or not a checkpoint that torch.save wrote ({reason}); take a fresh "
                         "copy") from error
    if not isinstance(content, Mapping):
        raise InputError(f"{path}: holds a {type(content).__name__} instead of a checkpoint's dictionary; give the "
                         "file as its authors released it")
    return content


def _asked_for(path: Path) -> list[str]:
    """Every global that the file's pickles ask for, in their order; stops at the first thing that is no pickle."""
    names: dict[str, None] = {}
    for file in _pickles(path):
        for _ in range(_MOST_PICKLES):
            reader = _Names(file)
            try:
                reader.load()
            except Exception:  # the end of the pickles, or of what can be understood of them
                break
            finally:
                names |= reader.names
    return list(names)


def _pickles(path: Path) -> list[Any]:
    """Files with the pickles: inside the archive that torch writes, or, before torch 1.6, the file itself."""
    try:
        with zipfile.ZipFile(path) as archive:
            return [io.BytesIO(archive.read(name)) for name in archive.namelist() if name.endswith(".pkl")]
    except Exception:  # not an archive, or a damaged one: both are found out when it is loaded
        return [io.BytesIO(path.read_bytes())]


def _reason(error: Exception) -> str:
    lines = str(error).splitlines()
    told = next((line.strip() for line in lines if "Unpickler error" in line), lines[0] if lines else "")
    return told.removeprefix("WeightsUnpickler error: ").strip()[:120] or type(error).__name__

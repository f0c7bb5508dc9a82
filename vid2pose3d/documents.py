"""JSON documents that hold long tables of numbers: written row by row, read with checks."""

import json
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from vid2pose3d.errors import InputError

PIXEL_DECIMALS, SECOND_DECIMALS, CONFIDENCE_DECIMALS = 2, 6, 3
"""To how many decimals pixels, seconds and confidences (0..1) are written."""


def compact(value: Any) -> str:
    """Plain JSON without blanks. Raises ValueError for NaN and infinity, which JSON does not have."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def rounded(values: np.ndarray, decimals: int) -> np.ndarray:
    """Rounded numbers; -0 becomes 0."""
    return np.round(values, decimals) + 0.0


def table(values: np.ndarray) -> Iterator[str]:
    """JSON text of a list with one entry for each of values[0], values[1], ..., each on its own line.

    values: (N, ...) of any number of dimensions, N >= 0; NaN and infinity become null.
    """
    yield "["
    for index, row in enumerate(values):
        known = row.tolist() if np.isfinite(row).all() else _with_nulls(row)
        yield f"{',' if index else ''}\n{compact(known)}"
    yield "]"


def line(values: np.ndarray) -> Iterator[str]:
    """JSON text of a flat list (N,) on one line; NaN and infinity become null."""
    yield compact(values.tolist() if np.isfinite(values).all() else _with_nulls(values))


def entries(items: Iterable[tuple[str, Iterable[str]]]) -> Iterator[str]:
    """JSON text of an object from its keys and the pieces of text of their values."""
    yield "{"
    for index, (key, pieces) in enumerate(items):
        yield f"{',' if index else ''}\n{compact(key)}:"
        yield from pieces
    yield "}"


def listing(items: Iterable[Iterable[str]]) -> Iterator[str]:
    """JSON text of a list from the pieces of text of its items."""
    yield "["
    for index, pieces in enumerate(items):
        yield "," if index else ""
        yield from pieces
    yield "]"


@cache
def schema(package: str, name: str) -> dict[str, Any]:
    """The JSON Schema `name` that lies in `package`."""
    return json.loads((resources.files(package) / name).read_text(encoding="utf-8"))


def read_document(path: Path, schema: dict[str, Any], *, kind: str) -> dict[str, Any]:
    """The document at `path`, which keeps `schema` as far as each person's first row shows.

    `kind` says in words what is expected. Checking every number of a long clip against a schema takes minutes, so
    that of the rows is left to `numbers`. Raises InputError where the file cannot be read, is not JSON or another kind.
    """
    document = _parse(path, kind)
    wanted = schema["properties"]["schema"]["const"]
    found = document.get("schema") if isinstance(document, dict) else None
    if found != wanted:
        stated = f"its schema is {found!r}" if found is not None else "it names no schema"
        raise InputError(f"{path} is not {kind} ({stated}, expected {wanted!r}); give a file that this version wrote")
    error = best_match(Draft202012Validator(schema).iter_errors(_outline(document)))
    if error is not None:
        place = ".".join(str(part) for part in error.absolute_path) or "the top level"
        raise InputError(f"{path} is not {kind}: {place}: {_brief(error.message)}; write the file again")
    return document


def numbers(
    path: Path, entry: dict[str, Any], key: str, shape: tuple[int, ...], *,
    low: float = -np.inf, high: float = np.inf, known: bool = False,
) -> np.ndarray:
    """The list `key` of a part of the document at `path`, such as a person, as floats of this shape, null as NaN.

    Raises InputError where it has another shape, holds something else than numbers, a number outside low..high, or,
    with `known`, null.
    """
    where, rows = _where(path, entry, key), entry[key]
    try:
        values = np.array(rows, dtype=float) if rows else np.empty((0, *shape[1:]))
    except (TypeError, ValueError) as error:
        raise InputError(f"{where} is not an even table of numbers; write the file again") from error
    if values.shape != shape:
        raise InputError(f"{where} has shape {values.shape}, but frames and joints make {shape}; write the file again")
    if known and not np.isfinite(values).all():
        raise InputError(f"{where} holds null; it needs a number for every frame")
    off = values[np.isfinite(values) & ((values < low) | (values > high))]
    if off.size:
        raise InputError(f"{where} holds {off.flat[0]:g}; it must lie within {low:g} and {high:g}")
    return values


def increasing(path: Path, entry: dict[str, Any], key: str, count: int) -> np.ndarray:
    """The list `key` of such a part as `count` strictly increasing numbers. Raises InputError where it is not that."""
    values = numbers(path, entry, key, (count,), known=True)
    if (np.diff(values) <= 0).any():
        raise InputError(f"{_where(path, entry, key)} must increase from entry to entry")
    return values


def _where(path: Path, entry: dict[str, Any], key: str) -> str:
    return f"{path}: person {entry['id']}: {key}" if "id" in entry else f"{path}: {key}"


def _parse(path: Path, kind: str) -> Any:
    def refuse(token: str) -> None:
        raise ValueError(f"{token} is not JSON")

    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}; check the name and the folder") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not {kind} (it is not text); give a .json file that this program wrote") from error
    try:
        return json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not {kind} ({error}); give a .json file that this program wrote") from error


def _outline(document: dict[str, Any]) -> dict[str, Any]:
    """The document with every list of every person, and of the camera's path, cut to its first entry."""
    outline, people, camera = dict(document), document.get("people"), document.get("camera")
    if isinstance(people, list):
        outline["people"] = [_cut(person) for person in people]
    if isinstance(camera, dict):
        outline["camera"] = {**camera, "path": _cut(camera.get("path"))}
    return outline


def _cut(entry: Any) -> Any:
    if not isinstance(entry, dict):
        return entry
    return {key: value[:1] if isinstance(value, list) else value for key, value in entry.items()}


def _with_nulls(values: np.ndarray) -> Any:
    known = values.astype(object)
    known[~np.isfinite(values)] = None
    return known.tolist()


def _brief(message: str) -> str:
    return message if len(message) <= 120 else f"{message[:117]}..."

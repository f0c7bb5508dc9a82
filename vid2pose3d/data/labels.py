"""What the user says about clips: a CSV table of labels, actions, subjects and splits."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vid2pose3d.errors import InputError

SPLITS = ("train", "val", "test")
_COLUMNS = ("label", "action", "subject", "split")
_NAMED = 5
"""Unknown clips that an error names at most."""


@dataclass(frozen=True)
class Label:
    """What is known about a clip; empty where nothing was said."""

    label: str = ""
    action: str = ""
    subject: str = ""
    split: str = ""


def read_labels(path: Path, files: Mapping[str, Path], folders: Sequence[Path]) -> dict[str, Label]:
    """The labels of some of the clips, by clip id.

    path: a CSV table with a column `clip` (ids) or `path` (files, absolute or below one of `folders`) and any of
    label, action, subject and split. files: the clips there are, by id. Raises InputError where the table cannot be
    read, names clips that there are not, or a split that there is not.
    """
    rows = _rows(path)
    by_place = {place.resolve(): clip for clip, place in files.items()}
    found: dict[str, Label] = {}
    unknown: list[str] = []
    for row in rows:
        name = row.get("clip") or row.get("path") or ""
        clip = name if row.get("clip") and name in files else _clip_at(name, by_place, folders)
        if clip is None:
            unknown.append(name)
            continue
        if clip in found:
            raise InputError(f"--labels {path}: clip {name!r} has two rows; keep one")
        found[clip] = Label(**{column: row.get(column, "") for column in _COLUMNS})
    if unknown:
        more = f" and {len(unknown) - _NAMED} more" if len(unknown) > _NAMED else ""
        raise InputError(f"--labels {path}: no such clip: {', '.join(map(repr, unknown[:_NAMED]))}{more}; a clip is "
                         "called as its file without the ending")
    _check_splits(path, found)
    return found


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            rows = [{(key or "").strip().lower(): (value or "").strip() for key, value in row.items()
                     if isinstance(value, str | None)} for row in reader]
            columns = [name.strip().lower() for name in reader.fieldnames or ()]
    except OSError as error:
        raise InputError(f"--labels {path} cannot be read: {error.strerror or error}; check the name") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"--labels {path} is not a UTF-8 CSV table; save it as one") from error
    if not {"clip", "path"} & set(columns) or not set(_COLUMNS) & set(columns):
        raise InputError(f"--labels {path} has columns {', '.join(columns) or 'none'}; it needs clip or path, and "
                         f"any of {', '.join(_COLUMNS)}")
    return rows


def _clip_at(name: str, by_place: Mapping[Path, str], folders: Sequence[Path]) -> str | None:
    for base in (Path(), *folders):
        clip = by_place.get((base / name).resolve())
        if clip is not None:
            return clip
    return None


def _check_splits(path: Path, labels: Mapping[str, Label]) -> None:
    split_of: dict[str, str] = {}
    for clip, label in labels.items():
        if label.split not in ("", *SPLITS):
            raise InputError(f"--labels {path}: clip {clip!r} has split {label.split!r}; it must be one of "
                             f"{', '.join(SPLITS)}, or empty")
        if label.split and label.subject and split_of.setdefault(label.subject, label.split) != label.split:
            raise InputError(f"--labels {path}: subject {label.subject!r} is in splits {split_of[label.subject]!r} and "
                             f"{label.split!r}; put each subject into one split")

"""Motion capture clips with action labels, read from a folder with mocap17.npz and index.csv."""

import csv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vid2pose3d.errors import InputError
from vid2pose3d.files import hash_of
from vid2pose3d.skeleton import H36M17

POSITIONS_FILE = "mocap17.npz"
INDEX_FILE = "index.csv"
OWN_LICENSE = "own"
"""The user's own recordings: theirs to train on and to decide what becomes of the weights."""
_COLUMNS = ("clip_id", "source", "license", "subject", "fps", "label", "action", "split", "quality")
_ARRAYS = ("pos_mm", "start", "length", "clip_id")


@dataclass(frozen=True)
class MocapClip:
    """One recorded motion and what is known about it."""

    id: str
    source: str
    license: str
    subject: str
    label: str
    """Free text, what an action prompt says."""
    action: str
    """Coarse class."""
    split: str
    """train, val or test; one subject is in one split only."""
    quality: str
    fps: float
    joints: np.ndarray
    """(F, 17, 3) float32 metres, Human3.6M joints, y up, right-handed."""

    def __len__(self) -> int:
        return len(self.joints)


def load_mocap(folder: Path) -> list[MocapClip]:
    """All clips of a motion capture folder, in the order of its index.

    Raises InputError where one of the two files is missing or damaged, or they disagree.
    """
    arrays = _read_positions(folder / POSITIONS_FILE)
    places = {str(name): (int(start), int(length)) for name, start, length
              in zip(arrays["clip_id"], arrays["start"], arrays["length"], strict=True)}
    clips = []
    for row in _read_index(folder / INDEX_FILE):
        if row["clip_id"] not in places:
            raise InputError(f"{folder / INDEX_FILE}: clip {row['clip_id']!r} is not in {POSITIONS_FILE}; "
                             "use the two files of one release")
        start, length = places[row["clip_id"]]
        clips.append(_clip(row, arrays["pos_mm"][start:start + length], folder))
    _check_splits(clips, folder)
    return clips


def select(clips: list[MocapClip], *, split: str, free_only: bool = False) -> list[MocapClip]:
    """The clips of one split, optionally only those whose licence allows any use."""
    return [clip for clip in clips if clip.split == split and (not free_only or clip.license in free_licences(clips))]


def free_licences(clips: list[MocapClip]) -> list[str]:
    """The licences among `clips` that allow any use of a trained model: CMU's, CC BY, MIT, and being the user's own."""
    names = sorted({clip.license for clip in clips})
    return [name for name in names
            if name == OWN_LICENSE or name.startswith(("CMU-mocap", "CC BY", "CC0", "MIT")) and "-NC" not in name]


def data_hash(folder: Path) -> str:
    """SHA-256 (hex) over the two files of a motion capture folder, to name the data that a model was trained on."""
    try:
        return hash_of((folder / POSITIONS_FILE, folder / INDEX_FILE))
    except OSError as error:
        raise _unreadable(Path(error.filename), error) from error


def _unreadable(path: Path, error: OSError) -> InputError:
    return InputError(f"cannot read {path}: {error.strerror or error}; give --data a folder that holds "
                      f"{POSITIONS_FILE} and {INDEX_FILE}")


def _read_positions(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as stored:
            missing = [name for name in _ARRAYS if name not in stored.files]
            if missing:
                raise InputError(f"{path}: array {missing[0]!r} is missing; it must hold {', '.join(_ARRAYS)}")
            arrays = {name: stored[name] for name in _ARRAYS}
    except OSError as error:
        raise _unreadable(path, error) from error
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"{path} is not a readable NumPy archive; copy the data folder again") from error
    shape = arrays["pos_mm"].shape
    if len(shape) != 3 or shape[1:] != (len(H36M17), 3):
        raise InputError(f"{path}: pos_mm has shape {shape}; it must be frames x {len(H36M17)} x 3")
    return arrays


def _read_index(path: Path) -> list[dict[str, str]]:
    try:
        with open(path, newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            rows, columns = list(reader), reader.fieldnames or ()
    except OSError as error:
        raise _unreadable(path, error) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} is not a UTF-8 CSV table; copy the data folder again") from error
    missing = [name for name in _COLUMNS if name not in columns]
    if missing:
        raise InputError(f"{path}: column {missing[0]!r} is missing; it must have {', '.join(_COLUMNS)}")
    if not rows:
        raise InputError(f"{path} lists no clip; copy the data folder again")
    return rows


def _clip(row: dict[str, str], positions: np.ndarray, folder: Path) -> MocapClip:
    try:
        fps = float(row["fps"])
    except ValueError:
        fps = 0.0
    if not fps > 0:
        raise InputError(f"{folder / INDEX_FILE}: clip {row['clip_id']!r} has fps {row['fps']!r}; "
                         "it must be a number above 0")
    if len(positions) == 0:
        raise InputError(f"{folder / POSITIONS_FILE}: clip {row['clip_id']!r} has no frames; "
                         "copy the data folder again")
    return MocapClip(id=row["clip_id"], source=row["source"], license=row["license"], subject=row["subject"],
                     label=row["label"], action=row["action"], split=row["split"], quality=row["quality"],
                     fps=fps, joints=positions.astype(np.float32) / np.float32(1000.0))


def _check_splits(clips: list[MocapClip], folder: Path) -> None:
    split_of: dict[str, str] = {}
    for clip in clips:
        if split_of.setdefault(clip.subject, clip.split) != clip.split:
            raise InputError(f"{folder / INDEX_FILE}: subject {clip.subject!r} is in splits {split_of[clip.subject]!r} "
                             f"and {clip.split!r}; put each subject into one split")

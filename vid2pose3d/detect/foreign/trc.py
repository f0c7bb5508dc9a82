"""TRC files of 2D joints in pixels, one per person, as Sports2D writes them.

Layout: https://github.com/davidpagnon/Sports2D (README, "Results", and `make_trc_with_trc_data` in process.py): a
header of five lines (PathFileType; names and values of DataRate, NumFrames, NumMarkers, Units, ...; Frame#, Time and
the markers; X1, Y1, Z1, ...), then one line per frame, blank where unknown. <clip>_px_person00.trc has pixels, y
down, z 0, though its Units say m; files of metres (`_m_`) and Pose2Sim's 3D ones are refused. Time is that of the
clip's frames.
"""

import re
from pathlib import Path

import numpy as np

from vid2pose3d.detect.foreign.content import Content, Request
from vid2pose3d.detect.foreign.joints import by_names
from vid2pose3d.detect.foreign.sights import Collector, Sights
from vid2pose3d.errors import InputError
from vid2pose3d.skeleton import HALPE26

_HEADER = 5
_LARGEST_METRES = 50.0
"""Coordinates that stay below this are metres: a person is larger than that in pixels."""


def recognises(content: Content) -> bool:
    return content.kind == "trc"


def read(content: Content, request: Request) -> Sights:
    """Raises InputError where a file is damaged, in metres, in 3D, or has markers of no known joint set."""
    files = content.files or (content.path,)
    files = tuple(path for path in files if "_px_" in path.name) or files
    rows = Collector(content.path)
    known: set[tuple[float, tuple[str, ...]]] = set()
    for position, path in enumerate(request.over(files)):
        named = re.search(r"person(\d+)", path.stem)
        known.add(_add(rows, path, int(named[1]) if named else position))
    if len(known) > 1:
        raise InputError(f"{content.path}: its files differ in rate or markers; give files of one clip")
    rate, markers = known.pop()
    return rows.sights(by_names(markers, content.path, preferred=request.joints or HALPE26), first=0, fps=rate)


def _add(rows: Collector, path: Path, number: int) -> tuple[float, tuple[str, ...]]:
    """Adds the person `number` of a file; returns its rate and markers."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    if len(lines) < _HEADER or not lines[0].startswith("PathFileType"):
        raise InputError(f"{path} is not a TRC file (its header is short); write it again")
    header = dict(zip(lines[1].split("\t"), lines[2].split("\t"), strict=False))
    markers = tuple(name.strip() for name in lines[3].split("\t")[2:] if name.strip())
    try:
        rate = float(header["DataRate"])
        table = np.array([_numbers(line, 2 + 3 * len(markers)) for line in lines[_HEADER:] if line.strip()])
    except (KeyError, ValueError) as error:
        raise InputError(f"{path} is damaged ({error}); write it again") from error
    if not len(table):
        raise InputError(f"{path} holds no frames; write it again")
    if not rate > 0 or not np.isfinite(table[:, :2]).all():
        raise InputError(f"{path}: its DataRate, Frame# and Time must be numbers; write it again")
    joints = table[:, 2:].reshape(len(table), len(markers), 3)
    _check_pixels(path, joints)
    # The last time stamp of Sports2D is a frame late, so that only the first one is exact.
    first = int(np.argmin(table[:, 0]))
    frames = np.rint(table[first, 1] * rate + table[:, 0] - table[first, 0]).astype(int)
    joints[..., 2] = 1.0  # a TRC file says nothing of confidence
    for frame, row in zip(frames.tolist(), joints, strict=True):
        rows.add(frame, row, id=number)
    return rate, markers


def _numbers(line: str, count: int) -> list[float]:
    """The numbers of a line, NaN where blank. Raises ValueError for more or for other things."""
    parts = line.split("\t")
    values = [float(part) if part.strip() else np.nan for part in parts]
    if len(values) > count and not any(part.strip() for part in parts[count:]):
        values = values[:count]
    if len(values) > count:
        raise ValueError(f"a line has {len(values)} numbers, not {count}")
    return values + [np.nan] * (count - len(values))


def _check_pixels(path: Path, joints: np.ndarray) -> None:
    if np.nan_to_num(joints[..., 2]).any():
        raise InputError(f"{path} holds 3D joints (its Z is not 0); give the file of pixels, ..._px_person00.trc")
    xy = joints[..., :2][np.isfinite(joints[..., :2])]
    if xy.size and np.abs(xy).max() < _LARGEST_METRES:
        raise InputError(f"{path} holds metres; give Sports2D's file of pixels, ..._px_person00.trc")

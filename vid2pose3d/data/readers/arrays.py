"""Positions of joints in a NumPy archive."""

import zipfile
from pathlib import Path

import numpy as np

from vid2pose3d.data.readers.recorded import Recorded, whole_rate
from vid2pose3d.errors import InputError
from vid2pose3d.skeleton import H36M17

_FPS = 30.0


def read_arrays(path: Path) -> Recorded:
    """The motion in an .npz file with `positions` (F, J, 3), `names` (J) and `fps`.

    Without `names` the joints must be Human3.6M's 17, without `fps` the rate is taken as 30. NaN is a joint that was
    not seen. Raises InputError where the file cannot be read or is of another layout.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            content = {name: stored[name] for name in ("positions", "names", "fps") if name in stored.files}
            others = [name for name in stored.files if name not in content]
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}; check the file") from error
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"{path} is not a readable NumPy archive of plain arrays; save it again") from error
    if "positions" not in content:
        raise InputError(f"{path} has no array 'positions', only {', '.join(others) or 'nothing'}; save frames x "
                         "joints x 3 under that name")
    positions = content["positions"]
    if positions.ndim != 3 or positions.shape[2] != 3 or len(positions) == 0 or positions.dtype.kind not in "fiu":
        raise InputError(f"{path}: positions has shape {positions.shape} of {positions.dtype}; it must be numbers, "
                         "frames x joints x 3")
    names = tuple(str(name) for name in content["names"]) if "names" in content else H36M17.joints
    if len(names) != positions.shape[1]:
        needed = "names" if "names" in content else f"Human3.6M's {len(H36M17)} joints, as 'names' is missing"
        raise InputError(f"{path}: positions has {positions.shape[1]} joints, but {needed} make {len(names)}; save "
                         "their names")
    fps = float(content["fps"]) if "fps" in content and content["fps"].size == 1 else _FPS
    if not 1 <= fps <= 1000:
        raise InputError(f"{path}: fps is {fps:g}; it must be the frames of a second")
    notes = () if "fps" in content else (f"no frame rate stated: {_FPS:g} taken",)
    return Recorded(format="npz", fps=whole_rate(fps), names=names, positions=positions.astype(np.float64), notes=notes)

"""C3D files: markers, read by the library ezc3d."""

from pathlib import Path

import numpy as np

from vid2pose3d.data.readers.recorded import Recorded, whole_rate
from vid2pose3d.errors import InputError

_BLOCK = 512
_METRES = {"m": 1.0, "cm": 0.01, "mm": 0.001, "in": 0.0254}


def read_c3d(path: Path) -> Recorded:
    """The markers in a C3D file, NaN where one was not seen.

    Raises InputError where ezc3d is not installed, or the file cannot be read or holds no markers.
    """
    try:
        import ezc3d
    except ImportError as error:
        raise InputError(f"{path} needs the package ezc3d; pip install 'vid2pose3d[c3d]', or leave C3D files out"
                         ) from error
    try:
        _check_length(path)
        content = ezc3d.c3d(str(path))
        group = content["parameters"]["POINT"]
        names = [str(name).strip() for name in group["LABELS"]["value"]]
        fps = float(group["RATE"]["value"][0])
        unit = str(group["UNITS"]["value"][0]).strip().lower() if group["UNITS"]["value"] else ""
        points = np.array(content["data"]["points"][:3], dtype=np.float64)
    except (OSError, RuntimeError, ValueError, KeyError, IndexError, TypeError, MemoryError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path} is not a readable C3D file ({reason}); export it again") from error
    names = names[:points.shape[1]]
    if not names or not points.size or not fps > 0:
        raise InputError(f"{path} holds no markers; export them as points")
    return Recorded(format="C3D", fps=whole_rate(fps), names=tuple(names), positions=points.transpose(2, 1, 0),
                    metres_per_unit=_METRES.get(unit))


def _check_length(path: Path) -> None:
    """Raises ValueError for a file that ends before its data begin: ezc3d would read it for ever."""
    header = path.read_bytes()[:_BLOCK]
    if len(header) < _BLOCK or header[1] != 0x50:
        raise ValueError("it has no C3D header")
    first_block = min(int.from_bytes(header[16:18], order) for order in ("little", "big"))
    if path.stat().st_size <= (first_block - 1) * _BLOCK:
        raise ValueError("it ends before its data")

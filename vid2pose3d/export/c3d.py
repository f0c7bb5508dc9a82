"""Writing one person's joints as a C3D file, by the library ezc3d."""

from pathlib import Path

import numpy as np

from vid2pose3d.errors import InputError
from vid2pose3d.export.even import even_joints
from vid2pose3d.files import replacing
from vid2pose3d.motion import Motion3D
from vid2pose3d.skeleton import H36M17

_PER_METRE = 1000.0
_MOST_FRAMES = 65535
"""The format counts frames in 16 bits."""


def write_c3d(path: Path, motion: Motion3D, *, fps: float) -> None:
    """Write the person's world joints as points to `path`: millimetres, y up, `fps` frames a second.

    The file runs from the person's first frame to the last; a joint that is not known is an invalid point. Raises
    InputError where ezc3d is not installed, the file cannot be written, or the frames are too many for the format.
    """
    try:
        import ezc3d
    except ImportError as error:
        raise InputError("--to c3d needs the package ezc3d; pip install 'vid2pose3d[c3d]', or leave c3d out") from error
    joints = even_joints(motion, fps) * _PER_METRE
    if len(joints) > _MOST_FRAMES:
        raise InputError(f"--to c3d: person {motion.person.id} has {len(joints)} frames, but the format holds "
                         f"{_MOST_FRAMES}; use trc or csv, or run the clip in parts (--start, --end)")
    file = ezc3d.c3d()
    points = file["parameters"]["POINT"]
    points["RATE"]["value"] = [fps]
    points["LABELS"]["value"] = list(H36M17.joints)
    points["UNITS"]["value"] = ["mm"]
    file.add_parameter("POINT", "X_SCREEN", ["+X"])
    file.add_parameter("POINT", "Y_SCREEN", ["+Y"])
    unknown = np.isnan(joints).any(axis=-1)
    joints[unknown] = 0.0
    file["data"]["points"] = np.concatenate([joints, np.ones((*joints.shape[:2], 1))], axis=-1).T
    file["data"]["meta_points"]["residuals"] = np.where(unknown, -1.0, 0.0).T[None]
    with replacing(path) as temporary:
        file.write(str(temporary))

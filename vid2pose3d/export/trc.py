"""Writing one person's joints as a TRC file, the markers that OpenSim reads."""

from pathlib import Path

import numpy as np

from vid2pose3d.export.even import even_joints
from vid2pose3d.files import replacing
from vid2pose3d.motion import Motion3D
from vid2pose3d.skeleton import H36M17

_PER_METRE = 1000.0


def write_trc(path: Path, motion: Motion3D, *, fps: float) -> None:
    """Write the person's world joints as markers to `path`: millimetres, y up, `fps` frames a second, clip's times.

    The file runs from the person's first frame to the last; a joint that is not known leaves its cells empty. Raises
    InputError where the file cannot be written.
    """
    joints = even_joints(motion, fps) * _PER_METRE
    rate, count = f"{fps:.6g}", len(joints)
    letters = [f"{axis}{number}" for number in range(1, len(H36M17) + 1) for axis in "XYZ"]
    head = [
        ["PathFileType", "4", "(X/Y/Z)", path.name],
        ["DataRate", "CameraRate", "NumFrames", "NumMarkers", "Units", "OrigDataRate", "OrigDataStartFrame",
         "OrigNumFrames"],
        [rate, rate, str(count), str(len(H36M17)), "mm", rate, "1", str(count)],
        ["Frame#", "Time", *(cell for joint in H36M17.joints for cell in (joint, "", ""))],
        ["", "", *letters],
        [],
    ]
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines("\t".join(row) + "\n" for row in head)
        for index, row in enumerate(joints.reshape(count, -1)):
            cells = ("" if np.isnan(value) else f"{value:.3f}" for value in row)
            # OpenSim counts the last cell, where it is empty, only if a tab follows.
            file.write("\t".join([str(index + 1), f"{motion.person.times[0] + index / fps:.6f}", *cells, "\n"]))

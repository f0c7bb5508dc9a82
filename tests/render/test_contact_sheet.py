"""The picture of many motions, by its pixels."""

import cv2
import numpy as np
import pytest

from vid2pose3d.errors import InputError
from vid2pose3d.render.contact_sheet import write_contact_sheet
from vid2pose3d.skeleton import H36M17

POSE = dict.fromkeys(H36M17.joints, (0.0, 1.0, 0.0)) | {
    "left_hip": (0.1, 0.9, 0), "left_knee": (0.1, 0.5, 0), "left_ankle": (0.1, 0.1, 0), "left_shoulder": (0.2, 1.4, 0),
    "left_elbow": (0.45, 1.4, 0), "left_wrist": (0.7, 1.4, 0), "thorax": (0, 1.4, 0), "head": (0, 1.7, 0),
    "neck_nose": (0, 1.5, 0.05)}
POSE |= {name.replace("left", "right"): (-x, y, z) for name, (x, y, z) in POSE.items() if "left" in name}
T_POSE = np.array([POSE[name] for name in H36M17.joints])


def drawn(path, colour):
    """(N, 2) row and column of the pixels of about that colour."""
    picture = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB).astype(int)
    return np.argwhere(np.abs(picture - colour).max(axis=-1) < 25)


@pytest.mark.parametrize("heading", [0, 90, 200])
def test_bodies_are_seen_from_the_front_whatever_their_heading(tmp_path, heading):
    cosine, sine = np.cos(np.radians(heading)), np.sin(np.radians(heading))
    turned = T_POSE @ np.array([[cosine, 0, -sine], [0, 1, 0], [sine, 0, cosine]]) + [3, 0, 5]
    write_contact_sheet(tmp_path / "a.png", [("one", turned[None])], title="all")
    left, right = drawn(tmp_path / "a.png", (0, 114, 178)), drawn(tmp_path / "a.png", (213, 94, 0))
    assert len(left) > 100
    assert len(right) > 100
    assert left[:, 1].mean() > right[:, 1].mean() + 20
    assert abs(left[:, 0].mean() - right[:, 0].mean()) < 3


def test_rows_grow_with_the_strips(tmp_path):
    sizes = []
    for count in (2, 4):
        write_contact_sheet(tmp_path / "a.png", [("x", np.tile(T_POSE, (3, 1, 1)))] * count, title="all")
        sizes.append(cv2.imread(str(tmp_path / "a.png")).shape)
    assert sizes[0][1] == sizes[1][1]
    assert sizes[1][0] > 1.5 * sizes[0][0]


def test_lying_bodies_do_not_overlap(tmp_path):
    """1.6 m long bodies on their side, seen at 35 degrees: five fit where seven stand."""
    lying = T_POSE[:, [1, 0, 2]] + [0, 0.8, 0]
    write_contact_sheet(tmp_path / "a.png", [("x", np.tile(lying, (7, 1, 1)))], title="all")
    columns = np.unique(drawn(tmp_path / "a.png", (0, 114, 178))[:, 1])
    assert (np.diff(columns) > 15).sum() + 1 == 2 * 5, "an arm and a leg of each"


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="none"):
        write_contact_sheet(tmp_path / "none" / "a.png", [("x", T_POSE[None])], title="all")

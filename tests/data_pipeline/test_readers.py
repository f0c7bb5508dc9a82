"""Files of a few joints whose positions follow by hand, and damaged ones."""

import re
import sys

import numpy as np
import pytest
from motion_files import write_figure

from vid2pose3d.data.readers import read_recorded
from vid2pose3d.errors import InputError

BVH = """HIERARCHY
ROOT Hips
{
  OFFSET 5 5 5
  CHANNELS 6 Xposition Yposition Zposition %(root)s
  JOINT Upper Arm
  {
    OFFSET 0 1 0
    CHANNELS %(arm)s
    End Site
    {
      OFFSET 0 0 2
    }
  }
}
MOTION
Frames: 2
Frame Time: .0083333
1 2 3 0 0 0 %(first)s
1 2 3 %(turn)s %(second)s
"""
PLAIN = {"root": "Zrotation Xrotation Yrotation", "arm": "3 Zrotation Xrotation Yrotation", "first": "0 0 0",
         "turn": "90 0 0", "second": "0 90 0"}


def bvh(folder, **changes):
    path = folder / "a.bvh"
    path.write_text(BVH % {**PLAIN, **changes}, newline="\r\n")
    return path


def at(recorded, name):
    return recorded.positions[:, recorded.names.index(name)]


def test_bvh_positions_follow_the_hierarchy(tmp_path):
    found = read_recorded(bvh(tmp_path))
    assert found.names == ("Hips", "Upper Arm", "Upper Arm end")
    assert (found.fps, len(found)) == (120.0, 2)
    np.testing.assert_allclose(at(found, "Hips"), [[1, 2, 3], [1, 2, 3]])
    np.testing.assert_allclose(at(found, "Upper Arm"), [[1, 3, 3], [0, 2, 3]], atol=1e-12)
    # The arm turns about its x by 90 degrees, (0, 0, 2) -> (0, -2, 0), then with the hips about z -> (2, 0, 0).
    np.testing.assert_allclose(at(found, "Upper Arm end"), [[1, 3, 5], [2, 2, 3]], atol=1e-12)
    np.testing.assert_allclose(found.rest, [[5, 5, 5], [5, 6, 5], [5, 6, 7]])


@pytest.mark.parametrize(("order", "turn", "expected"), [
    ("Xrotation Yrotation Zrotation", "90 90 0", [1, 2, 4]),
    ("Zrotation Yrotation Xrotation", "0 90 90", [2, 2, 3]),
    ("Yrotation Xrotation Zrotation", "90 90 0", [2, 2, 3]),
])
def test_bvh_rotations_apply_outermost_first(tmp_path, order, turn, expected):
    found = read_recorded(bvh(tmp_path, root=order, turn=turn))
    np.testing.assert_allclose(at(found, "Upper Arm")[1], expected, atol=1e-12)


def test_bvh_joints_may_move_or_have_few_channels(tmp_path):
    found = read_recorded(bvh(tmp_path, arm="6 Zrotation Xrotation Yrotation Xposition Yposition Zposition",
                              first="0 0 0 0 1 0", second="0 0 0 3 0 0"))
    np.testing.assert_allclose(at(found, "Upper Arm"), [[1, 3, 3], [1, 5, 3]], atol=1e-12)
    found = read_recorded(bvh(tmp_path, arm="6 Zrotation Xrotation Yrotation Xposition Yposition Zposition",
                              first="0 0 0 0 0 0", second="0 0 0 0 0 0"))
    np.testing.assert_allclose(at(found, "Upper Arm")[0], [1, 3, 3])
    found = read_recorded(bvh(tmp_path, arm="1 Xrotation", first="0", second="90"))
    np.testing.assert_allclose(at(found, "Upper Arm end"), [[1, 3, 5], [2, 2, 3]], atol=1e-12)


@pytest.mark.parametrize(("change", "message"), [
    (lambda text: "", "hierarchy is missing"),
    (lambda text: text.replace("}\nMOTION", "MOTION"), "not closed"),
    (lambda text: text.replace("Frames: 2", "Frames: 3"), "2 of 3 frames"),
    (lambda text: text.replace("Frames: 2", "Frames: 0"), "0 frames"),
    (lambda text: text.replace(".0083333", "0"), "frames of 0 s"),
    (lambda text: text.replace("Zrotation", "Wrotation"), "'Wrotation' is unknown"),
    (lambda text: text[:-4], "not a complete BVH file"),
    (lambda text: text.replace("1 2 3 ", "1 2 "), "8 numbers a frame for 9 channels"),
    (lambda text: text.replace("1 2 3 9", "1 nan 3 9"), "not finite"),
    (lambda text: text.replace("MOTION", "ROOT Other\n{\n}\nMOTION"), "second skeleton, Other"),
])
def test_damaged_bvh_gets_one_line(tmp_path, change, message):
    path = bvh(tmp_path)
    path.write_text(change(path.read_text()))
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        read_recorded(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


ASF = """:version 1.10
:units
  length 0.5
  angle deg
:root
   order TX TY TZ RX RY RZ
   axis XYZ
   position 0 0 0
   orientation 0 0 0
:bonedata
  begin
     id 1
     name upper   # a comment
     direction 1 0 0
     length 2
     axis 0 0 90 XYZ
     dof rx
  end
  begin
     name lower
     direction 0 1 0
     length 3
     axis 0 0 0 XYZ
    dof rz rx
  end
:hierarchy
  begin
    root upper
    upper lower
  end
"""
AMC = """#!OML:ASF
:FULLY-SPECIFIED
:DEGREES
1
root 1 2 3 0 0 0
upper 0
lower 0 0
2
root 1 2 3 0 0 90
upper 90
lower 90 0
"""


def acclaim(folder, *, asf=ASF, amc=AMC, name="02.asf"):
    (folder / name).write_text(asf)
    (folder / "02_03.amc").write_text(amc, newline="\r\n")
    return folder / "02_03.amc"


def test_acclaim_bones_turn_in_their_own_axes(tmp_path):
    found = read_recorded(acclaim(tmp_path))
    assert found.names == ("root", "upper", "lower", "lower end")
    assert found.metres_per_unit == pytest.approx(0.0254 / 0.5)
    np.testing.assert_allclose(found.rest, [[0, 0, 0], [0, 0, 0], [2, 0, 0], [2, 3, 0]])
    np.testing.assert_allclose(found.positions[0], found.rest + [1, 2, 3], atol=1e-12)
    # `upper` has its x along the world's y: 90 degrees take (2, 0, 0) to (0, 0, -2), where the root's turn leaves it.
    np.testing.assert_allclose(found.positions[1, 2], [1, 2, 1], atol=1e-12)
    # `lower` turns about z, (0, 3, 0) -> (-3, 0, 0); `upper` makes it (0, 0, 3), the root about z leaves that.
    np.testing.assert_allclose(found.positions[1, 3], [1, 2, 4], atol=1e-12)
    assert found.fps == 120.0
    assert "120" in found.notes[0]


@pytest.mark.parametrize(("files", "message"), [
    ({"name": "elsewhere.bak"}, "has no skeleton"),
    ({"asf": ASF.replace("name lower", "name low")}, "not a complete ASF file"),
    ({"asf": ASF.replace(" 2\n     axis", " two\n     axis")}, "not a complete ASF file"),
    ({"amc": AMC.replace("upper", "middle")}, "moves 'middle'"),
    ({"amc": AMC.replace("lower 90 0\n", "")}, "fewer frames"),
    ({"amc": AMC.replace("lower 90 0", "lower 90").replace("lower 0 0", "lower 0")}, "1 numbers a frame for 2"),
    ({"amc": ":DEGREES\n"}, "no frames"),
    ({"amc": AMC.replace("root 1", "root one")}, "not a complete AMC file"),
])
def test_damaged_acclaim_files_get_one_line(tmp_path, files, message):
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        read_recorded(acclaim(tmp_path, **files))
    assert "\n" not in str(caught.value)


def test_a_folder_s_only_skeleton_serves_every_motion(tmp_path):
    assert len(read_recorded(acclaim(tmp_path, name="anybody.ASF"))) == 2


def test_arrays_need_names_or_17_joints(tmp_path):
    positions = np.random.default_rng(0).normal(size=(4, 3, 3)).astype(np.float32)
    np.savez(tmp_path / "a.npz", positions=positions, names=["x", "y", "z"], fps=50)
    found = read_recorded(tmp_path / "a.npz")
    assert (found.names, found.fps) == (("x", "y", "z"), 50.0)
    np.testing.assert_array_equal(found.positions, positions)
    np.savez(tmp_path / "a.npz", positions=np.zeros((4, 17, 3)))
    found = read_recorded(tmp_path / "a.npz")
    assert found.names[9] == "neck_nose"
    assert found.fps == 30.0
    assert "30" in found.notes[0]


@pytest.mark.parametrize(("content", "message"), [
    ({"joints": np.zeros((4, 17, 3))}, "no array 'positions', only joints"),
    ({"positions": np.zeros((4, 17, 2))}, "shape (4, 17, 2)"),
    ({"positions": np.zeros((0, 17, 3))}, "shape (0, 17, 3)"),
    ({"positions": np.zeros((4, 22, 3))}, "'names' is missing"),
    ({"positions": np.zeros((4, 2, 3)), "names": ["a", "b", "c"]}, "names make 3"),
    ({"positions": np.zeros((4, 17, 3)), "fps": 0}, "fps is 0"),
    ({"positions": np.array([{}])}, "plain arrays"),
])
def test_other_arrays_get_one_line(tmp_path, content, message):
    np.savez(tmp_path / "a.npz", **content)
    with pytest.raises(InputError, match=re.escape(message)):
        read_recorded(tmp_path / "a.npz")


def test_c3d_markers_and_gaps(tmp_path):
    ezc3d = pytest.importorskip("ezc3d")
    file = ezc3d.c3d()
    point = file["parameters"]["POINT"]
    point["UNITS"]["value"], point["RATE"]["value"] = ["mm"], [100]
    point["LABELS"]["value"] = ("LASI", "RASI")
    points = np.random.default_rng(0).normal(size=(4, 2, 5))
    points[:3, 1, 2] = np.nan
    file["data"]["points"] = points
    file.write(str(tmp_path / "a.c3d"))
    found = read_recorded(tmp_path / "a.c3d")
    assert (found.names, found.fps, found.metres_per_unit) == (("LASI", "RASI"), 100.0, 0.001)
    assert found.positions.shape == (5, 2, 3)
    np.testing.assert_allclose(found.positions[3, 1], points[:3, 1, 3], atol=1e-6)
    assert np.isnan(found.positions[2, 1]).all()
    assert np.isfinite(found.positions).sum() == 27
    whole = (tmp_path / "a.c3d").read_bytes()
    for content in (b"", b"no header " * 80, whole[:700], whole[:1540]):
        (tmp_path / "a.c3d").write_bytes(content)
        with pytest.raises(InputError, match="not a readable C3D file"):
            read_recorded(tmp_path / "a.c3d")


@pytest.mark.parametrize("name", ["none.bvh", "none.npz", "none.amc"])
def test_missing_files_are_named(tmp_path, name):
    with pytest.raises(InputError, match=name):
        read_recorded(tmp_path / name)


def test_a_whole_figure(tmp_path):
    found = read_recorded(write_figure(tmp_path / "walk.bvh", fps=60))
    assert (len(found), found.fps) == (121, 60.0)
    toe = found.rest[found.names.index("mixamorig:LeftToeBase")]
    np.testing.assert_allclose(toe, [9, -95, 14])


def test_c3d_without_its_library_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ezc3d", None)
    (tmp_path / "a.c3d").write_bytes(b"\x02\x50")
    with pytest.raises(InputError, match=r"a\.c3d needs the package ezc3d; pip install 'vid2pose3d\[c3d\]'"):
        read_recorded(tmp_path / "a.c3d")

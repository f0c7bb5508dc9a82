"""TRC and C3D files, read back by small readers of the formats' own descriptions."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vid2pose3d.errors import InputError
from vid2pose3d.export.c3d import write_c3d
from vid2pose3d.export.even import even_joints
from vid2pose3d.export.trc import write_trc
from vid2pose3d.skeleton import H36M17


def read_trc(path: Path) -> dict[str, Any]:
    """The markers (frames, markers, 3) and what the five lines above them say, as OpenSim's guide lays them out."""
    lines = path.read_text(encoding="utf-8").split("\n")
    assert lines[0].split("\t")[:3] == ["PathFileType", "4", "(X/Y/Z)"]
    about = dict(zip(lines[1].split("\t"), lines[2].split("\t"), strict=True))
    names = lines[3].split("\t")
    assert names[:2] == ["Frame#", "Time"]
    axes = lines[4].split("\t")
    assert axes[2:] == [f"{axis}{number}" for number in range(1, len(axes) // 3 + 1) for axis in "XYZ"]
    assert lines[5] == ""
    assert all(line.endswith("\t") for line in lines[6:-1]), "OpenSim drops a last empty cell without a tab after it"
    rows = [line.split("\t")[:-1] for line in lines[6:-1]]
    assert {len(row) for row in rows} == {len(axes)}
    cells = np.array([[float(cell) if cell else np.nan for cell in row] for row in rows])
    return {"about": about, "names": names[2::3], "frames": cells[:, 0], "times": cells[:, 1],
            "points": cells[:, 2:].reshape(len(cells), -1, 3)}


def read_c3d(path: Path) -> dict[str, Any]:
    """Points (frames, points, 3) and residuals (frames, points) of a file in Intel floats, and group POINT."""
    content = path.read_bytes()
    assert content[1] == 0x50
    count, _, first, last = struct.unpack_from("<4H", content, 2)
    start, = struct.unpack_from("<H", content, 16)
    groups: dict[int, str] = {}
    found: dict[tuple[int, str], Any] = {}
    at = (content[0] - 1) * 512
    assert content[at + 3] == 84, "not Intel's byte order"
    at += 4
    while content[at]:
        length, group = struct.unpack_from("<bb", content, at)
        name = content[at + 2:at + 2 + abs(length)].decode()
        at += 2 + abs(length)
        step, = struct.unpack_from("<h", content, at)
        if group < 0:
            groups[-group] = name
        else:
            found[group, name] = _c3d_value(content, at + 2)
        if not step:
            break
        at += step
    point = {name: value for (group, name), value in found.items() if groups[group] == "POINT"}
    assert point["SCALE"][0] < 0, "not floats"
    frames = last - first + 1
    data = np.frombuffer(content, "<f4", frames * count * 4, (start - 1) * 512).reshape(frames, count, 4)
    return {"point": point, "points": data[..., :3].astype(float), "residual": data[..., 3]}


def _c3d_value(content: bytes, at: int) -> Any:
    kind, dimensions = struct.unpack_from("<bb", content, at)
    sizes = list(content[at + 2:at + 2 + dimensions])
    at += 2 + dimensions
    if kind == -1:
        starts = [at + number * sizes[0] for number in range(int(np.prod(sizes[1:])))]
        return [content[start:start + sizes[0]].decode().strip() for start in starts]
    return np.frombuffer(content, {1: "<i1", 2: "<i2", 4: "<f4"}[kind], int(np.prod(sizes)), at).tolist()


@pytest.fixture
def walk(pose):
    """(40, 17, 3): someone who walks off stiffly, faster and faster."""
    return pose() + np.linspace(0, 1, 40)[:, None, None] ** 2 * [0.4, 0.1, 3.0] + [0, 0.9, 0]


def test_trc_markers_are_the_joints_to_a_hundredth_of_a_millimetre(tmp_path, walk, motion_of):
    motion = motion_of(walk, fps=25.0, frames=np.arange(50, 90))
    write_trc(tmp_path / "a.trc", motion, fps=25.0)
    found = read_trc(tmp_path / "a.trc")
    assert found["names"] == list(H36M17.joints)
    assert found["about"] == {
        "DataRate": "25", "CameraRate": "25", "NumFrames": "40", "NumMarkers": "17", "Units": "mm",
        "OrigDataRate": "25", "OrigDataStartFrame": "1", "OrigNumFrames": "40",
    }
    np.testing.assert_allclose(found["points"] / 1000, walk, atol=1e-5)
    np.testing.assert_array_equal(found["frames"], np.arange(1, 41))
    np.testing.assert_allclose(found["times"], np.arange(50, 90) / 25, atol=1e-6)


def test_c3d_points_are_the_joints_to_a_hundredth_of_a_millimetre(tmp_path, walk, motion_of):
    pytest.importorskip("ezc3d")
    write_c3d(tmp_path / "a.c3d", motion_of(walk, fps=25.0), fps=25.0)
    found = read_c3d(tmp_path / "a.c3d")
    assert found["point"]["LABELS"] == list(H36M17.joints)
    assert found["point"]["UNITS"] == ["mm"]
    assert found["point"]["RATE"] == [25.0]
    assert (found["point"]["X_SCREEN"], found["point"]["Y_SCREEN"]) == (["+X"], ["+Y"])
    np.testing.assert_allclose(found["points"] / 1000, walk, atol=1e-5)
    assert (found["residual"] >= 0).all()


def broken(walk, motion_of):
    """Frames 10 to 14 are missing, and the left knee is not known in the frame before."""
    kept = np.r_[0:10, 15:40]
    joints = walk[kept]
    joints[9, H36M17.index("left_knee")] = np.nan
    expected = walk.copy()
    expected[10:15] = np.nan
    expected[9, H36M17.index("left_knee")] = np.nan
    return motion_of(joints, frames=kept), expected


def test_holes_stay_holes(tmp_path, walk, motion_of):
    motion, expected = broken(walk, motion_of)
    write_trc(tmp_path / "a.trc", motion, fps=30.0)
    np.testing.assert_allclose(read_trc(tmp_path / "a.trc")["points"] / 1000, expected, atol=1e-5)
    pytest.importorskip("ezc3d")
    write_c3d(tmp_path / "a.c3d", motion, fps=30.0)
    found = read_c3d(tmp_path / "a.c3d")
    known = np.isfinite(expected).all(axis=-1)
    np.testing.assert_array_equal(found["residual"] >= 0, known)
    np.testing.assert_allclose(found["points"][known] / 1000, expected[known], atol=1e-5)
    assert np.isfinite(found["points"]).all()


def test_uneven_times_are_interpolated(walk, motion_of):
    straight = np.broadcast_to(walk[0], (9, 17, 3))
    times = np.array([0, 1, 2.4, 3.4, 4, 5, 6.5, 7, 8]) / 30
    found = even_joints(motion_of(straight + (times * 30)[:, None, None], times=times), 30.0)
    np.testing.assert_allclose(found, np.repeat(walk[:1], 9, axis=0) + np.arange(9)[:, None, None], atol=1e-9)


def test_one_frame(tmp_path, walk, motion_of):
    write_trc(tmp_path / "a.trc", motion_of(walk[:1]), fps=30.0)
    np.testing.assert_allclose(read_trc(tmp_path / "a.trc")["points"] / 1000, walk[:1], atol=1e-5)
    pytest.importorskip("ezc3d")
    write_c3d(tmp_path / "a.c3d", motion_of(walk[:1]), fps=30.0)
    np.testing.assert_allclose(read_c3d(tmp_path / "a.c3d")["points"] / 1000, walk[:1], atol=1e-5)


def test_c3d_refuses_more_frames_than_it_can_count(tmp_path, walk, motion_of):
    pytest.importorskip("ezc3d")
    motion = motion_of(walk[:2], frames=np.array([0, 65535]))
    with pytest.raises(InputError, match="65536 frames.*65535"):
        write_c3d(tmp_path / "a.c3d", motion, fps=30.0)
    assert not list(tmp_path.iterdir())

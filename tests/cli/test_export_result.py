"""`export`: several formats at once, what is said about them, and what stops it."""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vid2pose3d.export import write_json
from vid2pose3d.motion import Camera, Clip, Motion3D, Person2D, Recording
from vid2pose3d.skeleton import H36M17

Command = Callable[..., Any]
ALL = "bvh,glb,trc,c3d,csv,npz"


def motion(number: int, frames: np.ndarray) -> Motion3D:
    """Somebody of 17 joints apart from each other who moves along x, at 25 frames a second."""
    pose = np.random.default_rng(number).normal(0, 0.3, (17, 3)) + [0, 1, 0]
    joints = pose + frames[:, None, None] * [0.01, 0, 0]
    count = len(frames)
    person = Person2D(number, H36M17, frames, frames / 25, np.zeros((count, 17, 2)), np.ones((count, 17)),
                      np.zeros((count, 4)), np.zeros(count, dtype=bool))
    return Motion3D(person, joints, joints, np.ones((count, 17)))


@pytest.fixture
def result(tmp_path: Path) -> Callable[..., Path]:
    def write(*people: Motion3D) -> Path:
        camera = Camera(np.array([[700.0, 0, 320], [0, 700, 240], [0, 0, 1]]), True)
        path = tmp_path / "walk.json"
        write_json(path, Recording(Clip(Path("walk.mp4"), 640, 480, 25.0, 60, 2.4, 0), None, {}, camera,
                                   list(people), {}))
        return path

    return write


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_all_formats_of_everyone_at_once(command: Command, result: Callable[..., Path], tmp_path: Path) -> None:
    pytest.importorskip("ezc3d")
    path, out = result(motion(1, np.arange(10)), motion(12, np.arange(5))), tmp_path / "out"
    done = command("export", path, "--to", ALL, "-o", out)
    assert done.code == 0, done.err
    kinds = ("bvh", "c3d", "csv", "npz", "trc")
    assert names(out) == sorted(["walk.glb", *(f"walk_person{number}.{kind}" for kind in kinds
                                               for number in ("01", "12"))])
    notes = [line for line in done.err.splitlines() if line.startswith("note: ")]
    assert [line.split()[1] for line in notes] == ALL.split(",")
    assert all("does not hold" in line for line in notes)
    assert "missing" not in done.err
    assert done.err.count("wrote ") == 11


def test_default_folder_person_names_and_unit(command: Command, result: Callable[..., Path], tmp_path: Path) -> None:
    path = result(motion(1, np.arange(10)), motion(2, np.arange(10)))
    options = ("--person", "2", "--names", "mixamo", "--unit", "cm")
    assert command("export", path, "--to", "BVH, bvh", "-q", *options).code == 0
    assert names(tmp_path) == ["walk.json", "walk_person02.bvh"]
    text = (tmp_path / "walk_person02.bvh").read_text()
    assert "ROOT mixamorig:Hips" in text
    height = float(text.split("Frame Time:")[1].splitlines()[1].split()[1])
    assert height == pytest.approx(json.loads(path.read_text())["people"][1]["joints_world"][0][0][1] * 100, abs=0.02)


def test_missing_frames_and_uneven_times_are_said(command: Command, result: Callable[..., Path]) -> None:
    moved = motion(1, np.array([0, 1, 2, 6, 7]))
    moved.person.times = moved.person.times + np.array([0, 0, 0.016, 0, 0])
    moved.joints_world[1, 3] = np.nan
    notes = [line for line in command("export", result(moved), "--to", "bvh,glb,trc,csv").err.splitlines()
             if line.startswith("note: ")]
    evened = "uneven times are evened out to 25 frames a second"
    assert notes[0].endswith(f"; 4 missing frames are interpolated; {evened}")
    assert notes[1].endswith("; 4 missing frames are interpolated")
    assert notes[2].endswith(f"; 3 missing frames are left empty; {evened}")
    assert notes[3] == "note: csv does not hold 2D joints or the camera"


def test_who_is_never_whole_is_left_out_of_what_needs_it(
    command: Command, result: Callable[..., Path], tmp_path: Path
) -> None:
    arm = motion(2, np.arange(10))
    arm.joints_world[:, :11] = np.nan
    path = result(motion(1, np.arange(10)), arm)
    done = command("export", path, "--to", "bvh,csv", "-o", tmp_path / "out")
    assert done.code == 0
    assert "warning: bvh: person 2 has no frame with all 17 joints and is left out" in done.err
    assert names(tmp_path / "out") == ["walk_person01.bvh", "walk_person01.csv", "walk_person02.csv"]
    done = command("export", path, "--to", "csv,glb", "--person", 2, "-o", tmp_path / "other")
    assert done.code == 2
    assert "nobody has a frame with all 17 joints, which glb needs; use trc, c3d, csv, npz" in done.error
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(("to", "says"), [
    ("fbx", "known are bvh, glb, trc, c3d, csv, npz; Blender makes FBX"),
    ("bvh,obj", "--to bvh,obj: obj is no format"),
    (",", "--to ,: nothing is no format"),
])
def test_unknown_formats_are_refused(command: Command, result: Callable[..., Path], to: str, says: str) -> None:
    done = command("export", result(motion(1, np.arange(3))), "--to", to)
    assert done.code == 2
    assert says in done.error


def test_what_stops_an_export(command: Command, result: Callable[..., Path], tmp_path: Path) -> None:
    assert "holds nobody; there is nothing to export" in command("export", result(), "--to", "csv").error
    twice = result(motion(3, np.arange(3)), motion(3, np.arange(3)))
    assert "two people with id 3" in command("export", twice, "--to", "csv").error
    path = result(motion(1, np.arange(3)), motion(2, np.arange(3)))
    assert "no such person; the result has 1, 2" in command("export", path, "--to", "csv", "--person", 7).error
    other = tmp_path / "other.json"
    other.write_text(path.read_text().replace("vid2pose3d/1", "vid2pose3d/9"))
    assert "its schema is 'vid2pose3d/9'" in command("export", other, "--to", "csv").error
    assert "output folder" in command("export", path, "--to", "csv", "-o", path).error
    assert names(tmp_path) == ["other.json", "walk.json"]


def test_earlier_files_stay_without_overwrite(command: Command, result: Callable[..., Path], tmp_path: Path) -> None:
    path = result(motion(1, np.arange(3)), motion(2, np.arange(3)))
    mine = tmp_path / "walk_person01.bvh"
    mine.write_text("mine")
    done = command("export", path, "--to", "csv,bvh")
    assert done.code == 2
    assert f"{mine} exists; pass --overwrite" in done.error
    assert (mine.read_text(), names(tmp_path)) == ("mine", ["walk.json", "walk_person01.bvh"])
    kept = tmp_path / "walk_person02.bvh"
    kept.write_text("kept")
    assert command("export", path, "--to", "bvh", "--person", 1, "--overwrite", "-q").code == 0
    assert mine.read_text().startswith("HIERARCHY")
    assert kept.read_text() == "kept"


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
def test_read_only_folder(command: Command, result: Callable[..., Path], tmp_path: Path) -> None:
    path = result(motion(1, np.arange(3)))
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o555)
    assert f"output folder {folder} cannot be written" in command("export", path, "--to", "csv", "-o", folder).error


def test_nothing_is_left_where_one_format_fails(
    command: Command, result: Callable[..., Path], tmp_path: Path
) -> None:
    pytest.importorskip("ezc3d")
    long = motion(1, np.array([0, 70000]))
    done = command("export", result(replace(long)), "--to", "csv,c3d", "-o", tmp_path / "out")
    assert done.code == 2
    assert "70001 frames, but the format holds 65535" in done.error
    assert not (tmp_path / "out").exists()


def test_without_ezc3d_nothing_is_written(
    command: Command, result: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ezc3d", None)  # as if it were not installed
    done = command("export", result(motion(1, np.arange(3))), "--to", "csv,c3d")
    assert done.code == 2
    assert "--to c3d needs the package ezc3d; pip install 'vid2pose3d[c3d]'" in done.error
    assert names(tmp_path) == ["walk.json"]

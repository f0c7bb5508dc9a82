"""What the commands print and leave behind when they work, fail half-way or are interrupted."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vid2pose3d.cli.app import run_command
from vid2pose3d.video import VideoReader

Command = Callable[..., Any]

QUICK = ("--hypotheses", 1, "--iterations", 1)
PROGRAM = [sys.executable, "-m", "vid2pose3d"]
ROOT = Path(__file__).resolve().parents[2]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_run_writes_one_set_of_files(command: Command, walk: Path, tmp_path: Path) -> None:
    done = command("run", walk, "--action", "walking", "-o", tmp_path, "--json", *QUICK)
    assert done.code == 0
    assert names(tmp_path) == ["walk.json", "walk_overlay.mp4", "walk_person01.bvh"]
    summary = json.loads(done.out)
    assert sorted(Path(name).name for name in summary["files"]) == names(tmp_path)
    assert [(person["id"], person["frames"]) for person in summary["people"]] == [(1, 15)]
    assert set(summary["timing"]) == {"load", "decode", "detect", "track", "camera", "lift", "place", "overlay",
                                      "write"}
    assert sum(summary["timing"].values()) <= summary["seconds"]
    (quality,) = (person["quality"] for person in summary["people"])
    assert quality["coverage"] == 1.0 and 0.8 < quality["confidence"] <= 1
    assert quality["stature"] == pytest.approx(1.71, abs=0.01) and not quality["stature_given"]
    assert quality["bone_spread"] < 1e-3
    assert summary["camera"] == {"focal": 640.0, "assumed": True, "focal_error": None, "motion": "still"}
    assert "person 1: seen in 100 % of the clip, 0.0 to 0.5 s, confidence 0." in done.err
    assert "focal length 640 px (assumed" in done.err


def test_missing_action_and_guessed_focal_length_are_said(command: Command, walk: Path, tmp_path: Path) -> None:
    done = command("run", walk, "-o", tmp_path, *QUICK)
    assert "neutral prompt" in done.err
    assert "focal length assumed: 640 px" in done.err
    done = command("run", walk, "-o", tmp_path, "--action", "walking", "--focal", 700, "--height", 1.8,
                   "--overwrite", *QUICK)
    assert "1.80 m tall (given)" in done.err
    assert json.loads((tmp_path / "walk.json").read_text())["people"][0]["stature"] == pytest.approx(1.8, abs=0.01)
    assert "neutral prompt" not in done.err
    assert "assumed" not in done.err


def test_quiet_says_nothing_and_stdout_is_for_data(command: Command, walk: Path, tmp_path: Path) -> None:
    done = command("run", walk, "-q", "-o", tmp_path, *QUICK)
    assert (done.code, done.out, done.err) == (0, "", "")
    done = command("detect", walk, "-o", tmp_path)
    assert done.out == ""
    assert "1 person" in done.err


def test_overwrite_removes_people_of_the_older_run(command: Command, walk: Path, tmp_path: Path) -> None:
    stale = tmp_path / "walk_person07.bvh"
    kept = tmp_path / "walk_personal.bvh"
    for path in (stale, kept):
        path.write_text("older")
    assert command("run", walk, "-q", "--overwrite", "-o", tmp_path, *QUICK).code == 0
    assert not stale.exists()
    assert kept.read_text() == "older"


def test_nobody(command: Command, grey: Path, tmp_path: Path) -> None:
    done = command("run", grey, "-o", tmp_path, *QUICK)
    assert done.code == 0
    assert "nobody" in done.err
    assert names(tmp_path) == ["grey.json", "grey_overlay.mp4"]
    assert json.loads((tmp_path / "grey.json").read_text())["people"] == []


def test_one_frame(command: Command, walk: Path, tmp_path: Path) -> None:
    assert command("run", walk, "-q", "--end", 0.02, "-o", tmp_path, *QUICK).code == 0
    people = json.loads((tmp_path / "walk.json").read_text())["people"]
    assert [person["frames"] for person in people] == [[0]]


def test_damaged_video_gives_its_good_frames(command: Command, tmp_path: Path) -> None:
    content = bytearray((ROOT / "examples" / "walk_static.mp4").read_bytes())
    middle = len(content) // 2
    content[middle:middle + 3000] = bytes(3000)
    clip = tmp_path / "damaged.mp4"
    clip.write_bytes(content)
    done = command("detect", clip, "-o", tmp_path)
    assert done.code == 0
    assert "is damaged after frame" in done.err
    assert "98 frames are good and used" in done.err
    assert (tmp_path / "damaged_keypoints.json").exists()


def test_unknown_person_is_refused_with_the_known_ones(command: Command, walk: Path, tmp_path: Path) -> None:
    done = command("run", walk, "-q", "--person", 9, "-o", tmp_path, *QUICK)
    assert done.code == 2
    assert "--person 9" in done.error
    assert "the clip has 1" in done.error
    assert names(tmp_path) == []


def test_full_disk_half_way_leaves_the_older_results(walk: Path, tmp_path: Path) -> None:
    older = tmp_path / "walk.json"
    older.write_text("older")

    def nearly_full() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))

    done = subprocess.run(
        [*PROGRAM, "run", str(walk), "-q", "--overwrite", "-o", str(tmp_path), *map(str, QUICK)],
        capture_output=True, text=True, cwd=ROOT, preexec_fn=nearly_full,
    )
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert f"cannot write {tmp_path / 'walk'}" in done.stderr
    assert names(tmp_path) == ["walk.json"]
    assert older.read_text() == "older"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_run_leaves_nothing(number: signal.Signals, code: int, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    process = subprocess.Popen(
        [*PROGRAM, "run", str(ROOT / "examples" / "walk_static.mp4"), "-o", str(folder)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
    )
    deadline = time.monotonic() + 60
    while not (folder.is_dir() and any(folder.iterdir())):
        assert process.poll() is None and time.monotonic() < deadline, process.stderr
        time.sleep(0.05)
    os.kill(process.pid, number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    assert "Traceback" not in err
    assert not folder.exists()


def test_interruption_while_a_module_is_made_has_the_same_exit_code(tmp_path: Path) -> None:
    (tmp_path / "interrupted.py").write_text(
        "from vid2pose3d.cli import app\n"
        "def interrupted(*_, **__): exec('raise KeyboardInterrupt')\n"
        "app.app = interrupted\n"
        "app.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "interrupted"], capture_output=True, text=True, check=False, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
    )
    assert (done.returncode, done.stderr.strip()) == (130, "vid2pose3d: interrupted; nothing was written")


@pytest.fixture(scope="module")
def result(walk: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("result")
    assert run_command(["run", str(walk), "-q", "-o", str(folder), *map(str, QUICK)]) == 0
    return folder / "walk.json"


@pytest.mark.parametrize(("view", "size"), [("3d", (720, 720)), ("overlay", (640, 480)), ("both", (1120, 480))])
def test_render_draws_every_frame(
    command: Command, result: Path, walk: Path, view: str, size: tuple[int, int], tmp_path: Path
) -> None:
    out = tmp_path / "view.mp4"
    assert command("render", result, "--video", walk, "--view", view, "-o", out).code == 0
    with VideoReader(out) as reader:
        assert (reader.clip.width, reader.clip.height) == size
        assert len(list(reader)) == 15


def test_render_makes_a_page_and_a_sheet(command: Command, result: Path, walk: Path, tmp_path: Path) -> None:
    copied = tmp_path / "walk.json"
    copied.write_bytes(result.read_bytes())
    assert command("render", copied, "--view", "html").code == 0
    assert command("render", copied, "--view", "sheet", "--video", walk).code == 0
    assert names(tmp_path) == ["walk.json", "walk_html.html", "walk_sheet.png"]


def test_render_refuses_what_does_not_fit(
    command: Command, result: Path, walk: Path, grey: Path, tmp_path: Path
) -> None:
    out = tmp_path / "view.mp4"
    assert "--video" in command("render", result, "--view", "overlay", "-o", out).error
    assert "160 x 120" in command("render", result, "--video", grey, "-o", out).error
    assert ".mp4" in command("render", result, "-o", tmp_path / "view.gif").error
    assert str(walk) in command("render", walk, "-o", out).error
    assert "--overwrite" in command("render", result, "-o", walk).error
    assert ".html" in command("render", result, "--view", "html", "-o", out).error
    assert "--turn 5: does nothing" in command("render", result, "--view", "html", "--turn", 5).error
    assert "--turn 500" in command("render", result, "--view", "3d", "--turn", 500, "-o", out).error
    assert names(tmp_path) == []


def test_help_lists_every_option(command: Command) -> None:
    done = command("run", "--help")
    for option in ("--action", "--out", "--detector", "--person", "--weights", "--hypotheses", "--iterations",
                   "--aggregation", "--device", "--seed", "--start", "--end", "--focal", "--from", "--from-format",
                   "--from-joints", "--video", "--size", "--fps", "--unit", "--json", "--overwrite", "--quiet",
                   "--verbose"):
        assert option in done.out


def test_doctor_says_what_works(command: Command) -> None:
    done = command("doctor", "--json")
    report = json.loads(done.out)
    findings = {finding["what"]: finding for finding in report["findings"]}
    assert findings["detector blazepose"]["works"]
    assert findings["device cpu"]["works"]
    assert report["ready"] == all(finding["works"] for finding in findings.values() if finding["needed"])
    assert done.code == (0 if report["ready"] else 1)

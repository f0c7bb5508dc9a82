"""What users get wrong: exit code 2, one line with file or option, value and cure, and nothing left behind."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "results" / "of_the_run"


@pytest.fixture(params=["run", "detect"])
def job(request: pytest.FixtureRequest) -> str:
    return request.param


def refused(done: Any, *words: str) -> None:
    assert done.code == 2
    for word in words:
        assert word in done.error


def test_missing_file(command: Command, job: str, tmp_path: Path, out: Path) -> None:
    refused(command(job, tmp_path / "none.mp4", "-o", out), "none.mp4", "does not exist", "check")
    assert not any(tmp_path.iterdir())


def test_folder_as_clip(command: Command, job: str, tmp_path: Path, out: Path) -> None:
    refused(command(job, tmp_path, "-o", out), str(tmp_path), "folder")
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("content", [b"", b"a text, not a video\n" * 40], ids=["empty", "text"])
def test_file_that_is_no_video(command: Command, job: str, content: bytes, tmp_path: Path, out: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(content)
    refused(command(job, clip, "-o", out), str(clip))
    assert list(tmp_path.iterdir()) == [clip]


def test_sound_only(command: Command, job: str, sound: Path, tmp_path: Path, out: Path) -> None:
    refused(command(job, sound, "-o", out), str(sound), "no video stream", "audio")
    assert not any(tmp_path.iterdir())


def test_video_cut_before_its_index(command: Command, job: str, walk: Path, tmp_path: Path, out: Path) -> None:
    clip = tmp_path / "cut.mp4"
    clip.write_bytes(walk.read_bytes()[:600])
    refused(command(job, clip, "-o", out), str(clip))
    assert list(tmp_path.iterdir()) == [clip]


@pytest.mark.parametrize(("option", "value"), [
    ("--hypotheses", 0), ("--hypotheses", -3), ("--iterations", 0), ("--focal", -1), ("--focal", "nan"),
    ("--height", 0), ("--height", -1.7), ("--height", 5), ("--height", "nan"), ("--height", "tall"),
    ("--height", "1=1.7,1=1.8"), ("--height", "1="), ("--height", "1=1.7;2=1.8"),
    ("--person", "tall"), ("--start", -1), ("--end", 0), ("--start", 99), ("--device", "abacus"),
    ("--detector", "abacus"), ("--weights", "abacus"), ("--from", "abacus.json"),
])
def test_bad_value(
    command: Command, walk: Path, option: str, value: object, tmp_path: Path, out: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    done = command("run", walk, option, value, "-o", out)
    refused(done, str(value))
    assert option.lstrip("-") in done.error or option == "--from"
    assert not any(tmp_path.iterdir())


def test_a_height_in_centimetres(command: Command, walk: Path, tmp_path: Path, out: Path) -> None:
    refused(command("run", walk, "--height", 178, "-o", out), "--height 178", "centimetres", "1.78")
    refused(command("run", walk, "--height", "1=1.7,2=165", "-o", out), "--height 165", "1.65")
    assert not any(tmp_path.iterdir())


def test_a_height_of_nobody(command: Command, walk: Path, tmp_path: Path, out: Path) -> None:
    done = command("run", walk, "--height", "1=1.7,7=1.65", "--action", "walking", "-o", out)
    refused(done, "--height 7=1.65", "no such person", "has 1")
    assert not out.exists()


@pytest.mark.parametrize(("option", "value"), [
    ("--hypotheses", "many"), ("--aggregation", "median"), ("--precision", "fp8"), ("--unit", "inch"),
    ("--seed", "1.5"), ("--nonsense", "1"),
])
def test_unusable_option(command: Command, walk: Path, option: str, value: str, tmp_path: Path, out: Path) -> None:
    refused(command("run", walk, option, value, "-o", out), option, "--help")
    assert not any(tmp_path.iterdir())


def test_end_before_start(command: Command, job: str, walk: Path, out: Path) -> None:
    refused(command(job, walk, "--start", 0.3, "--end", 0.2, "-o", out), "--end 0.2", "--start")
    assert not out.parent.exists()


def test_damaged_weights(command: Command, walk: Path, tmp_path: Path, out: Path) -> None:
    weights = tmp_path / "lifter.safetensors"
    weights.write_bytes(b"\x10\0\0\0\0\0\0\0 not a header ...")
    refused(command("run", walk, "--weights", weights, "-o", out), str(weights), "damaged")
    assert list(tmp_path.iterdir()) == [weights]


def test_detector_beside_keypoints(command: Command, walk: Path, tmp_path: Path, out: Path) -> None:
    done = command("run", walk, "--from", tmp_path / "k.json", "--detector", "blazepose", "-o", out)
    refused(done, "--detector", "--from")


def test_keypoints_of_another_picture(command: Command, walk: Path, grey: Path, tmp_path: Path, out: Path) -> None:
    assert command("detect", grey, "-o", tmp_path).code == 0
    refused(command("run", walk, "--from", tmp_path / "grey_keypoints.json", "-o", out), "160 x 120", "640 x 480")
    assert not out.parent.exists()


def test_file_in_place_of_the_folder(command: Command, job: str, walk: Path, tmp_path: Path) -> None:
    folder = tmp_path / "file"
    folder.write_text("mine")
    refused(command(job, walk, "-o", folder), str(folder), "is a file", "-o")
    assert folder.read_text() == "mine"


def test_folder_that_cannot_be_written(command: Command, job: str, walk: Path) -> None:
    refused(command(job, walk, "-o", "/proc/vid2pose3d"), "/proc/vid2pose3d", "cannot be written", "-o")


@pytest.mark.parametrize(("job", "name"), [
    ("run", "walk.json"), ("run", "walk_person01.bvh"), ("run", "walk_overlay.mp4"), ("detect", "walk_keypoints.json"),
])
def test_existing_results_are_kept(command: Command, walk: Path, job: str, name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("mine")
    refused(command(job, walk, "-o", tmp_path), name, "--overwrite")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]

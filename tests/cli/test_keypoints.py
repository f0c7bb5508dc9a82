"""`run --from` with other programs' keypoints, `detect --format`, and what is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Command = Callable[..., Any]

SAMPLES = Path(__file__).resolve().parents[1] / "data" / "keypoints"
QUICK = ("--hypotheses", 1)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_without_a_video(command: Command, tmp_path: Path) -> None:
    done = command("run", "--from", SAMPLES / "alphapose_halpe26.json", "--size", "640x480", "--fps", 25, "-o",
                   tmp_path, *QUICK)
    assert done.code == 0, done.err
    assert "AlphaPose results (alphapose), halpe26 joints" in done.err
    assert names(tmp_path) == ["alphapose_halpe26.json", "alphapose_halpe26_person03.bvh",
                               "alphapose_halpe26_person07.bvh"]
    result = json.loads((tmp_path / "alphapose_halpe26.json").read_text())
    assert [one["id"] for one in result["people"]] == [3, 7]
    assert result["settings"]["size"] == [640, 480]
    assert result["settings"]["detector"] == "alphapose"
    assert (result["video"]["width"], result["video"]["fps"]) == (640, 25)
    assert command("render", tmp_path / "alphapose_halpe26.json", "-q").code == 0


def test_with_a_video(command: Command, grey: Path, tmp_path: Path) -> None:
    entries = [{"image_id": frame, "category_id": 1, "score": 0.9, "track_id": 0,
                "keypoints": [value for x, y in zip(range(40, 74, 2), range(20, 105, 5), strict=True)
                              for value in (x, y, 0.9)]} for frame in range(4)]
    file = tmp_path / "results.json"
    file.write_text(json.dumps(entries))
    for number, given in enumerate((("--video", grey), (grey,))):
        done = command("run", *given, "--from", file, "--person", 0, "-o", tmp_path / str(number), *QUICK)
        assert done.code == 0, done.err
        assert names(tmp_path / str(number)) == ["grey.json", "grey_overlay.mp4", "grey_person00.bvh"]
    done = command("run", grey, "--from", file, "--size", "160x120", "-o", tmp_path / "again")
    assert done.code == 2
    assert "--size" in done.error


@pytest.mark.parametrize("form", ["coco", "mmpose", "openpose", "vp3d"])
def test_detected_and_read_back(command: Command, walk: Path, form: str, tmp_path: Path) -> None:
    assert command("detect", walk, "-o", tmp_path / "own", "-q").code == 0
    done = command("detect", walk, "--format", form, "-o", tmp_path / "theirs")
    assert done.code == 0
    files = names(tmp_path / "theirs")
    assert len(files) == (15 if form == "openpose" else 1)
    theirs = tmp_path / "theirs" if form == "openpose" else tmp_path / "theirs" / files[0]
    for folder, source in (("a", tmp_path / "own" / "walk_keypoints.json"), ("b", theirs)):
        assert command("run", "--from", source, "-q", "-o", tmp_path / folder, *QUICK).code == 0
    first, second = (json.loads(next((tmp_path / folder).glob("*.json")).read_text())["people"][0] for folder in "ab")
    assert first["times"] == second["times"]
    np.testing.assert_allclose(np.array(first["joints_world"]), np.array(second["joints_world"]), atol=1e-3)


def test_own_files_say_everything(command: Command, grey: Path, tmp_path: Path) -> None:
    assert command("detect", grey, "-q", "-o", tmp_path).code == 0
    own = tmp_path / "grey_keypoints.json"
    assert command("run", "--from", own, "-q", "-o", tmp_path / "out").code == 0
    assert names(tmp_path / "out") == ["grey_keypoints.json"]
    for option, value in (("--fps", 25), ("--size", "160x120"), ("--from-joints", "coco17")):
        assert option in command("run", "--from", own, option, value, "-o", tmp_path / "other").error


def test_formats_are_overwritten_only_on_demand(command: Command, grey: Path, tmp_path: Path) -> None:
    for _ in range(2):
        done = command("detect", grey, "--format", "openpose", "-o", tmp_path)
    assert done.code == 2
    assert "grey_000000000000_keypoints.json and 3 more exists" in done.error
    assert command("detect", grey, "--format", "openpose", "-o", tmp_path, "--overwrite").code == 0


@pytest.mark.parametrize(("given", "says"), [
    ((), "no CLIP"),
    (("--size", "640x480"), "--size: says something about keypoints"),
    (("--from", SAMPLES / "coco_results.json", "--size", "640"), "--size 640: must be WIDTHxHEIGHT"),
    (("--from", SAMPLES / "coco_results.json", "--size", "0x480", "--fps", 25), "--size 0x480"),
    (("--from", SAMPLES / "coco_results.json", "--size", "640x480", "--fps", 0), "--fps 0"),
    (("--from", SAMPLES / "coco_results.json"), "give the video, or --size WIDTHxHEIGHT and --fps N"),
    (("--from", SAMPLES / "none.json", "--size", "640x480", "--fps", 25), "does not exist"),
    (("a.mp4", "--video", "b.mp4"), "give one of them"),
])
def test_what_is_refused(command: Command, given: tuple[object, ...], says: str, tmp_path: Path) -> None:
    done = command("run", *given, "-o", tmp_path / "out")
    assert done.code == 2
    assert says in done.error
    assert not any(tmp_path.iterdir())


"""What the HTML page carries: the motion, its scripts and the clip, and nothing from elsewhere."""

import base64
import json
import re
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_up import INTRINSICS, WORLD_FROM_CAMERA, recording, walker

from vid2pose3d.errors import InputError
from vid2pose3d.motion import CameraPath, Recording
from vid2pose3d.render import page, write_page
from vid2pose3d.render.page_data import quantised
from vid2pose3d.video import VideoReader, VideoWriter

DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.DOTALL)
SCRIPTS = re.compile(r'<script type="importmap">(.*?)</script>', re.DOTALL)


def written(folder: Path, result: Recording, reader: VideoReader | None = None) -> str:
    write_page(folder / "out.html", result, reader=reader, progress=lambda done, total: None)
    return (folder / "out.html").read_text(encoding="utf-8")


def data_of(text: str) -> dict[str, Any]:
    (found,) = DATA.findall(text)
    return json.loads(found)


def numbers(table: dict[str, Any], shape: tuple[int, ...]) -> np.ndarray:
    steps = np.frombuffer(base64.b64decode(table["data"]), "<u2").reshape(shape)
    return np.where(steps == 65535, np.nan, table["low"] + table["step"] * steps)


def grey_clip(path: Path, frames: int, *, height: int = 120) -> Path:
    with VideoWriter(path, width=height * 4 // 3, height=height, fps=10) as writer:
        for number in range(frames):
            writer.write(np.full((height, height * 4 // 3, 3), 100 + number, np.uint8), number / 10)
    return path


def test_data_decodes_to_the_joints(tmp_path: Path) -> None:
    people = [walker(6, id=1), walker(3, id=4, first=5)]
    people[0].joints_world[2, 5] = np.nan
    people[0].person.xy[1, 3] = np.nan
    people[1].person.interpolated[1] = True
    data = data_of(written(tmp_path, recording(people)))
    assert np.frombuffer(base64.b64decode(data["times"])) == pytest.approx(np.arange(8) / 10)
    assert data["camera"]["K"] == INTRINSICS.tolist()
    for entry, motion, rows in zip(data["people"], people, ([0, 1, 2, 3, 4, 5], [5, 6, 7]), strict=True):
        count = len(rows)
        assert entry["id"] == motion.person.id
        assert np.frombuffer(base64.b64decode(entry["rows"]), "<u4").tolist() == rows
        assert np.frombuffer(base64.b64decode(entry["bridged"]), "u1").tolist() == motion.person.interpolated.tolist()
        confidence = np.frombuffer(base64.b64decode(entry["confidence"]), "u1").reshape(count, 17) / 255
        np.testing.assert_allclose(confidence, motion.confidence, atol=0.5 / 255)
        for key, values, error in (("world", motion.joints_world, 2e-5), ("picture", motion.person.xy, 2e-3),
                                   ("uncertainty", motion.uncertainty, 1e-6)):
            np.testing.assert_allclose(numbers(entry[key], values.shape), values, atol=error)


def test_a_moving_camera_has_its_place_in_every_frame(tmp_path: Path) -> None:
    result = recording([walker(3, id=1, first=2), walker(1, id=2, first=6)])
    ways = np.tile(WORLD_FROM_CAMERA, (9, 1, 1))
    ways[:, 0, 3] = np.arange(9)
    result.camera.path = CameraPath(np.arange(9), ways)
    path = np.frombuffer(base64.b64decode(data_of(written(tmp_path, result))["camera"]["path"]), "<f4")
    np.testing.assert_allclose(path.reshape(-1, 3, 4), ways[2:7, :3])


def test_rounding_is_half_a_step() -> None:
    values = np.array([[-3.0, np.nan], [7.0, 1.23456789]])
    table = quantised(values)
    assert table["step"] == pytest.approx(10 / 65534)
    np.testing.assert_allclose(numbers(table, (2, 2)), values, atol=5.01 / 65534)
    assert np.isnan(numbers(quantised(np.full(3, np.nan)), (3,))).all()
    assert numbers(quantised(np.full(3, 2.5)), (3,)).tolist() == [2.5] * 3


@pytest.mark.parametrize(("kind", "says"), [("radius80", "80 of 100"), ("spread", "spread"), (None, "unknown")])
def test_the_legend_says_what_the_uncertainty_is(tmp_path: Path, kind: str | None, says: str) -> None:
    motion = replace(walker(1), uncertainty_kind=kind)
    assert says in data_of(written(tmp_path, recording([motion])))["uncertaintyMeaning"]


def test_colour_scale_holds_nearly_all_uncertainties(tmp_path: Path) -> None:
    motion = walker(10)
    motion.uncertainty[:] = 0.06
    motion.uncertainty[0, 0] = 3.0
    assert data_of(written(tmp_path, recording([motion])))["uncertain"] == pytest.approx(0.06)
    without = data_of(written(tmp_path, recording([walker(2, uncertain=False)])))
    assert without["uncertain"] is None
    assert without["people"][0]["uncertainty"] is None


def test_page_asks_for_nothing_from_elsewhere(tmp_path: Path) -> None:
    text = written(tmp_path, recording([walker(2)]))
    rest = SCRIPTS.sub("", text)
    assert not re.findall(r"https?:|//[a-z]|\bsrc=|\bhref=|@import|url\(", rest)
    assert "default-src 'none'" in text
    assert "The MIT License" in text and "three.js authors" in text


def test_scripts_are_the_packages_own_and_find_each_other(tmp_path: Path) -> None:
    (found,) = SCRIPTS.findall(written(tmp_path, recording([walker(2)])))
    imports = json.loads(found)["imports"]
    folder = resources.files("vid2pose3d.render") / "page"
    shipped = {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.name.endswith(".js")}
    carried = {name: base64.b64decode(url.partition(",")[2]) for name, url in imports.items()}
    assert sorted(carried.values()) == sorted(shipped.values())
    for name, script in carried.items():
        used = re.findall(r"^(?:import .*|\} )from ['\"](.+?)['\"];", script.decode(), re.MULTILINE)
        assert set(used) <= set(imports), name


def test_names_cannot_break_the_page(tmp_path: Path) -> None:
    name, action = "a<b>&.mp4", "</script><script>alert(1)</script>"
    text = written(tmp_path, recording([walker(2)], name=name, action=action))
    data = data_of(text)
    assert (data["clip"]["name"], data["action"]) == (name, action)
    assert "<title>a&lt;b&gt;&amp;.mp4</title>" in text
    assert "alert(1)</script>" not in text


def test_clip_is_carried_small_and_with_its_own_times(tmp_path: Path) -> None:
    with VideoReader(grey_clip(tmp_path / "clip.mp4", 8, height=600), start=0.3) as reader:
        data = data_of(written(tmp_path, recording([walker(5, first=3)]), reader))
    assert data["video"]["start"] == pytest.approx(0.3)
    (tmp_path / "inside.mp4").write_bytes(base64.b64decode(data["video"]["data"]))
    with VideoReader(tmp_path / "inside.mp4") as inside:
        frames = list(inside)
    assert frames[0].image.shape == (480, 640, 3)
    assert [frame.time for frame in frames] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4], abs=1e-4)
    assert [frame.image.mean() for frame in frames] == pytest.approx([103, 104, 105, 106, 107], abs=2)


def test_clip_that_is_too_long_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "LONGEST_CLIP", 0.5)
    with (VideoReader(grey_clip(tmp_path / "clip.mp4", 8)) as reader,
          pytest.raises(InputError, match="clip.mp4: 1 s are too long for a page")):
        written(tmp_path, recording([walker(5)]), reader)
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]


def test_thousands_of_frames_stay_small(tmp_path: Path) -> None:
    few, many = (len(written(tmp_path, recording([walker(frames)]))) for frames in (2, 6002))
    assert (many - few) / 6000 < 330


def test_nobody(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nobody is in this result"):
        written(tmp_path, recording([]))
    assert list(tmp_path.iterdir()) == []

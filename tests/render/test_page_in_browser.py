"""The HTML page in headless Chromium: it draws, plays, steps and hides people without asking the network."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from made_up import recording, walker

from vid2pose3d.render import write_page
from vid2pose3d.render.colours import DARK, mix, person_colour
from vid2pose3d.skeleton import H36M17
from vid2pose3d.video import VideoReader, VideoWriter

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
SOFTWARE = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip("no Chromium on the PATH or in the variable CHROMIUM")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=SOFTWARE)
        yield opened
        opened.close()


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """The page of two people, the second from frame 40 on, over a green clip; errors and requests are in `heard`."""
    with VideoWriter(tmp_path / "clip.mp4", width=160, height=120, fps=10) as writer:
        for number in range(60):
            writer.write(np.full((120, 160, 3), (20, 160, 20), np.uint8), number / 10)
    people = [walker(60, id=1), walker(20, id=2, first=40)]
    with VideoReader(tmp_path / "clip.mp4") as reader:
        write_page(tmp_path / "page.html", recording(people), reader=reader, progress=lambda done, total: None)
    tab = browser.new_page(viewport={"width": 1200, "height": 700})
    tab.heard = []
    tab.on("pageerror", lambda error: tab.heard.append(str(error)))
    tab.on("console", lambda message: tab.heard.append(message.text) if message.type == "error" else None)
    tab.on("request", lambda request: tab.heard.append(request.url)
           if request.url.partition(":")[0] not in ("file", "data", "blob") else None)
    tab.goto((tmp_path / "page.html").as_uri())
    tab.wait_for_selector("body[data-frame]")
    tab.wait_for_selector("#video:not([hidden])", state="attached")
    yield tab
    assert tab.heard == []
    tab.close()


def frame(tab: Any) -> int:
    return int(tab.evaluate("document.body.dataset.frame"))


def wait_for(tab: Any, happened: Callable[[], bool]) -> None:
    """Up to 20 seconds; the page's policy forbids playwright's own way, which evaluates text inside the page."""
    for _ in range(200):
        if happened():
            return
        tab.wait_for_timeout(100)
    raise AssertionError("it did not happen")


def shot(tab: Any, selector: str) -> np.ndarray:
    """(H, W, 3) uint8 RGB of a part of the page."""
    tab.wait_for_timeout(300)
    picture = cv2.imdecode(np.frombuffer(tab.locator(selector).screenshot(), np.uint8), cv2.IMREAD_COLOR)
    return picture[..., ::-1]


def blue_or_red(picture: np.ndarray) -> int:
    """Pixels that are neither grey nor green."""
    red, green, blue = np.moveaxis(picture.astype(int), -1, 0)
    return int(((np.maximum(red, blue) - green) > 40).sum())


def test_both_panels_show_the_motion(opened: Any) -> None:
    flat, world = shot(opened, "#frame"), shot(opened, "#world")
    assert np.abs(np.median(flat.reshape(-1, 3), axis=0) - (20, 160, 20)).max() < 25  # the clip
    assert blue_or_red(flat) > 200
    assert blue_or_red(world) > 500


def test_keypoints_are_where_the_picture_has_them(opened: Any) -> None:
    opened.select_option("#colouring", "person")
    flat = shot(opened, "#frame")
    scale = flat.shape[1] / 160
    colour = mix(person_colour(1), DARK, 0.12)
    motion = walker(60, id=1)
    x, y = (motion.person.xy[0, H36M17.index("spine")] * scale).round().astype(int)
    around = flat[y - 3:y + 4, x - 3:x + 4].reshape(-1, 3).astype(int)
    assert np.abs(around - colour).max(axis=-1).min() < 40


def test_steps_scrubs_and_plays(opened: Any) -> None:
    for key, expected in (("End", 59), ("ArrowLeft", 58), ("Home", 0), ("ArrowRight", 1)):
        opened.keyboard.press(key)
        assert frame(opened) == expected
    opened.locator("#scrub").fill("6")
    assert frame(opened) == 6
    wait_for(opened, lambda: abs(opened.evaluate("document.getElementById('video').currentTime") - 0.625) < 0.01)
    opened.keyboard.press("Home")
    opened.click("#play")
    wait_for(opened, lambda: frame(opened) >= 3)
    opened.click("#play")
    stopped = frame(opened)
    opened.wait_for_timeout(400)
    assert frame(opened) == stopped
    assert 3 <= stopped < 59


def test_people_can_be_hidden_and_come_and_go(opened: Any) -> None:
    alone = blue_or_red(shot(opened, "#world"))
    opened.keyboard.press("End")
    both = blue_or_red(shot(opened, "#world"))
    opened.uncheck("[data-person='1']")
    second = blue_or_red(shot(opened, "#world"))
    opened.uncheck("[data-person='2']")
    assert blue_or_red(shot(opened, "#world")) == 0
    assert both > 1.2 * alone and 0 < second < 0.9 * both


def test_bones_show_uncertainty_and_the_legend_says_so(opened: Any) -> None:
    assert opened.input_value("#colouring") == "uncertainty"
    assert "8 cm or more" in opened.inner_text("#legend")
    uncertain = shot(opened, "#world")
    opened.select_option("#colouring", "person")
    assert "lighter" in opened.inner_text("#legend")
    assert np.abs(shot(opened, "#world").astype(int) - uncertain).max() > 60


def test_mouse_turns_the_view(opened: Any) -> None:
    before = shot(opened, "#world")
    box = opened.locator("#world").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    opened.mouse.move(x, y)
    opened.mouse.down()
    opened.mouse.move(x + 150, y, steps=5)
    opened.mouse.up()
    assert np.abs(shot(opened, "#world").astype(int) - before).max() > 60


@pytest.mark.parametrize("size", [(1300, 420), (900, 900), (400, 800)])
def test_picture_keeps_the_shape_of_the_clip(opened: Any, size: tuple[int, int]) -> None:
    opened.set_viewport_size({"width": size[0], "height": size[1]})
    box, panel = (opened.locator(name).bounding_box() for name in ("#frame", ".panel:first-child"))
    assert box["width"] / box["height"] == pytest.approx(160 / 120, rel=0.02)
    assert box["height"] <= panel["height"] and box["width"] <= panel["width"]
    assert max(box["width"] / panel["width"], box["height"] / (panel["height"] - 41)) > 0.95

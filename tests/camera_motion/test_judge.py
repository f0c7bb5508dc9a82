"""Verdicts on made-up clips: what stands, what turns, and what is not known."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from vid2pose3d.camera import project
from vid2pose3d.camera_motion import focal_from_turning, judge
from vid2pose3d.camera_motion.background import Background, KeyFrame, View

FRAMES = 40


def errors(path, rotations):
    """Degrees (F,) between the found and the true direction since the first frame."""
    ways = path.world_from_camera[:, :3, :3]
    found, true = ways[0].T @ ways, rotations[0] @ rotations.swapaxes(1, 2)
    return np.degrees((Rotation.from_matrix(true).inv() * Rotation.from_matrix(found)).magnitude())


def with_walker(pictures, texture):
    """The pictures with someone who walks through them, and boxes around that person."""
    someone, boxes, painted = texture(7, 70, 180), [], []
    for number, picture in enumerate(pictures):
        left = 10 + number * 230 // len(pictures)
        picture = picture.copy()
        picture[40:220, left:left + 70] = someone
        painted.append(picture)
        boxes.append([np.array([left, 40, left + 70, 220])])
    return painted, boxes


def test_noise_is_no_motion(turned, seen, camera):
    background = seen([turned(np.eye(3))] * FRAMES)
    assert all(view.still and view.key == 0 for view in background.views)
    verdict = judge(background, camera)
    assert (verdict.camera.motion, verdict.camera.path, verdict.says) == ("still", None, None)


@pytest.mark.parametrize("boxed", [True, False])
def test_someone_who_walks_through_is_no_motion(turned, seen, camera, texture, boxed):
    pictures, boxes = with_walker([turned(np.eye(3))] * FRAMES, texture)
    assert judge(seen(pictures, boxes=boxes if boxed else None), camera).camera.motion == "still"


def test_water_is_no_motion(turned, seen, camera, texture):
    """The lower 60 % of the picture flows to the side."""
    water, shore = texture(3, 600, 144), turned(np.eye(3))
    pictures = [np.concatenate([shore[:96], water[:, 2 * number:2 * number + 320]]) for number in range(FRAMES)]
    assert judge(seen(pictures), camera).camera.motion == "still"


@pytest.mark.parametrize("person", ["nobody", "boxed", "not found"])
def test_a_swing_is_recovered(turned, seen, camera, swing, texture, person):
    pictures, boxes = [turned(rotation) for rotation in swing], None
    if person != "nobody":
        pictures, boxes = with_walker(pictures, texture)
    background = seen(pictures, boxes=boxes if person == "boxed" else None)
    camera_found = judge(background, camera).camera
    assert camera_found.motion == "moving"
    assert errors(camera_found.path, swing).max() < 0.15
    assert errors(camera_found.path, swing)[-1] < 0.05  # back at the first key frame: nothing has drifted


def test_key_frames_are_few_and_taken_again(turned, seen):
    def swept(times):
        angles = 0.4 * np.cos(np.linspace(0, np.pi * times, 70 * times + 1))
        return seen([turned(Rotation.from_euler("y", angle).as_matrix()) for angle in angles])

    once, often = swept(1), swept(4)
    assert 2 <= len(once.keys) <= 6
    assert len(often.keys) <= len(once.keys) + 3
    assert None not in often.views


def test_a_cut_is_said(turned, seen, camera):
    pictures = [turned(np.eye(3))] * 25 + [turned(Rotation.from_euler("y", 0.6).as_matrix())] * 25
    verdict = judge(seen(pictures), camera)
    assert verdict.camera.motion == "relative"
    assert verdict.doubtful
    assert "1.52 s" in verdict.says or "a cut?" in verdict.says


def test_a_flash_is_no_cut(turned, seen, camera):
    pictures = [turned(np.eye(3))] * FRAMES
    pictures[20:25] = [np.full_like(pictures[0], 250)] * 5
    assert judge(seen(pictures), camera).camera.motion == "still"


def test_a_zoom_is_said(turned, seen, camera):
    verdict = judge(seen([turned(np.eye(3), growth=1 + number / 100) for number in range(FRAMES)]), camera)
    assert (verdict.camera.motion, verdict.camera.path) == ("relative", None)
    assert verdict.says == "the camera zooms, which is not followed: the world is relative to the camera"


def test_a_slow_zoom_while_turning_is_no_way(turned, seen, camera, swing):
    """As much as 1.3 times in 60 frames, so that key frames see little of it."""
    growths = np.linspace(1, 1.3, len(swing))
    pictures = [turned(rotation, growth=growth) for rotation, growth in zip(swing, growths, strict=True)]
    verdict = judge(seen(pictures), camera)
    assert (verdict.camera.motion, verdict.camera.path) == ("relative", None)
    assert "zooms" in verdict.says


@pytest.mark.parametrize("what", ["black", "filled"])
def test_without_a_background_the_world_is_relative(turned, seen, camera, what):
    pictures = [turned(np.eye(3)) * (what == "filled")] * 10
    verdict = judge(seen(pictures, boxes=[[np.array([0, 0, 320, 240])]] * 10), camera)
    assert verdict.camera.motion == "relative"
    assert "0 % of the frames" in verdict.says


def test_one_frame_and_none(turned, seen, camera):
    assert judge(seen([turned(np.eye(3))]), camera).camera.motion == "still"
    assert judge(seen([]), camera).camera.motion is None


@pytest.mark.parametrize("way", [(1.0, 0.0, 0.0), (0.1, 0.0, 1.0)], ids=["sideways", "ahead"])
def test_a_camera_that_travels_has_a_way_up_to_its_unit(camera, way):
    """Points at many depths, the camera goes up to a metre: neither a turn nor a zoom explains them."""
    points = np.random.default_rng(0).uniform((-3, -2, 2), (3, 2, 8), (300, 3))
    way = 0.95 * np.array(way)
    ends = project(np.stack([points, points - way]), camera.intrinsics)
    shown = np.all((ends > 0) & (ends < (320, 240)), axis=(0, 2))
    first = ends[0][shown].astype(np.float32)
    keys = [KeyFrame(0, first, None, np.full(len(first), -1, np.int16), None, np.eye(3), 0)]
    rows = np.arange(len(first), dtype=np.int16)
    views = [View(0, True, rows[:0], first[:0])] + [
        View(0, False, rows, project(points[shown] - share * way, camera.intrinsics).astype(np.float32))
        for share in np.linspace(0, 1, 20)[1:]
    ]
    background = Background(320, 240, list(range(20)), [number / 25 for number in range(20)], views, keys)
    path = judge(background, camera).camera.path
    assert not path.metric
    found = path.world_from_camera[:, :3, 3]
    np.testing.assert_allclose(found / np.linalg.norm(found[-1]), np.linspace([0, 0, 0], way / np.linalg.norm(way), 20),
                               atol=1e-3)
    np.testing.assert_allclose(path.world_from_camera[:, :3, :3], np.tile(np.eye(3), (20, 1, 1)), atol=1e-4)


@pytest.mark.parametrize("seed", range(12))
def test_points_without_sense_give_no_way(camera, seed):
    """Every view shows its points anywhere, near where they were, or grown from the middle."""
    rng = np.random.default_rng(seed)
    first = rng.uniform((0, 0), (320, 240), (30, 2)).astype(np.float32)
    none, rows = np.full(30, -1, np.int16), np.arange(30, dtype=np.int16)
    keys = [KeyFrame(0, first, None, none, None, np.eye(3), 0), KeyFrame(5, first, 0, rows, None, np.eye(3), 0)]
    views: list[View | None] = [View(0, True, rows[:0], first[:0])]
    for row in range(1, 12):
        seen = (rng.uniform((0, 0), (320, 240), (30, 2)), first + rng.normal(0, 20, (30, 2)),
                160 + (first - 160) * 1.05**row)[seed % 3]
        shown = np.sort(rng.choice(30, 9 + seed, replace=False)).astype(np.int16)
        views.append(View(int(row > 5), False, shown, seen[shown].astype(np.float32)))
    background = Background(320, 240, list(range(12)), [row / 25 for row in range(12)], views, keys)
    assert judge(background, camera).camera.motion == "relative"
    assert focal_from_turning(background, camera.intrinsics) is None

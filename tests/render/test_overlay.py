"""What the overlay draws, and that it keeps the clip's frames and timing."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from vid2pose3d.motion import Person2D
from vid2pose3d.render import write_overlay
from vid2pose3d.render.colours import DARK, LIGHT, PALETTE, person_colour, shade
from vid2pose3d.render.overlay import OverlayPainter
from vid2pose3d.render.skeletons import Style, draw_skeleton
from vid2pose3d.skeleton import H36M17, JOINT_SETS, JointSet
from vid2pose3d.video import Frame, VideoReader, VideoWriter

GREY = 128
LINE = JointSet("line", (("middle", None), ("left_end", "middle"), ("right_end", "middle")))
ENDS = np.array([[100.5, 60.5], [40.5, 60.5], [160.5, 60.5]])
UNEVEN = [0.0, 0.04, 0.1, 0.5, 0.51, 0.7, 1.3]


def grey(height: int = 120, width: int = 200) -> np.ndarray:
    return np.full((height, width, 3), GREY, np.uint8)


def style(colour: tuple[int, int, int] = (230, 159, 0), *, width: int = 5, dashed: bool = False) -> Style:
    return Style(LINE, colour, width, dashed)


def person(joint_set: JointSet = LINE, xy: np.ndarray = ENDS, *, frames: int = 7, id: int = 1) -> Person2D:
    count = len(joint_set)
    return Person2D(id, joint_set, np.arange(frames), np.arange(frames) / 10, np.tile(xy, (frames, 1, 1)),
                    np.ones((frames, count)), np.tile([40.0, 40, 160, 80], (frames, 1)),
                    np.zeros(frames, bool))


def changed(image: np.ndarray) -> np.ndarray:
    return (image != GREY).any(axis=-1)


def write_grey(path: Path, times: list[float], *, width: int = 200, height: int = 120) -> Path:
    with VideoWriter(path, width=width, height=height, fps=len(times) / (times[-1] + 0.1)) as writer:
        for time in times:
            writer.write(grey(height, width), time)
    return path


def overlaid(path: Path, people: list[Person2D], action: str | None = None,
             **span: float) -> tuple[list[Frame], list[tuple[int, int]]]:
    told: list[tuple[int, int]] = []
    with VideoReader(path, **span) as reader:
        write_overlay(path.with_name("out.mp4"), reader, people, action=action,
                      progress=lambda done, total: told.append((done, total)))
    with VideoReader(path.with_name("out.mp4")) as result:
        return list(result), told


def test_limbs_and_joints_are_where_the_joints_are():
    image = grey()
    draw_skeleton(image, ENDS, np.ones(3), style())
    colour = style().colour
    assert tuple(image[60, 70]) == shade(colour, "left")
    assert tuple(image[60, 130]) == shade(colour, "right")
    assert tuple(image[60, 100]) == colour
    assert (tuple(image[60, 40]), tuple(image[60, 160])) == (LIGHT, DARK)
    rows, columns = np.nonzero(changed(image))
    assert (rows.min() + rows.max()) / 2 == pytest.approx(60, abs=0.5)
    assert (columns.min() + columns.max()) / 2 == pytest.approx(100, abs=0.5)


def test_joints_are_placed_within_a_pixel():
    images = [grey(), grey()]
    draw_skeleton(images[0], ENDS, np.ones(3), style())
    draw_skeleton(images[1], ENDS + (0.0, 0.5), np.ones(3), style())
    tops = [image[55:60, 70].astype(float).mean() for image in images]
    bottoms = [image[61:66, 70].astype(float).mean() for image in images]
    assert tops[0] == pytest.approx(bottoms[0], abs=3)
    assert abs(tops[1] - bottoms[1]) > 5


def test_unknown_joints_are_left_out():
    image = grey()
    draw_skeleton(image, np.where([[False], [True], [False]], np.nan, ENDS), np.ones(3), style())
    assert not changed(image)[:, :90].any()
    assert changed(image)[60, 130]
    untouched = grey()
    draw_skeleton(untouched, np.full((3, 2), np.nan), np.full(3, np.nan), style())
    assert not changed(untouched).any()


def test_uncertain_limbs_are_faint():
    image = grey()
    draw_skeleton(image, ENDS, np.array([1.0, 0.2, 1.0]), style())
    faint, firm = shade(style().colour, "left"), shade(style().colour, "right")
    assert tuple(image[60, 130]) == firm
    expected = np.array(faint) * 0.35 + GREY * 0.65
    assert np.abs(image[60, 70] - expected).max() <= 1


def test_bridged_frames_are_dashed_and_thin():
    solid, dashed = grey(), grey()
    draw_skeleton(solid, ENDS, np.ones(3), style())
    draw_skeleton(dashed, ENDS, np.ones(3), style(dashed=True))
    along = changed(dashed)[60, 40:160]
    assert np.count_nonzero(np.diff(along.astype(int))) >= 6
    assert changed(dashed).sum() < 0.6 * changed(solid).sum()


@pytest.mark.parametrize("offset", [-1e3, -150.0, 150.0, 1e9])
def test_people_partly_or_wholly_outside_the_picture(offset):
    image = grey()
    draw_skeleton(image, ENDS + offset, np.array([1.0, 0.1, 1.0]), style())
    assert image.shape == grey().shape
    assert not changed(image)[:10, :10].any()


@pytest.mark.parametrize("joint_set", JOINT_SETS.values(), ids=lambda joints: joints.name)
def test_any_joint_set_is_drawn(joint_set):
    spread = np.random.default_rng(0).uniform(40, 100, (len(joint_set), 2))
    image = grey()
    OverlayPainter([person(joint_set, spread)], action=None).paint(image, 0)
    for x, y in spread.astype(int):
        assert changed(image)[y, x]


def test_people_of_a_picture_have_distinct_colours():
    assert len({person_colour(id) for id in range(1, 9)}) == len(PALETTE) == 8
    differences = np.abs(np.array(PALETTE)[:, None] - np.array(PALETTE)[None]).sum(axis=-1)
    assert differences[~np.eye(8, dtype=bool)].min() > 75
    image = grey()
    apart = [person(xy=ENDS - (0, 20), id=1), person(xy=ENDS + (0, 40), id=2)]
    OverlayPainter(apart, action=None).paint(image, 3)
    assert tuple(image[40, 100]) == person_colour(1)
    assert tuple(image[100, 100]) == person_colour(2)


def test_reprojected_3d_is_a_thin_white_line_behind_the_2d():
    spread = np.column_stack([np.linspace(20, 180, 17), np.full(17, 100.5)])
    joints = np.tile(np.array([[0.5, 0.5]]), (17, 1))
    joints[H36M17.bones[0][0]], joints[H36M17.bones[0][1]] = (40.5, 60.5), (160.5, 60.5)
    joints[list(set(range(17)) - set(H36M17.bones[0]))] = np.nan
    image = grey()
    OverlayPainter([person(H36M17, spread)], action=None, reprojected=[np.tile(joints, (7, 1, 1))]).paint(image, 2)
    assert image[60, 70].min() > 220
    assert changed(image)[50:70, 70].sum() <= 7
    covered = grey()
    OverlayPainter([person()], action=None, reprojected=[np.tile(joints, (7, 1, 1))]).paint(covered, 2)
    assert tuple(covered[60, 100]) == person_colour(1)


def test_number_stands_above_the_person_within_the_picture():
    image = grey()
    OverlayPainter([person(xy=ENDS - [(0, 0), (0, 20), (0, 0)])], action=None).paint(image, 0)
    rows, columns = np.nonzero(changed(image)[:33])
    assert (columns.min() + columns.max()) / 2 == pytest.approx(40, abs=1)
    assert rows.min() > 0
    edge = grey()
    OverlayPainter([person(xy=ENDS - [(0, 0), (39, 59), (0, 0)])], action=None).paint(edge, 0)
    assert changed(edge)[0, 0]
    two, ten = grey(), grey()
    OverlayPainter([person(id=2)], action=None).paint(two, 0)
    OverlayPainter([person(id=10)], action=None).paint(ten, 0)  # the same colour, another number
    assert (two[20:55] != ten[20:55]).any()


def test_action_is_written_in_the_corner():
    image, longer = grey(), grey()
    OverlayPainter([], action="walking").paint(image, 0)
    OverlayPainter([], action="walking around a very large field – again and again").paint(longer, 0)
    rows, columns = np.nonzero(changed(image))
    assert rows.max() < 40 and columns.max() < 120
    assert image.max() > 230
    assert not changed(longer)[:, -4:].any()
    plain = grey()
    OverlayPainter([], action=None).paint(plain, 0)
    assert not changed(plain).any()


def test_frames_and_timing_are_the_clips_own(tmp_path):
    path = write_grey(tmp_path / "clip.mp4", UNEVEN)
    frames, told = overlaid(path, [person(frames=4)], "walking")
    assert np.allclose([frame.time for frame in frames], UNEVEN, atol=1e-4)
    drawn = [int(frame.image[60, 70].max()) > GREY + 60 for frame in frames]
    assert drawn == [True] * 4 + [False] * 3
    assert told == [(done, 7) for done in range(1, 8)]
    with VideoReader(path) as source, VideoReader(tmp_path / "out.mp4") as result:
        list(source), list(result)
        assert result.clip.duration == pytest.approx(source.clip.duration, abs=2e-3)


def test_part_of_a_clip_keeps_its_people(tmp_path):
    path = write_grey(tmp_path / "clip.mp4", [number / 10 for number in range(20)])
    moving = person(frames=20)
    moving = replace(moving, xy=moving.xy + np.arange(20)[:, None, None] * (0.0, 2.0))
    frames, told = overlaid(path, [moving], start=1.0, end=1.5)
    assert [frame.time for frame in frames] == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4], abs=1e-4)
    assert told[-1] == (5, 5)
    strengths = np.abs(frames[0].image[:, 70].astype(int) - GREY).sum(axis=-1)
    assert abs(int(strengths.argmax()) - 80) <= 2


def test_tiny_clips(tmp_path):
    for width, height in ((2, 2), (34, 10)):
        path = write_grey(tmp_path / "clip.mp4", [0.0, 0.1], width=width, height=height)
        frames, _ = overlaid(path, [person()], "walking")
        assert [frame.image.shape for frame in frames] == [(height, width, 3)] * 2


def test_interruption_leaves_nothing(tmp_path):
    path = write_grey(tmp_path / "clip.mp4", UNEVEN)

    def stop(done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), VideoReader(path) as reader:
        write_overlay(tmp_path / "out.mp4", reader, [person()], action=None, progress=stop)
    assert [entry.name for entry in tmp_path.iterdir()] == ["clip.mp4"]

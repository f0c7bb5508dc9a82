"""A made-up person's report and the warnings that follow from it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_up import recording, walker

from vid2pose3d.motion import Clip, Motion3D
from vid2pose3d.quality import PersonQuality, person_quality, warnings_about
from vid2pose3d.skeleton import H36M17


def quality_of(
    motion: Motion3D, *, duration: float | None = None, start: float | None = None, end: float | None = None
) -> PersonQuality:
    """In a clip at 10 frames/s that lasts so many seconds, else until the person's last frame ends."""
    duration = duration or float(motion.person.times[-1]) + 0.1
    clip = Clip(Path("clip.mp4"), 160, 120, fps=10.0, frames=round(10 * duration), duration=duration, rotation=0)
    return person_quality(motion, recording([motion]).camera, clip, start=start, end=end)


def with_gaps() -> Motion3D:
    """Frames 0..9 and 20..29 at 10 frames/s; 4, 5 and 6 are bridged."""
    motion = walker(20)
    motion.person.frames[10:] += 10
    motion.person.times[10:] += 1.0
    motion.person.interpolated[4:7] = True
    motion.confidence[:] = 0.75
    motion.confidence[:, H36M17.indices(("left_elbow", "left_wrist"))] = (0.2, 0.4)
    return motion


def test_shares_and_stretches() -> None:
    quality = quality_of(with_gaps())
    assert quality.coverage == pytest.approx(17 / 30)
    assert quality.gaps == [pytest.approx((0.9, 2.0))]
    assert quality.bridged == [pytest.approx((0.4, 0.6))]
    assert quality.confidence == pytest.approx((15 * 0.75 + 0.6) / 17)
    assert quality.limbs == pytest.approx(
        {"left arm": 0.3, "right arm": 0.75, "left leg": 0.75, "right leg": 0.75}
    )
    assert quality.bone_spread == pytest.approx(0, abs=1e-9)
    assert quality.jitter == pytest.approx(0, abs=1e-6)  # it glides at one speed


def test_who_comes_late_or_vanishes_away_from_the_edge_is_told() -> None:
    motion = walker(20, first=10)  # 1.0 to 3.0 s, its box stands at 10..50 of 160 pixels
    quality = quality_of(motion, duration=4.0)
    assert (quality.coverage, quality.clip_coverage) == (1.0, pytest.approx(0.5))
    assert "person 1: seen in 50 % of the clip, 1.0 to 3.0 s, " in quality.line()
    assert warnings_about(replace(quality, foot_slide=None, cut=0, limbs={})) == [
        "person 1 is found only from 1.00 s, not by the picture's edge: look whether it is there before that",
        "person 1 is lost at 3.00 s, not by the picture's edge: look whether it is there after that",
    ]
    assert quality_of(motion, duration=3.4).lost == [(0.0, 1.0)]
    part = quality_of(motion, duration=4.0, start=0.9, end=3.1)
    assert part.lost == [] and part.clip_coverage == pytest.approx(2.0 / 2.2)
    motion.person.interpolated[5:10] = True
    assert quality_of(motion, duration=4.0).clip_coverage == pytest.approx(0.375)


def test_who_walks_in_and_out_is_not_lost() -> None:
    motion = walker(20, first=10)
    step = np.arange(20)[:, None] * np.array([5.0, 0, 5, 0])
    motion.person.bbox = np.array([5.0, 10, 45, 50]) + step  # 50 pixels/s, and 20 from the right edge in the end
    assert quality_of(motion, duration=4.0).lost == []
    motion.person.bbox = motion.person.bbox[::-1].copy()
    assert quality_of(motion, duration=4.0).lost == []
    motion.person.bbox = np.array([60.0, 10, 100, 50]) + 0.1 * step
    assert len(quality_of(motion, duration=4.0).lost) == 2


def test_feet_below_the_picture_are_no_way_out_for_who_is_always_cut() -> None:
    motion = walker(20, first=10)
    motion.person.bbox[:] = (60, 40, 90, 120)
    assert len(quality_of(motion, duration=4.0).lost) == 2
    motion.person.bbox[:15, 3] = 100
    assert quality_of(motion, duration=4.0).lost == [(0.0, 1.0)]  # it went out below


def test_feet_that_glide_slide() -> None:
    motion = walker(11)
    feet = H36M17.indices(("left_ankle", "right_ankle"))
    for joints, floor in ((motion.joints_world, 0.08), (motion.joints_camera, 0.92)):
        joints[:, feet, 1] = floor
    quality = quality_of(motion)
    assert quality.contacts == 2
    assert quality.foot_slide == pytest.approx(0.1)  # 10 steps of 1 cm in one second
    assert warnings_about(quality)[-1] == "person 1: feet slide by 100 mm per contact"


def test_someone_over_the_floor_is_told() -> None:
    motion = walker(11)
    feet = H36M17.indices(("left_ankle", "right_ankle"))
    motion.joints_world[..., 1] = 1.5
    motion.joints_world[:, feet, 1] = 0.4 + 0.08
    quality = quality_of(motion)
    assert quality.floor == pytest.approx(0.4)
    assert "person 1 is 0.40 m over the floor of the others" in " ".join(warnings_about(quality))
    motion.joints_world[..., 1] -= 0.4
    assert not any("over the floor" in told for told in warnings_about(quality_of(motion)))


def test_warnings_say_what_to_look_at() -> None:
    motion = with_gaps()
    motion.person.xy[:5, 3] = (-4, 50)
    told = warnings_about(replace(quality_of(motion), foot_slide=None))
    assert told == [
        "person 1 is absent from 0.90 to 2.00 s: check that it is the same one afterwards",
        "person 1: low confidence of left arm 0.30: the motion there is mostly a guess",
        "person 1 is cut by the picture's edge in 25 % of the frames: what lies outside is a guess",
    ]
    longer = replace(quality_of(motion), bridged=[(0.4, 0.7), (1.0, 1.5)])
    expected = ("person 1 was not seen from 1.00 to 1.50 s (the longest of 2 stretches) and was bridged: check that "
                "it is the same one afterwards")
    assert expected in warnings_about(longer)


def test_jerky_motion_is_told() -> None:
    motion = walker(20)
    motion.confidence[:] = 0.9
    motion.joints_world[::2] += (0.2, 0, 0)  # third differences of 4 x 20 cm at 10 frames/s
    assert warnings_about(replace(quality_of(motion), foot_slide=None)) == [
        "person 1 moves in jerks (800 m/s^3): look for limbs that change places"
    ]


def test_good_motion_gives_no_warning() -> None:
    motion = walker(20)
    motion.confidence[:] = 0.9
    assert warnings_about(replace(quality_of(motion), foot_slide=0.01)) == []


def test_one_frame_and_unknown_joints() -> None:
    single = quality_of(walker(1))
    assert (single.jitter, single.foot_slide, single.coverage) == (None, None, 1.0)
    assert "jitter" not in single.line()
    motion = walker(12)
    motion.joints_world[3, 2] = motion.joints_camera[3, 2] = np.nan
    quality = quality_of(motion)
    assert np.isfinite(quality.stature) and quality.jitter == pytest.approx(0, abs=1e-6)
    unknown = walker(3)
    unknown.joints_world[:] = unknown.joints_camera[:] = np.nan
    assert quality_of(unknown).foot_slide is None


def test_values_are_plain_numbers() -> None:
    values = quality_of(with_gaps()).values()
    assert values["coverage"] == 0.5667
    assert values["gaps"] == [[0.9, 2.0]]
    assert values["limbs"]["left arm"] == 0.3
    assert "id" not in values

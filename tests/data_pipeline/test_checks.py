"""Units, axes, sides and bad frames, on motion of which all of that is known."""

import numpy as np
import pytest
from sway import moving

from vid2pose3d.data import checks
from vid2pose3d.data.body import Body
from vid2pose3d.skeleton import H36M17

INCH = 0.0254


def body(joints, **points):
    return Body("joints", dict(zip(H36M17.joints, np.moveaxis(joints, 1, 0), strict=True)) | points)


@pytest.fixture
def joints():
    return moving(120, seed=3).astype(float)


@pytest.mark.parametrize(("factor", "name"), [
    (1.0, "metres"), (0.01, "centimetres"), (0.001, "millimetres"), (INCH, "inches"),
    (INCH / 0.45, "inches / 0.45 (CMU)"),
])
@pytest.mark.parametrize("size", [0.8, 1.0, 1.12])
def test_the_unit_follows_from_the_stature(joints, factor, name, size):
    assert checks.find_unit(body(size * joints / factor), None) == (pytest.approx(factor), name)


def test_a_stated_unit_counts_if_it_makes_a_person(joints):
    assert checks.find_unit(body(joints / 0.5), 0.5) == (0.5, "as stated")
    assert checks.find_unit(body(joints * 100), 0.001)[1] == "centimetres"
    child = body(joints * 0.6 * 1000)
    assert checks.find_unit(child, 0.001) == (0.001, "millimetres")
    assert checks.find_unit(child, None)[1] == checks.UNKNOWN_UNIT


def test_an_unknown_unit_is_scaled_by_the_legs(joints):
    scale, name = checks.find_unit(body(joints * 26), None)
    assert name == checks.UNKNOWN_UNIT
    assert body(scale * 26 * joints).leg() == pytest.approx(0.84)


@pytest.mark.parametrize(("axis", "sign"), [(0, 1), (0, -1), (1, 1), (1, -1), (2, 1), (2, -1)])
def test_any_axis_may_point_up(joints, axis, sign):
    turned = np.roll(joints, axis - 1, axis=-1)
    turned[..., [axis, axis - 1]] *= sign
    matrix, name = checks.upright(body(turned))
    assert name == f"{'-' if sign < 0 else ''}{'xyz'[axis]} up"
    assert np.linalg.det(matrix) == pytest.approx(1.0)
    back = turned @ matrix.T
    np.testing.assert_allclose(back[..., 1], joints[..., 1], atol=1e-9)


def test_z_up_becomes_y_up_as_usual():
    assert checks._turn_to_y(np.array([0, 0, 1.0])) @ [1, 2, 3] == pytest.approx([1, 3, -2])


def test_who_only_lies_keeps_the_rest_pose_s_axis(joints):
    lying = joints[..., [1, 2, 0]] * [1, 1, 1]
    both = np.concatenate([lying, lying * [-1, -1, 1]])
    matrix, name = checks.upright(body(both))
    assert "nobody stands" in name
    np.testing.assert_array_equal(matrix, np.eye(3))


def toes(joints, sign):
    """Toes 15 cm in front of the ankles, or behind them."""
    return {f"{side}_toe": joints[:, H36M17.index(f"{side}_ankle")] + [0, -0.06, sign * 0.15]
            for side in ("left", "right")}


def test_toes_that_point_backwards_mean_exchanged_sides(joints):
    straight = joints - joints[:, :1]
    assert checks.sides(body(straight, **toes(straight, 1)), fps=30) == (False, "")
    exchanged, said = checks.sides(body(straight, **toes(straight, -1)), fps=30)
    assert exchanged
    assert "toes" in said
    swapped = body(straight, **toes(straight, -1)).swapped()
    assert checks.sides(swapped, fps=30) == (False, "")
    np.testing.assert_array_equal(swapped.points["left_wrist"], straight[:, H36M17.index("right_wrist")])


def test_walking_backwards_is_said_but_left_alone(joints):
    still = joints - joints[:, :1]
    for speed, said in ((1.2, ""), (-1.2, "walks backwards")):
        walk = still + np.arange(120)[:, None, None] / 30 * np.array([0, 0, speed])
        exchanged, text = checks.sides(body(walk), fps=30)
        assert not exchanged
        assert text.startswith(said)
        assert bool(text) == bool(said)


def parts(joints, **changes):
    kept, said = checks.good_parts(joints, **{"fps": 30, "shortest": 0.5, **changes})
    return [(part.first, part.first + len(part.joints)) for part in kept], said, kept


def test_good_frames_stay(joints):
    places, said, kept = parts(joints)
    assert places == [(0, 120)]
    assert said == []
    np.testing.assert_array_equal(kept[0].joints, joints)


def test_frozen_frames_are_dropped(joints):
    joints[40:70] = joints[40]
    places, said, _ = parts(joints)
    assert places == [(0, 41), (70, 120)]
    assert any("0.97 s dropped: frozen" in line for line in said)
    joints = moving(120, seed=3).astype(float)
    joints[40:48] = joints[40]
    assert parts(joints)[0] == [(0, 120)]


def test_a_leap_cuts_the_clip(joints):
    joints[50:] += [0.8, 0, 0]
    places, said, _ = parts(joints)
    assert places == [(0, 50), (50, 120)]
    assert said == ["cut at 1 leaps"]


def test_a_first_frame_in_another_pose_goes(joints):
    joints[0, H36M17.index("left_wrist")] += [0.7, 0.4, 0]
    places, said, _ = parts(joints)
    assert places == [(1, 120)]
    assert "0.03 s dropped: pieces shorter than 0.5 s" in said


def test_spikes_and_short_gaps_are_bridged(joints):
    broken = joints.copy()
    broken[30, 5] += [0, 2.0, 0]
    broken[60:62, 3] = np.nan
    places, said, kept = parts(broken)
    assert places == [(0, 120)]
    assert said == ["0.10 s interpolated (gaps or spikes)"]
    assert np.linalg.norm(kept[0].joints - joints, axis=-1).max() < 0.02


def test_long_gaps_are_cut(joints):
    joints[60:70, 3] = np.nan
    places, said, _ = parts(joints)
    assert places == [(0, 60), (70, 120)]
    assert "0.33 s dropped: joints missing or leaping" in said


def test_speed_counts_in_seconds_not_frames():
    fast = moving(240, seed=3, fps=120.0).astype(float)
    fast[:, :, 2] += np.arange(240)[:, None] / 120 * 9.0
    assert parts(fast, fps=120)[0] == [(0, 240)]
    fast[:, :, 2] += np.arange(240)[:, None] / 120 * 3.0
    assert parts(fast, fps=120)[0] == []


def test_what_is_no_person_is_named(joints):
    assert checks.misshapen(body(joints)) is None
    joints[:, H36M17.index("left_wrist")] += [0, -1.5, 0]
    joints[:, H36M17.index("right_wrist")] += [0, -1.5, 0]
    assert "forearm to leg" in checks.misshapen(body(joints))

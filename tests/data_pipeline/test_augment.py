"""Augmentation changes what it says and keeps the rest."""

import numpy as np
import pytest

from vid2pose3d.data.augment import (
    AugmentConfig,
    augment,
    bend,
    borrow_arms,
    borrow_legs,
    mirror,
    mirror_label,
    play_times,
    scale_bones,
    shift_definitions,
    tilt,
    turn_limbs,
)
from vid2pose3d.skeleton import H36M17


def bones(joints):
    parents, children = np.array(H36M17.bones).T
    return joints[..., children, :] - joints[..., parents, :]


def lengths(joints):
    return np.linalg.norm(bones(joints), axis=-1)


def test_mirror_twice_is_the_original(windows):
    np.testing.assert_array_equal(mirror(mirror(windows)), windows)


def test_mirror_exchanges_the_lengths_of_both_sides(windows):
    children = [child for _, child in H36M17.bones]
    swapped = [children.index(H36M17.mirror[child]) for child in children]
    np.testing.assert_allclose(lengths(mirror(windows)), lengths(windows)[..., swapped], atol=1e-6)


def test_mirror_keeps_handedness_of_a_body(windows):
    def facing(joints):
        across = joints[..., H36M17.index("left_hip"), :] - joints[..., H36M17.index("right_hip"), :]
        up = joints[..., H36M17.index("thorax"), :] - joints[..., H36M17.index("pelvis"), :]
        return np.cross(across, up)[..., 2]

    assert (facing(windows) > 0).all()
    assert (facing(mirror(windows)) > 0).all()


@pytest.mark.parametrize(("label", "mirrored"), [
    ("kick with the Left leg, right after", "kick with the Right leg, left after"),
    ("bright leftovers", "bright leftovers"),
])
def test_mirrored_label_names_the_other_side(label, mirrored):
    assert mirror_label(label) == mirrored


def test_scaling_keeps_directions_and_scales_named_bones(windows):
    ones = np.ones(len(windows))
    scaled = scale_bones(windows, stature=1.1 * ones, groups={"arms": 1.2 * ones, "legs": 0.9 * ones})
    directions = [bones(j) / lengths(j)[..., None] for j in (windows, scaled)]
    np.testing.assert_allclose(directions[1], directions[0], atol=1e-4)
    ratio = dict(zip([H36M17.joints[child] for _, child in H36M17.bones],
                     (lengths(scaled) / lengths(windows)).reshape(-1, len(H36M17.bones)).T, strict=True))
    np.testing.assert_allclose(ratio["left_wrist"], 1.1 * 1.2, rtol=1e-4)
    np.testing.assert_allclose(ratio["right_knee"], 1.1 * 0.9, rtol=1e-4)
    np.testing.assert_allclose(ratio["spine"], 1.1, rtol=1e-4)


def test_tilt_turns_the_trunk_by_the_angle_and_keeps_the_ground(windows):
    angles = np.radians([0, 30, 60, 90, -90, 120])
    tilted = tilt(windows, angles=angles, headings=np.zeros(6))
    trunk = bones(windows)[..., H36M17.index("thorax") - 1, :]
    turned = bones(tilted)[..., H36M17.index("thorax") - 1, :]
    across_axis = np.array([0, 1, 1])  # the axis is x, which the turn leaves alone
    cosine = ((trunk * turned * across_axis).sum(-1) / np.linalg.norm(trunk * across_axis, axis=-1)
              / np.linalg.norm(turned * across_axis, axis=-1))
    np.testing.assert_allclose(cosine, np.broadcast_to(np.cos(angles)[:, None], cosine.shape), atol=1e-4)
    np.testing.assert_allclose(lengths(tilted), lengths(windows), atol=1e-5)
    np.testing.assert_allclose(tilted[..., 1].min(axis=(1, 2)), windows[..., 1].min(axis=(1, 2)), atol=1e-5)


@pytest.mark.parametrize(("borrow", "word"), [(borrow_arms, ("elbow", "wrist")), (borrow_legs, ("knee", "ankle"))])
def test_borrowed_limbs_bring_their_lengths_and_leave_the_rest(windows, borrow, word):
    donors = 1.3 * windows[::-1]
    mixed = borrow(windows, donors)
    changed = np.array([name.endswith(word) for name in H36M17.joints])
    np.testing.assert_array_equal(mixed[..., ~changed, :], windows[..., ~changed, :])
    outer = changed[[child for _, child in H36M17.bones]]
    np.testing.assert_allclose(lengths(mixed)[..., outer], lengths(donors)[..., outer], atol=1e-5)


@pytest.mark.parametrize("borrow", [borrow_arms, borrow_legs])
def test_own_limbs_fit_where_they_were(windows, borrow):
    np.testing.assert_allclose(borrow(windows, windows), windows, atol=1e-5)


def test_turned_limbs_keep_lengths_and_trunk(windows):
    vectors = np.zeros((len(windows), 4, 3))
    vectors[:, 0, 2] = np.pi / 2
    turned = turn_limbs(windows, vectors)
    np.testing.assert_allclose(lengths(turned), lengths(windows), atol=1e-5)
    moved = np.abs(turned - windows).max(axis=(0, 1, 3)) > 1e-5
    assert [H36M17.joints[i] for i in np.flatnonzero(moved)] == ["left_elbow", "left_wrist"]


def test_a_bent_trunk_comes_down_forward_and_legs_stay(windows):
    angles = np.full(len(windows), np.pi / 2)
    bent = bend(windows, angles=angles, arms_follow=np.zeros(len(windows)))
    np.testing.assert_allclose(lengths(bent), lengths(windows), atol=1e-5)
    across, forward = (windows[:, :, H36M17.index(left)] - windows[:, :, H36M17.index(right)]
                       for left, right in (("left_hip", "right_hip"), ("neck_nose", "thorax")))
    thorax, pelvis = H36M17.index("thorax"), H36M17.index("pelvis")
    trunk, turned = (some[:, :, thorax] - some[:, :, pelvis] for some in (windows, bent))
    across = across / np.linalg.norm(across, axis=-1, keepdims=True)
    np.testing.assert_allclose(turned, np.cross(across, trunk) + across * (across * trunk).sum(-1, keepdims=True),
                               atol=1e-5)
    assert ((turned * forward).sum(-1) > 0).mean() > 0.9  # noses point forward, mostly
    still = H36M17.indices(("pelvis", "left_hip", "left_knee", "left_ankle", "right_hip", "right_knee", "right_ankle"))
    np.testing.assert_array_equal(bent[:, :, still], windows[:, :, still])


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_arms_of_a_bent_trunk_hang_or_follow(windows, share):
    bent = bend(windows, angles=np.full(len(windows), np.pi / 3), arms_follow=np.full(len(windows), share))
    wrist, shoulder, spine, pelvis = (H36M17.index(j) for j in ("left_wrist", "left_shoulder", "spine", "pelvis"))
    arm, arm_before = (some[:, :, wrist] - some[:, :, shoulder] for some in (bent, windows))
    if share == 0:
        np.testing.assert_allclose(arm, arm_before, atol=1e-5)
    else:
        trunk, trunk_before = (some[:, :, spine] - some[:, :, pelvis] for some in (bent, windows))
        np.testing.assert_allclose((arm * trunk).sum(-1), (arm_before * trunk_before).sum(-1), atol=1e-5)


def test_playback_speed_is_in_range_and_constant_without_warp():
    config = AugmentConfig(warp_share=0.0)
    speed = np.diff(play_times(500, 15, rng=np.random.default_rng(0), config=config), axis=1)
    np.testing.assert_allclose(speed, np.broadcast_to(speed[:, :1], speed.shape))
    assert 0.7 <= speed.min() < 0.75
    assert 1.3 < speed.max() <= 1.4


def test_warped_time_runs_smoothly_within_the_range():
    config = AugmentConfig(warp_share=1.0)
    passed = play_times(500, 31, rng=np.random.default_rng(0), config=config)
    speed = np.diff(passed, axis=1)
    assert (passed[:, 0] == 0).all()
    assert speed.min() >= 0.7 - 1e-9
    assert speed.max() <= 1.4 + 1e-9
    assert np.median(np.ptp(np.log(speed), axis=1)) > 0.1
    assert np.abs(np.diff(np.log(speed), axis=1)).max() < 0.1


def test_shifted_definitions_are_alike_on_both_sides_and_move_with_the_trunk(windows):
    shifts = np.zeros((len(windows), 6, 3), dtype=np.float32)
    shifts[:, 0] = 0.02, -0.01, 0.0
    shifts[:, 3, 2] = 0.03
    change = shift_definitions(windows, shifts) - windows
    at = {name: change[:, :, index] for index, name in enumerate(H36M17.joints)}
    for side in ("left_hip", "right_hip"):
        np.testing.assert_allclose(np.linalg.norm(at[side], axis=-1), np.hypot(0.02, 0.01), atol=1e-5)
    np.testing.assert_allclose((at["left_hip"] + at["right_hip"]) / 2, at["pelvis"], atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(at["pelvis"], axis=-1), 0.01, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(at["neck_nose"], axis=-1), 0.03, atol=1e-5)
    trunk = windows[:, :, H36M17.index("thorax")] - windows[:, :, H36M17.index("pelvis")]
    assert ((at["pelvis"] * trunk).sum(-1) < 0).all()
    unmoved = [name for name in at if "knee" in name or "wrist" in name or name == "head"]
    assert all((at[name] == 0).all() for name in unmoved)


def test_mirror_images_have_mirrored_definitions(windows):
    shifts = np.random.default_rng(0).normal(0, 0.02, (len(windows), 6, 3)).astype(np.float32)
    np.testing.assert_allclose(shift_definitions(mirror(windows), shifts), mirror(shift_definitions(windows, shifts)),
                               atol=1e-4)


def test_all_shares_zero_leaves_windows_alone(windows):
    config = AugmentConfig(mirror_share=0, stature_spread=0, bone_spread=0, tilt_share=0, bend_share=0, arms_share=0,
                           legs_share=0, limb_turn_share=0, definition_share=0)
    result, mirrored = augment(windows, rng=np.random.default_rng(0), config=config)
    np.testing.assert_allclose(result, windows, atol=1e-5)
    assert not mirrored.any()


def test_defaults_vary_windows_but_not_bone_lengths_over_time(windows):
    still = np.repeat(windows[:, :1], 5, axis=1)
    result, _ = augment(still, rng=np.random.default_rng(0), config=AugmentConfig())
    assert (np.abs(result - still).max(axis=(1, 2, 3)) > 1e-3).all()
    np.testing.assert_allclose(lengths(result), np.broadcast_to(lengths(result)[:, :1], lengths(result).shape),
                               atol=1e-5)

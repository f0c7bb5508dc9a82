"""Simulated detector noise has the size that its settings say."""

from dataclasses import replace

import numpy as np
import pytest

from vid2pose3d.data.noise import NoiseConfig, add_noise, body_size, derive_joints
from vid2pose3d.skeleton import COCO17, H36M17, to_h36m17

QUIET = NoiseConfig(bias=0, bias_trunk=0, bias_head=0, wander=0, white=0, tail_share=0, occlusion_share=0,
                    swap_share=0, outside_error=0, no_legs_share=0, gap_share=0)
WRIST = H36M17.index("left_wrist")


def observe(config, *, count=400, frames=60, fps=30.0, outside=None, seed=0):
    """Noisy rays of motionless people 0.5 high at z = 1 whose left side is nearer, their exact rays, confidence."""
    rng = np.random.default_rng(1)
    exact = np.repeat(rng.uniform(-0.2, 0.2, (count, 1, 17, 2)).astype(np.float32), frames, axis=1)
    derive_joints(exact, np.ones(exact.shape[:-1], dtype=np.float32))
    depth = np.full(exact.shape[:3], 4.0, dtype=np.float32)
    depth[..., [name.startswith("left") for name in H36M17.joints]] = 3.8
    outside = np.zeros(depth.shape, dtype=bool) if outside is None else np.broadcast_to(outside, depth.shape)
    noisy, confidence = add_noise(exact, size=np.full(count, 0.5), depth=depth, outside=outside, fps=fps,
                                  rng=np.random.default_rng(seed), config=config)
    return noisy, exact, confidence


def test_without_noise_rays_are_exact():
    noisy, exact, confidence = observe(QUIET)
    np.testing.assert_allclose(noisy, exact, atol=1e-7)
    assert confidence.min() > 0.5


def test_trunk_joints_come_from_hips_and_shoulders_as_in_the_conversion():
    rng = np.random.default_rng(0)
    keypoints, scores = rng.normal(size=(5, 17, 2)), rng.random((5, 17))
    expected, expected_scores = to_h36m17(keypoints, scores, COCO17)
    rays, confidence = expected.copy(), expected_scores.copy()
    trunk = H36M17.indices(("pelvis", "spine", "thorax"))
    rays[:, trunk], confidence[:, trunk] = 0, 0
    derive_joints(rays, confidence)
    np.testing.assert_allclose(rays, expected, atol=1e-12)
    np.testing.assert_allclose(confidence, expected_scores)


def test_bias_is_constant_and_in_units_of_the_body():
    noisy, exact, _ = observe(replace(QUIET, bias=0.02))
    error = (noisy - exact)[:, :, WRIST] / 0.5
    np.testing.assert_allclose(error, np.broadcast_to(error[:, :1], error.shape), atol=1e-6)
    np.testing.assert_allclose(error.std(), 0.02, rtol=0.1)


@pytest.mark.parametrize("fps", [15.0, 60.0])
def test_wander_has_its_size_and_correlation_time_at_any_rate(fps):
    noisy, exact, _ = observe(replace(QUIET, wander=0.01, wander_time=0.2), fps=fps)
    error = (noisy - exact)[:, :, WRIST] / 0.5
    np.testing.assert_allclose(error.std(), 0.01, rtol=0.1)
    lag = round(0.2 * fps)
    correlation = (error[:, lag:] * error[:, :-lag]).mean() / (error**2).mean()
    np.testing.assert_allclose(correlation, np.exp(-1), atol=0.06)


def test_hidden_limbs_are_wrong_less_trusted_and_mostly_far():
    noisy, exact, confidence = observe(replace(QUIET, occlusion_share=1.0))
    limbs = np.array([name.endswith(("elbow", "wrist", "knee", "ankle")) for name in H36M17.joints])
    right = np.array([name.startswith("right") for name in H36M17.joints])
    hidden = confidence < 0.5
    error = np.linalg.norm(noisy - exact, axis=-1) / 0.5
    assert not hidden[..., ~limbs].any()
    assert hidden[..., limbs].mean() > 0.03
    assert error[hidden].mean() > 0.03
    assert error[confidence > 0.88].max() < 1e-6
    assert 0.65 < hidden[..., right].sum() / hidden.sum() < 0.85


def test_joints_outside_the_picture_are_wrong_and_not_trusted():
    outside = np.zeros(17, dtype=bool)
    outside[WRIST] = True
    noisy, exact, confidence = observe(replace(QUIET, outside_error=0.05), outside=outside)
    np.testing.assert_allclose((noisy - exact)[:, :, WRIST].std() / 0.5, 0.05, rtol=0.1)
    assert confidence[:, :, WRIST].max() < 0.25
    assert confidence[:, :, ~outside].min() > 0.5


def test_swaps_exchange_sides_for_a_while():
    noisy, exact, _ = observe(replace(QUIET, swap_share=1.0, swap_seconds=(0.4, 0.5)))
    swapped = np.isclose(noisy, exact[:, :, H36M17.mirror], atol=1e-6).all(-1)
    same = np.isclose(noisy, exact, atol=1e-6).all(-1)
    assert (same | swapped).all()
    length = (~same).sum(axis=1)[:, H36M17.indices(("left_wrist", "left_knee"))].max(axis=1)
    assert length.max() <= 16
    assert (length > 0).mean() > 0.9


def test_gaps_are_straight_lines_with_low_confidence():
    noisy, _, confidence = observe(replace(QUIET, wander=0.02, gap_share=1.0, gap_seconds=(0.5, 0.6)))
    bridged = confidence.max(axis=-1) < 0.25
    inner = bridged[:, :-2] & bridged[:, 1:-1] & bridged[:, 2:]
    bend = np.abs(noisy[:, 2:] - 2 * noisy[:, 1:-1] + noisy[:, :-2]).max(axis=(2, 3))
    assert inner.sum() > 1000
    assert bend[inner].max() < 1e-5
    assert np.median(bend[~bridged[:, 1:-1]]) > 1e-3
    assert not bridged[:, [0, -1]].any()


def test_body_size_does_not_depend_on_the_pose(windows):
    joints = windows + np.array([0, 0, 20], dtype=np.float32)
    crouched = joints.copy()
    crouched[..., H36M17.indices(("left_ankle", "right_ankle")), 1] += \
        2 * (joints[..., H36M17.indices(("left_knee", "right_knee")), 1]
             - joints[..., H36M17.indices(("left_ankle", "right_ankle")), 1])
    np.testing.assert_allclose(body_size(crouched), body_size(joints), rtol=1e-4)
    depth = joints[:, :, H36M17.index("pelvis"), 2].mean(axis=1)
    np.testing.assert_allclose(body_size(joints) * depth, 1.75, atol=0.15)

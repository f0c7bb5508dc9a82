"""The detector's simulated errors have the size, place, time and confidence that their parameters say."""

from dataclasses import replace

import numpy as np
import pytest

from vid2pose3d.data.cameras import Views
from vid2pose3d.data.detector_fit import AXES, CUES, KINDS, VIEWS, DetectorFit, fitted, read_fit, write_fit
from vid2pose3d.data.detector_noise import DetectorNoise, detect
from vid2pose3d.data.noise import body_size
from vid2pose3d.skeleton import H36M17

AS_FITTED = DetectorNoise(clean_share=0, other_share=0, offset_range=(1, 1), offset_factor_spread=0, offset_spread=0,
                          sigma_range=(1, 1), logit_spread=0, hidden_share=0, no_legs_share=0, swap_factor=1,
                          swap_floor=0, gap_factor=1, gap_floor=0)
NO_OFFSET = np.zeros((len(KINDS), len(AXES), len(VIEWS))).tolist()
QUIET = DetectorFit(
    origin="test", offset=NO_OFFSET, sigma=[0.0] * len(KINDS), sigma_slope=0.0, logit_range=(-6.0, 2.0), tail=1e6,
    constant=0.0, wander=1.0, wander_time=0.2, cues=[[3.0] + [0.0] * (len(CUES) - 1)] * len(KINDS), logit_constant=0.0,
    logit_wander=0.0, logit_time=0.2, outside_pull=(0.0, 0.0), swaps=(0.0, 0.0), swap_seconds=0.3, gaps=0.0,
    gap_seconds=0.3)
WRIST = H36M17.index("left_wrist")
SEEN = [i for i, name in enumerate(H36M17.joints) if name not in ("pelvis", "spine", "thorax")]


@pytest.fixture
def facing(windows) -> Views:
    """200 windows of a motionless person, 5 m away, who faces the camera."""
    still = np.repeat(np.repeat(windows[:1, :1], 200, axis=0), 30, axis=1)
    joints = still * np.array([1, -1, -1], dtype=np.float32) + np.array([0, 1, 5], dtype=np.float32)
    return Views(joints, np.full(200, 1.2, np.float32), np.ones((200, 2), np.float32))


def from_behind(views: Views) -> Views:
    turned = views.joints * np.array([-1, 1, -1], dtype=np.float32) + np.array([0, 0, 10], dtype=np.float32)
    return replace(views, joints=turned)


def observe(views, fit, config=AS_FITTED, seed=0, fps=15.0):
    """Errors in heights, and confidence."""
    rays, confidence = detect(views, fps=fps, rng=np.random.default_rng(seed), config=config, fit=fit)
    return (rays - views.rays) / body_size(views.joints)[:, None, None, None], confidence


def test_without_errors_rays_are_exact_and_confidence_is_the_cues(facing):
    error, confidence = observe(facing, QUIET)
    np.testing.assert_allclose(error[:, :, SEEN], 0, atol=1e-6)
    np.testing.assert_allclose(confidence, 1 / (1 + np.exp(-3)), rtol=1e-5)


def test_offsets_turn_with_the_body(facing):
    offset = np.zeros((len(KINDS), len(AXES), len(VIEWS)))
    offset[KINDS.index("shoulder"), AXES.index("outward"), VIEWS.index("always")] = 0.03
    fit = replace(QUIET, offset=offset.tolist())
    left, right = H36M17.index("left_shoulder"), H36M17.index("right_shoulder")
    for views, sign in ((facing, 1), (from_behind(facing), -1)):
        error, _ = observe(views, fit)
        np.testing.assert_allclose(error[:, :, left, 0], 0.03 * sign, atol=0.004)
        np.testing.assert_allclose(error[:, :, right, 0], -0.03 * sign, atol=0.004)


def test_another_detector_has_offsets_of_its_own(facing):
    fit = replace(QUIET, offset=np.full((len(KINDS), len(AXES), len(VIEWS)), 0.03).tolist())
    error, _ = observe(facing, fit, replace(AS_FITTED, other_share=1.0, other_spread=0.02))
    np.testing.assert_allclose(np.ptp(error[:, :, SEEN], axis=1), 0, atol=1e-5)
    np.testing.assert_allclose(error[:, 0, SEEN].mean(axis=0), 0, atol=4 * 0.02 / np.sqrt(len(error)))
    np.testing.assert_allclose(error[:, 0, SEEN].std(axis=0), 0.02, rtol=0.2)
    partly, _ = observe(facing, fit, replace(AS_FITTED, other_share=0.3, other_spread=0.0))
    assert 0.2 < (np.abs(partly[:, 0, WRIST]) < 1e-5).all(axis=-1).mean() < 0.4


def test_offsets_differ_between_front_and_back(facing):
    offset = np.zeros((len(KINDS), len(AXES), len(VIEWS)))
    offset[KINDS.index("hip"), AXES.index("up")] = 0.02, 0.0, 0.01
    fit = replace(QUIET, offset=offset.tolist())
    hip = H36M17.index("left_hip")
    np.testing.assert_allclose(observe(facing, fit)[0][:, :, hip, 1], -0.01, atol=0.002)
    np.testing.assert_allclose(observe(from_behind(facing), fit)[0][:, :, hip, 1], -0.03, atol=0.002)


@pytest.mark.parametrize("fps", [15.0, 60.0])
def test_errors_have_their_size_and_correlation_in_time(facing, fps):
    error, _ = observe(facing, replace(QUIET, sigma=[0.01] * len(KINDS)), fps=fps)
    limbs = error[:, :, SEEN]
    np.testing.assert_allclose(limbs.std(), 0.01, rtol=0.05)
    lag = round(0.2 * fps)
    np.testing.assert_allclose((limbs[:, lag:] * limbs[:, :-lag]).mean() / (limbs**2).mean(), np.exp(-1), atol=0.05)


def test_errors_have_heavy_tails(facing):
    normal, heavy = (observe(facing, replace(QUIET, sigma=[0.01] * len(KINDS), tail=tail))[0][:, :, WRIST].ravel()
                     for tail in (1e6, 3.0))
    share = [np.quantile(np.abs(e), 0.99) / np.median(np.abs(e)) for e in (normal, heavy)]
    assert share[0] == pytest.approx(3.8, abs=0.5)
    assert share[1] > 5.5


def test_unsure_joints_are_further_off(facing):
    cues = np.array(QUIET.cues)
    cues[KINDS.index("wrist"), 0] = -2.0
    error, confidence = observe(facing, replace(QUIET, sigma=[0.01] * len(KINDS), sigma_slope=0.25,
                                                cues=cues.tolist()))
    np.testing.assert_allclose(confidence[:, :, WRIST], 1 / (1 + np.exp(2)), rtol=1e-4)
    np.testing.assert_allclose(error[:, :, WRIST].std(), 0.01 * np.e, rtol=0.1)


def test_joints_outside_the_picture_are_drawn_to_its_border_and_not_believed_there(facing):
    left = replace(facing, joints=facing.joints + np.array([2.0, 0, 0], dtype=np.float32))
    outside = left.outside(left.rays)
    assert 0.1 < outside.mean() < 0.9
    rays, confidence = detect(left, fps=15.0, rng=np.random.default_rng(0), config=AS_FITTED,
                              fit=replace(QUIET, outside_pull=(0.5, 0.0)))
    beyond = left.beyond(left.rays)
    np.testing.assert_allclose((rays - left.rays)[:, :, SEEN], -0.5 * beyond[:, :, SEEN], atol=1e-5)
    np.testing.assert_array_equal(confidence[:, :, SEEN] == 0, outside[:, :, SEEN])
    hips = H36M17.indices(("left_hip", "right_hip"))
    np.testing.assert_array_equal(confidence[:, :, H36M17.index("pelvis")] == 0, outside[:, :, hips].any(axis=-1))


def test_swaps_exchange_positions_and_confidences(facing):
    error, _ = observe(facing, replace(QUIET, swaps=(0.0, 5.0), swap_seconds=0.4))
    mirrored = (facing.rays[:, :, H36M17.mirror] - facing.rays) / body_size(facing.joints)[:, None, None, None]
    legs = H36M17.indices(("left_hip", "left_knee", "left_ankle"))
    moved = np.abs(error[:, :, legs]).max(axis=(2, 3)) > 1e-3
    assert 0.1 < moved.mean() < 0.6
    np.testing.assert_allclose(error[:, :, legs][moved], mirrored[:, :, legs][moved], atol=1e-5)
    np.testing.assert_allclose(error[:, :, WRIST], 0, atol=1e-6)


def test_gaps_are_filled_in_with_the_trackers_confidence(facing):
    _, confidence = observe(facing, QUIET, replace(AS_FITTED, gap_floor=1.0))
    sure = 1 / (1 + np.exp(-3))
    bridged = np.isclose(confidence, 0.3 * sure, rtol=1e-4).all(axis=-1)
    assert (bridged | np.isclose(confidence, sure, rtol=1e-4).all(axis=-1)).all()
    assert bridged.any(axis=1).mean() > 0.7
    assert not bridged[:, [0, -1]].any()


def test_hidden_limbs_are_less_sure_and_further_off(facing):
    error, confidence = observe(facing, QUIET, replace(AS_FITTED, hidden_share=1.0, hidden_error=(0.05, 0.05)))
    hidden = confidence[:, :, SEEN] < 0.6
    assert 0.02 < hidden.mean() < 0.2
    size = np.linalg.norm(error[:, :, SEEN], axis=-1)
    np.testing.assert_allclose(np.sqrt((size[hidden]**2).mean()), 0.05 * np.sqrt(2), rtol=0.15)
    assert size[~hidden].max() < 1e-5


def test_a_share_of_windows_is_clean(facing):
    rays, confidence = detect(facing, fps=15.0, rng=np.random.default_rng(0), config=DetectorNoise(clean_share=0.3),
                              fit=fitted())
    clean = (rays == facing.rays).all(axis=(1, 2, 3))
    assert 0.2 < clean.mean() < 0.4
    assert (confidence[clean] == 1).all()


def test_the_same_seed_gives_the_same_detections(facing):
    one, two, other = (observe(facing, fitted(), DetectorNoise(), seed=seed) for seed in (1, 1, 2))
    for a, b, c in zip(one, two, other, strict=True):
        np.testing.assert_array_equal(a, b)
        assert not np.array_equal(a, c)


def test_the_fitted_detector_errs_by_one_to_three_percent_and_more_on_the_far_side(facing):
    side = replace(facing, joints=np.stack([facing.joints[..., 2] - 5, facing.joints[..., 1],
                                            5 - facing.joints[..., 0]], axis=-1))
    error, confidence = observe(side, fitted())
    size = np.linalg.norm(error, axis=-1)
    assert 0.01 < np.median(size[:, :, SEEN]) < 0.03
    depth = side.joints[0, 0, :, 2]
    near, far = sorted((WRIST, H36M17.index("right_wrist")), key=lambda joint: depth[joint])
    assert np.median(size[:, :, far]) > 1.3 * np.median(size[:, :, near])
    assert np.median(confidence[:, :, far]) < np.median(confidence[:, :, near])


def test_parameters_survive_their_file(tmp_path):
    write_fit(tmp_path / "fit.json", fitted())
    again = read_fit(tmp_path / "fit.json")
    assert again == fitted()
    assert "rendered" in again.origin

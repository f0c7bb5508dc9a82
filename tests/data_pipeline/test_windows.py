"""Windows agree with the motion they were cut from, and repeat with their seed."""

import numpy as np
import pytest

from vid2pose3d.data.cameras import CameraConfig
from vid2pose3d.data.detector_noise import DetectorNoise
from vid2pose3d.data.windows import WindowSampler, evaluation_windows, sampling_weights
from vid2pose3d.skeleton import H36M17


def arrays(batch):
    return {name: value for name, value in batch.items() if isinstance(value, np.ndarray)}


def lengths(joints):
    parents, children = np.array(H36M17.bones).T
    return np.linalg.norm(joints[..., children, :] - joints[..., parents, :], axis=-1)


def test_shapes_types_and_finite_values(clips):
    batch = WindowSampler(clips, frames=27, fps=30, augment=True).batch(32, rng=np.random.default_rng(0))
    shapes = {name: value.shape for name, value in arrays(batch).items()}
    assert shapes == {"rays": (32, 27, 17, 2), "confidence": (32, 27, 17), "joints": (32, 27, 17, 3),
                      "root": (32, 27, 3), "focal": (32,)}
    for value in arrays(batch).values():
        assert value.dtype == np.float32
        assert np.isfinite(value).all()
    assert batch["confidence"].min() >= 0
    assert batch["confidence"].max() <= 1
    assert len(batch["labels"]) == len(batch["actions"]) == 32


def test_joints_are_relative_to_the_pelvis_and_rays_are_exact_without_noise(clips):
    batch = WindowSampler(clips, frames=27, fps=30, augment=True, noise=None).batch(32, rng=np.random.default_rng(0))
    assert np.abs(batch["joints"][:, :, H36M17.index("pelvis")]).max() == 0
    absolute = batch["joints"] + batch["root"][:, :, None]
    np.testing.assert_allclose(batch["rays"], absolute[..., :2] / absolute[..., 2:], atol=1e-5)
    assert (batch["confidence"] == 1).all()


def test_noise_moves_rays_but_not_the_truth(clips):
    batch = WindowSampler(clips, frames=27, fps=30, augment=False).batch(64, rng=np.random.default_rng(0))
    absolute = batch["joints"] + batch["root"][:, :, None]
    error = np.abs(batch["rays"] - absolute[..., :2] / absolute[..., 2:]).mean(axis=(1, 2, 3))
    height = 1.65 / batch["root"][..., 2].mean(axis=1)
    assert 0.005 < np.median(error / height) < 0.03


def test_the_same_seed_gives_the_same_windows(clips):
    sampler = WindowSampler(clips, frames=9, fps=25, augment=True)
    one, two, other = (np.random.default_rng(seed) for seed in (3, 3, 4))
    for _ in range(2):
        a, b, c = (sampler.batch(8, rng=rng) for rng in (one, two, other))
        for name, value in arrays(a).items():
            np.testing.assert_array_equal(value, arrays(b)[name])
            assert not np.array_equal(value, arrays(c)[name])
        assert a["labels"] == b["labels"]


def test_windows_are_resampled_to_the_rate_asked_for(clip):
    source = clip("ann", 300, fps=60.0)
    batch = evaluation_windows([source], frames=10, fps=20.0, seed=0, per_clip=1, noise=None)
    start = (299 - 3 * 9) / 2
    position = start + 3 * np.arange(10)
    frames = np.arange(300)
    expected = np.stack([[np.interp(position, frames, source.joints[:, j, i]) for i in range(3)] for j in range(17)])
    np.testing.assert_allclose(lengths(batch["joints"])[0], lengths(expected.transpose(2, 0, 1)), atol=1e-4)


def test_a_short_clip_is_played_back_and_forth(clip):
    source = clip("cy", 5)
    batch = evaluation_windows([source], frames=10, fps=30.0, seed=0, per_clip=1, noise=None)
    order = [0, 1, 2, 3, 4, 3, 2, 1, 0, 1]
    np.testing.assert_allclose(lengths(batch["joints"])[0], lengths(source.joints[order]), atol=1e-4)


def test_a_clip_of_one_frame_stands_still(clip):
    batch = evaluation_windows([clip("di", 1)], frames=4, fps=30.0, seed=0, noise=None)
    np.testing.assert_array_equal(batch["joints"][:, 1:], batch["joints"][:, :-1])


def test_evaluation_covers_every_clip_in_order_and_repeats(clips):
    batch = evaluation_windows(clips, frames=27, fps=30, seed=0, per_clip=3)
    assert batch["labels"] == ["motion of ann"] * 3 + ["kick with the left leg"] * 3 + ["motion of bob", "motion of cy"]
    again = evaluation_windows(clips, frames=27, fps=30, seed=0, per_clip=3)
    for name, value in arrays(batch).items():
        np.testing.assert_array_equal(value, arrays(again)[name])


def test_the_default_evaluation_windows_stay_as_they_were(clip):
    """Sums over the windows that the first published figures were measured on, made as these were."""
    batch = evaluation_windows([clip("ann", 200), clip("bob", 60, fps=60.0)], frames=15, fps=15.0, seed=1)
    sums = {name: float(np.abs(value).astype(float).sum()) for name, value in arrays(batch).items()}
    assert sums == pytest.approx({"rays": 280.726473, "confidence": 1142.001011, "joints": 734.041767,
                                  "root": 888.069754, "focal": 6.577751}, rel=1e-6)


def test_evaluation_windows_can_have_the_trained_detector_and_cameras(clips):
    first, trained = (evaluation_windows(clips, frames=15, fps=15.0, seed=1, **given) for given in (
        {}, {"noise": DetectorNoise(), "cameras": CameraConfig()}))
    assert first["labels"] == trained["labels"]
    assert lengths(first["joints"]) == pytest.approx(lengths(trained["joints"]), abs=1e-4)
    assert not np.allclose(first["rays"], trained["rays"])


def test_rare_subjects_and_actions_count_for_more_than_their_frames(clip):
    many = [clip("ann", 800), clip("bob", 100), clip("cy", 100, action="kick")]
    weights = sampling_weights(many)
    np.testing.assert_allclose(weights.sum(), 1)
    raw = np.array([800 / np.sqrt(800 * 900), 100 / np.sqrt(100 * 900), 100 / np.sqrt(100 * 100)])
    np.testing.assert_allclose(weights, raw / raw.sum())


def test_a_mirrored_window_has_a_mirrored_label(clip):
    source = clip("ann", 90, label="kick with the left leg")
    labels = WindowSampler([source], frames=9, fps=30, augment=True).batch(200, rng=np.random.default_rng(0))["labels"]
    assert 60 < labels.count("kick with the right leg") < 140
    assert set(labels) == {"kick with the left leg", "kick with the right leg"}


def test_no_clips_is_refused():
    with pytest.raises(ValueError, match="no clips"):
        WindowSampler([], frames=27, fps=30, augment=True)

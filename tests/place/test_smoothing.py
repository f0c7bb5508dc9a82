"""Zero-phase smoothing with a cut-off in hertz."""

import numpy as np
import pytest

from vid2pose3d.place.smoothing import smooth, smooth_pose, spans, speed


def passed(frequency, cutoff, times):
    wave = np.sin(2 * np.pi * frequency * times)[:, None]
    found = smooth(wave, times, weights=np.ones(len(times)), cutoff=np.full(len(times), cutoff))
    inner = slice(len(times) // 4, -len(times) // 4)
    gain = (found[inner] * wave[inner]).sum() / (wave[inner] ** 2).sum()
    return gain, np.abs(found - gain * wave)[inner].max()


@pytest.mark.parametrize("fps", [15, 30, 120])
def test_a_wave_at_the_cutoff_is_halved_without_lag_at_any_frame_rate(fps):
    gain, rest = passed(2.0, 2.0, np.arange(8 * fps) / fps)
    assert gain == pytest.approx(0.5, abs=0.03)
    assert rest < 0.02


@pytest.mark.parametrize(("frequency", "gain"), [(1.0, 16 / 17), (4.0, 1 / 17)])
def test_other_frequencies_follow_the_fourth_power(frequency, gain):
    assert passed(frequency, 2.0, np.arange(960) / 120)[0] == pytest.approx(gain, abs=0.01)


def test_steady_motion_is_kept_at_uneven_times():
    times = np.cumsum(np.random.default_rng(0).uniform(0.01, 0.08, 100))
    line = np.stack([2 + 3 * times, -times], axis=-1)
    assert smooth(line, times, weights=np.ones(100), cutoff=np.full(100, 1.0)) == pytest.approx(line, abs=1e-8)


def test_the_two_sides_of_a_long_hole_do_not_know_of_each_other():
    times = np.r_[np.arange(30), np.arange(90, 120)] / 30
    step = np.r_[np.zeros(30), np.ones(30)][:, None]
    assert smooth(step, times, weights=np.ones(60), cutoff=np.full(60, 1.0)) == pytest.approx(step, abs=1e-9)
    assert spans(times) == pytest.approx(np.full(60, 1 / 30))


def test_speed_in_units_per_second_at_uneven_times():
    times = np.cumsum(np.random.default_rng(0).uniform(0.01, 0.08, 50))
    assert speed(np.stack([3 * times, 4 * times], axis=-1), times) == pytest.approx(np.full(50, 5.0))


def test_a_pose_loses_jitter_and_spikes_but_keeps_a_kick():
    times = np.arange(120) / 30
    kick = np.zeros((120, 1, 3))
    kick[:, 0, 1] = np.exp(-(((times - 2) / 0.15) ** 2))
    measured = kick + np.random.default_rng(0).normal(0, 0.01, kick.shape)
    measured[20] += 0.8
    found = smooth_pose(measured, times, np.ones((120, 1)), cutoff=2.0)
    assert found[60, 0, 1] > 0.96
    assert np.abs(found[:45] - kick[:45]).max() < 0.05
    jitter = {name: np.abs(np.diff(values[80:], n=2, axis=0)).mean()
              for name, values in (("before", measured), ("after", found))}
    assert jitter["after"] < 0.1 * jitter["before"]


def test_short_tracks_are_left_alone():
    joints = np.random.default_rng(0).normal(size=(2, 17, 3))
    assert smooth_pose(joints, np.array([0.0, 0.1]), np.ones((2, 17)), cutoff=2.0) == pytest.approx(joints)

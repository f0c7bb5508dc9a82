"""The fit on errors of known quantiles, and the whole job on made-up motion."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors import safe_open
from scipy.stats import norm

from vid2pose3d import weights
from vid2pose3d.data.mocap import data_hash
from vid2pose3d.errors import InputError
from vid2pose3d.lift.uncertainty import FEATURES
from vid2pose3d.skeleton import H36M17
from vid2pose3d.train.calibrate import Lifted, calibrate, coverage, fit
from vid2pose3d.train.lifter import lifter_config

SLOPES = np.array([0.3, 0.5, -0.4, -0.2])
OFFSETS = np.linspace(-1, 1, 17)
SPREAD = 0.6


def made_up(frames, seed):
    """One person whose errors are log-normal about a linear function of the features."""
    rng = np.random.default_rng(seed)
    told = rng.normal([-3, -3, 0.7, 0.8], [0.6, 0.4, 0.3, 0.3], (frames, 17, len(FEATURES)))
    return Lifted(told, np.exp(OFFSETS + told @ SLOPES + SPREAD * rng.normal(size=(frames, 17))))


def test_the_fit_finds_the_quantile_of_errors_of_a_known_law():
    found = fit([made_up(1500, 0), made_up(2500, 1)])
    assert found.level == 0.8
    np.testing.assert_allclose([found.slopes[name] for name in FEATURES], SLOPES, atol=0.03)
    expected = OFFSETS + norm.ppf(0.8) * SPREAD
    at_middle = [found.offsets[joint] + np.array([found.slopes[name] for name in FEATURES]) @ [-3, -3, 0.7, 0.8]
                 for joint in H36M17.joints[1:]]
    np.testing.assert_allclose(at_middle, expected[1:] + SLOPES @ [-3, -3, 0.7, 0.8], atol=0.06)
    assert coverage(made_up(3000, 2), found) == pytest.approx(0.8, abs=0.01)


def test_coverage_counts_joints_within_the_radius_but_not_the_pelvis():
    known = replace(fit([made_up(50, 0)]), slopes=dict.fromkeys(FEATURES, 0.0),
                    offsets=dict.fromkeys(H36M17.joints[1:], np.log(0.1)))
    errors = np.full((4, 17), 0.2)
    errors[:, 0], errors[0, 1:], errors[1, 1:9] = 0.0, 0.099, 0.05
    assert coverage(Lifted(np.zeros((4, 17, 4)), errors), known) == pytest.approx((16 + 8) / 64)


@pytest.fixture
def untrained(tiny, tmp_path):
    """Weights file of a tiny lifter in half precision, without a prompt."""
    _, text = weights.load_text(weights.DEFAULT_TEXT)
    config = lifter_config(tiny(model="d3dp"), text)
    torch.manual_seed(0)
    weights.save(tmp_path / "tiny.safetensors", weights.build_network(config.denoiser), config, half=True)
    return tmp_path / "tiny.safetensors"


def test_calibrated_weights_are_the_same_but_for_what_they_say(mocap, untrained, tmp_path):
    index = (mocap / "index.csv").read_text()
    (mocap / "index.csv").write_text(index.replace("train", "val"))  # three people
    out, seen = tmp_path / "out.safetensors", []
    shares = calibrate(str(untrained), mocap, out, progress=lambda *done: seen.append(done))
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert set(shares) == {"s0", "s1", "s2"}
    assert all(0 <= share <= 1 for share in shares.values())
    with safe_open(untrained, "pt") as before, safe_open(out, "pt") as after:
        assert sorted(before.keys()) == sorted(after.keys())
        for key in before.keys():  # noqa: SIM118 (not a mapping)
            assert after.get_tensor(key).dtype == torch.float16
            assert torch.equal(before.get_tensor(key), after.get_tensor(key)), key
    config = weights.read_config(out)
    assert replace(config, calibration=None) == weights.read_config(untrained)
    assert config.calibration.data_sha256 == data_hash(mocap)
    assert set(config.calibration.offsets) == set(H36M17.joints[1:])


def test_only_validation_people_are_looked_at(mocap, untrained, tmp_path):
    """Whatever the train and test clips hold, the calibration is the same."""
    calibrate(str(untrained), mocap, tmp_path / "one.safetensors", progress=lambda *_: None)
    with np.load(mocap / "mocap17.npz") as stored:
        arrays = dict(stored)
    others = np.r_[0:240, 360:480]  # all but the third clip
    arrays["pos_mm"][others] = arrays["pos_mm"][others][::-1] // 2
    np.savez(mocap / "mocap17.npz", **arrays)
    calibrate(str(untrained), mocap, tmp_path / "two.safetensors", progress=lambda *_: None)
    one, two = (weights.read_config(tmp_path / f"{name}.safetensors").calibration for name in ("one", "two"))
    assert one.data_sha256 != two.data_sha256
    assert (one.offsets, one.slopes) == (two.offsets, two.slopes)


def test_what_cannot_be_calibrated_is_refused(mocap, untrained, tmp_path):
    config = weights.read_config(untrained)
    weights.save_with(tmp_path / "screen.safetensors", untrained, replace(config, input="screen"))
    with pytest.raises(InputError, match="takes 2D over the picture"):
        calibrate(str(tmp_path / "screen.safetensors"), mocap, tmp_path / "out.safetensors", progress=lambda *_: None)
    index = (mocap / "index.csv").read_text()
    (mocap / "index.csv").write_text(index.replace(",val,", ",train,"))
    with pytest.raises(InputError, match="no clip of split 'val'"):
        calibrate(str(untrained), mocap, tmp_path / "out.safetensors", progress=lambda *_: None)
    assert not (tmp_path / "out.safetensors").exists()

from dataclasses import replace

import numpy as np
import pytest
import torch

from vid2pose3d.camera import guess_camera
from vid2pose3d.diffusion import CosineSchedule
from vid2pose3d.errors import InputError
from vid2pose3d.lift.inputs import mirror_input, window_input
from vid2pose3d.motion import Person2D
from vid2pose3d.refine.process import refine
from vid2pose3d.refine.refiner import Refiner
from vid2pose3d.refine.vectors import contexts, flat, unflat
from vid2pose3d.refine.weights import embedded_refiner, load_refiner, save_refiner
from vid2pose3d.skeleton import H36M17

CAMERA = guess_camera(640, 480)


class Listener:
    def __init__(self):
        self.warnings = []

    def warn(self, text):
        self.warnings.append(text)


def track(times):
    times = np.asarray(times, dtype=float)
    swing = np.sin(times[:, None, None] * 3 + np.arange(17)[:, None] * np.array([0.3, 0.7]))
    xy = np.array([320.0, 240.0]) + 20 * times[:, None, None] + 60 * swing
    return Person2D(1, H36M17, np.arange(len(times)), times, xy, np.full((len(times), 17), 0.9),
                    np.zeros((len(times), 4)), np.zeros(len(times), dtype=bool))


def poses(times):
    swing = 0.4 * np.sin(np.asarray(times)[:, None, None] * 2 + np.arange(51).reshape(17, 3))
    return swing - swing[:, :1]


def test_vectors_leave_out_the_pelvis_and_come_back():
    given = np.random.default_rng(0).normal(size=(2, 5, 17, 3))
    given[..., 0, :] = 0
    assert flat(given).shape == (2, 5, 48)
    np.testing.assert_array_equal(unflat(flat(given)), given)
    x2d = np.random.default_rng(1).normal(size=(2, 5, 17, 6))
    found = contexts(x2d, given, "frame")
    assert found.shape == (2, 5, 82)
    np.testing.assert_array_equal(found[..., 2 * 3 + 1], x2d[..., 3, 1])


def test_the_context_of_a_motion_has_means_over_three_and_seven_frames():
    """The first and the last frame go on beyond the window."""
    given = np.random.default_rng(0).normal(size=(2, 5, 17, 3))
    x2d = np.zeros((2, 5, 17, 6))
    found, frames = contexts(x2d, given, "motion"), flat(given)
    assert found.shape == (2, 5, 178)
    np.testing.assert_array_equal(found[..., :82], contexts(x2d, given, "frame"))
    np.testing.assert_allclose(found[:, 2, 82:130], frames[:, 1:4].mean(axis=1))
    np.testing.assert_allclose(found[:, 0, 82:130], (2 * frames[:, 0] + frames[:, 1]) / 3)
    np.testing.assert_allclose(found[:, 4, 130:], (4 * frames[:, 4] + frames[:, 1:4].sum(axis=1)) / 7)


@pytest.mark.parametrize(("kind", "centre"), [("person", "expected"), ("person", "constant"), ("screen", "expected")])
def test_a_window_is_the_chain_of_the_network_and_its_mirror_image(refiner_weights, kind, centre):
    """A track of one window at the refiner's rate, against the network called by hand."""
    weights, times = refiner_weights(kind, centre=centre), np.arange(9) / 15
    person, start = track(times), poses(times)
    found = Refiner(weights).refine_track(person, start, CAMERA)

    given = window_input(kind, person.xy[None], person.confidence[None], CAMERA)
    turn = given.camera_from_view[0]
    x2d, mirrored = (torch.from_numpy(each) for each in (given.x2d, mirror_input(given.x2d, kind)))
    flip = torch.tensor([-1.0, 1.0, 1.0])
    errors, seen = weights.errors, contexts(given.x2d, (start @ turn)[None], "frame")
    middle, spread = {"constant": (errors.error_mean, errors.error_deviation),
                      "expected": (errors.mean(seen), np.sqrt(errors.covariance.diagonal()))}[centre]
    middle, deviation = (torch.from_numpy(unflat(value)).float() for value in (middle, spread))

    def predict(x, step):
        t = torch.tensor([step])
        with torch.no_grad():
            one = deviation * weights.model(x2d, x, t)
            other = deviation * weights.model(mirrored, x[..., H36M17.mirror, :] * flip, t)
        return middle + (one + other[..., H36M17.mirror, :] * flip) / 2

    *_, last = refine(predict, torch.from_numpy((start @ turn)[None]).float(), CosineSchedule(50), iterations=2)
    np.testing.assert_allclose(found, last.clean[0].double().numpy() @ turn.T, atol=1e-5)
    assert np.abs(found - start).max() > 0.01


def test_gaps_stay_gaps_and_change_nothing_beside_them(refiner_weights):
    times = np.concatenate([np.arange(20) / 15, 10 + np.arange(20) / 15])
    person, start, refiner = track(times), poses(times), Refiner(refiner_weights())
    holed = start.copy()
    holed[20:] = np.nan
    found = refiner.refine_track(person, holed, CAMERA)
    assert np.isnan(found[20:]).all()
    np.testing.assert_allclose(found[:20], refiner.refine_track(person, start, CAMERA)[:20], atol=1e-9)
    empty = refiner.refine_track(person, np.full_like(start, np.nan), CAMERA)
    assert np.isnan(empty).all()


def test_motion_between_the_refiners_frames_is_kept(refiner_weights):
    """At three times its rate a shake of every frame is beyond its sight and passes through."""
    times = np.arange(90) / 45
    person, start, refiner = track(times), poses(times), Refiner(refiner_weights(loud=0.0, centre="constant"))
    shaken = start + 0.02 * np.tile([0, 1, -1], 30)[:, None, None] * (np.arange(17) > 0)[:, None]
    calm, found = (refiner.refine_track(person, each, CAMERA) for each in (start, shaken))
    np.testing.assert_allclose(found - calm, shaken - start, atol=2e-4)


@pytest.mark.parametrize("count", [1, 2, 5, 40])
def test_tracks_of_any_length(refiner_weights, count):
    times = np.arange(count) / 30
    found = Refiner(refiner_weights()).refine_track(track(times), poses(times), CAMERA)
    assert found.shape == (count, 17, 3)
    np.testing.assert_allclose(found[:, 0], 0, atol=1e-9)


def test_progress_counts_every_window(refiner_weights):
    times, seen = np.arange(600) / 15, []
    Refiner(refiner_weights()).refine_track(track(times), poses(times), CAMERA, lambda *done: seen.append(done))
    assert seen[-1][0] == seen[-1][1] > 100
    assert seen == sorted(seen)
    assert len(seen) > 1


def test_a_file_keeps_everything(refiner_weights, tmp_path):
    weights = refiner_weights()
    save_refiner(tmp_path / "tiny.safetensors", weights.model, weights.errors, weights.config)
    loaded = load_refiner(tmp_path / "tiny.safetensors")
    assert loaded.config == weights.config
    for name, value in vars(weights.errors).items():
        np.testing.assert_array_equal(getattr(loaded.errors, name), value)
    times = np.arange(20) / 15
    one, other = (Refiner(each).refine_track(track(times), poses(times), CAMERA) for each in (weights, loaded))
    np.testing.assert_array_equal(one, other)


def test_the_base_is_compared_and_both_are_named(refiner_weights, tmp_path):
    weights, listener = refiner_weights(), Listener()
    path = tmp_path / "tiny.safetensors"
    save_refiner(path, weights.model, weights.errors, weights.config)
    Refiner.load(path, base="base", base_sha256="0" * 64, reporter=listener)
    assert not listener.warnings
    Refiner.load(path, base="other", base_sha256="5" * 64, reporter=listener)
    assert "tiny was made for the weights base (000000000000), not for other (555555555555)" in listener.warnings[0]


def test_what_cannot_be_loaded_or_applied_is_named(refiner_weights, tmp_path):
    with pytest.raises(InputError, match="no such file"):
        load_refiner(tmp_path / "none.safetensors")
    (tmp_path / "text.safetensors").write_text("no weights")
    with pytest.raises(InputError, match="text.safetensors: damaged, or not refiner weights"):
        load_refiner(tmp_path / "text.safetensors")
    with pytest.raises(InputError, match="no refiner comes with the package for the weights base"):
        embedded_refiner("base", "0" * 64)
    weights = refiner_weights()
    Refiner(weights).check_input("person", "base")
    with pytest.raises(InputError, match="2D of the kind screen"):
        Refiner(replace(weights, config=replace(weights.config, input="screen"))).check_input("person", "base")

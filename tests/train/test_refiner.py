import csv
from dataclasses import replace

import numpy as np
import pytest
import torch

from vid2pose3d.data.mocap import load_mocap, select
from vid2pose3d.errors import InputError
from vid2pose3d.refine.refiner import Refiner
from vid2pose3d.refine.vectors import contexts, flat
from vid2pose3d.refine.weights import load_refiner
from vid2pose3d.train.lifter import train_lifter
from vid2pose3d.train.pairs import Pairs, fold_recipe, fold_subjects
from vid2pose3d.train.refiner import ErrorDraw, fit_errors, train_refiner
from vid2pose3d.train.settings import RefinerSettings
from vid2pose3d.weights import read_config


class Silent:
    def progress(self, stage, done, total):
        pass

    def note(self, text):
        pass

    def close(self):
        pass


class Calls(Silent):
    """Interrupts at the n-th sign of progress."""

    def __init__(self, count):
        self.left = count

    def progress(self, stage, done, total):
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt


@pytest.fixture
def base(mocap, tiny, tmp_path):
    return train_lifter(mocap, tmp_path / "base", tiny(model="mixste"), device="cpu", resume=False, every=4,
                        reporter=Silent())


def small(base, **changes):
    return RefinerSettings(**{"base": str(base), "folds": 2, "fold_steps": 2, "windows": 40, "width": 16, "heads": 2,
                              "depth": 1, "epochs": 2, "batch": 8, "hypotheses": 1, **changes})


def run(data, folder, settings, *, resume=False, reporter=None):
    return train_refiner(data, folder, settings, device="cpu", resume=resume, every=2, reporter=reporter or Silent())


def log(folder):
    with open(folder / "log.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_run_leaves_weights_that_name_their_base(mocap, base, tmp_path):
    path = run(mocap, tmp_path / "run", small(base))
    loaded = load_refiner(path)
    assert (loaded.config.base, loaded.config.fps) == ("best", 15.0)
    assert loaded.config.training["folds"] == 2
    assert loaded.errors.gain.shape == (48, 178)
    assert [int(row["step"]) for row in log(tmp_path / "run")] == [1, 2]
    card = path.with_suffix(".md").read_text()
    assert loaded.config.base_sha256 in card
    assert loaded.sha256 in card


def test_each_person_is_lifted_by_weights_that_never_saw_them(mocap, base, tmp_path):
    run(mocap, tmp_path / "run", small(base))
    seen = [read_config(tmp_path / "run" / f"fold{fold}" / "best.safetensors").training["data_sha256"].split(" -")[1:]
            for fold in range(2)]
    assert sorted(seen) == [["s0"], ["s1"]]
    chosen = fold_subjects(select(load_mocap(mocap), split="train"), 2)
    assert seen == chosen
    with pytest.raises(InputError, match="--folds 3: the data have 2 people"):
        run(mocap, tmp_path / "other", small(base, folds=3))


def test_folds_are_trained_from_scratch_as_the_base_was(base):
    config = read_config(base)
    recipe = fold_recipe(config, small(base, fold_steps=None), name="base", fold=1)
    assert (recipe.model, recipe.width, recipe.steps, recipe.batch, recipe.init) == ("mixste", 16, 8, 8, None)
    unstated = fold_recipe(replace(config, training={}), small(base), name="base", fold=1)
    assert (unstated.model, unstated.width, unstated.frames, unstated.steps) == ("mixste", 16, 9, 2)
    with pytest.raises(InputError, match="--folds 0"):
        fold_recipe(replace(config, input="screen"), small(base), name="base", fold=0)


def test_the_folds_of_another_run_are_used_as_they_are(mocap, base, tmp_path):
    run(mocap, tmp_path / "run", small(base))
    held = {path: path.read_bytes() for path in (tmp_path / "run").glob("fold*/*.*") if path.suffix != ".csv"}
    path = train_refiner(mocap, tmp_path / "other", small(base, distribution="marginal"), device="cpu", resume=False,
                         every=2, reporter=Silent(), folds_in=tmp_path / "run")
    assert not list((tmp_path / "other").glob("fold*"))
    assert {path: path.read_bytes() for path in held} == held
    assert load_refiner(path).config.training["distribution"] == "marginal"


def test_restricted_clips_are_left_out_where_asked(mocap, base, tmp_path):
    index = (mocap / "index.csv").read_text()
    (mocap / "index.csv").write_text(index.replace("MIT", "CC BY-NC 4.0"))
    with pytest.raises(InputError, match="'train' under a licence that allows any use"):
        run(mocap, tmp_path / "run", small(base, free_only=True))
    assert fold_recipe(read_config(base), small(base, free_only=True), name="base", fold=0).free_only


@pytest.mark.parametrize("stop", [1, 3, 14])
def test_a_stopped_run_ends_with_the_same_weights(mocap, base, tmp_path, stop):
    """Stopped in the first fold, while windows are lifted, and between epochs."""
    whole = load_refiner(run(mocap, tmp_path / "whole", small(base)))
    with pytest.raises(KeyboardInterrupt):
        run(mocap, tmp_path / "stopped", small(base), reporter=Calls(stop))
    resumed = load_refiner(run(mocap, tmp_path / "stopped", small(base), resume=True))
    for name, value in whole.model.state_dict().items():
        assert torch.equal(value, resumed.model.state_dict()[name]), name
    np.testing.assert_array_equal(whole.errors.gain, resumed.errors.gain)


def pairs(windows=400, frames=6, share=0.8):
    """Estimates whose errors follow the estimate and are correlated in time."""
    rng = np.random.default_rng(0)
    truth = rng.normal(0, 0.3, (windows, frames, 17, 3))
    noise = rng.normal(0, 1, (windows, frames, 17, 3))
    for frame in range(1, frames):
        noise[:, frame] = share * noise[:, frame - 1] + (1 - share ** 2) ** 0.5 * noise[:, frame]
    estimate = truth + 0.05 * noise + 0.02
    truth[:, :, 0] = estimate[:, :, 0] = 0
    x2d = np.concatenate([truth[..., :2], np.ones((windows, frames, 17, 4))], axis=-1)
    return Pairs(*(values.astype(np.float32) for values in (x2d, estimate, truth)))


def test_the_fit_finds_spread_and_correlation_of_errors():
    """x and y are given away by the 2D, up to the ridge; what is open is z."""
    model, correlation = fit_errors(pairs(), small("", context="frame"))
    z = np.arange(2, 48, 3)
    np.testing.assert_allclose(model.error_deviation[z], 0.05, atol=0.003)
    np.testing.assert_allclose(model.error_mean, 0.02, atol=0.01)
    assert np.sqrt(model.covariance.diagonal()[z - 2]).max() < 0.1 * np.sqrt(model.covariance.diagonal()[z]).min()
    assert correlation > 0.5


@pytest.mark.parametrize(("distribution", "correlation", "near"), [
    ("conditional", "iid", 0.0), ("marginal", "ar1", 0.8), ("marginal", "shared", 1.0), ("measured", "iid", 0.8)])
def test_errors_are_drawn_as_the_recipe_says(distribution, correlation, near):
    given = pairs()
    settings = small("", context="frame", distribution=distribution, correlation=correlation)
    draw = ErrorDraw(given, fit_errors(given, settings)[0], settings, 0.8)
    drawn = draw(np.arange(400), np.random.default_rng(1))
    assert (drawn[..., 0, :] == 0).all()
    z = drawn[:, :, 1:, 2] - drawn[:, :, 1:, 2].mean()
    assert z.std() == pytest.approx(0.05, rel=0.2)
    between = (z[:, 1:] * z[:, :-1]).mean() / z.var()
    if distribution == "conditional":  # the context is correlated itself
        measured = (given.estimate - given.truth)[:, :, 1:, 2]
        assert between < (measured[:, 1:] * measured[:, :-1]).mean() / measured.var() - 0.02
    else:
        assert between == pytest.approx(near, abs=0.05)


@pytest.mark.parametrize(("distribution", "slope"), [("measured", 0.0), ("conditional", 1 / 11), ("marginal", 1 / 11)])
def test_errors_drawn_about_the_truth_are_not_those_of_a_good_lifter(distribution, slope):
    """A best estimate errs independently of itself, so that no multiple of it is a correction. About the truth the same
    error makes a noisy pose that is too large, by its share of the variance: 0.1^2 of 0.3^2 + 0.1^2 + 0.1^2."""
    rng = np.random.default_rng(0)
    estimate, error = (rng.normal(0, spread, (4000, 1, 17, 3)).astype(np.float32) for spread in (0.3, 0.1))
    estimate[:, :, 0] = error[:, :, 0] = 0
    given = Pairs(np.zeros((4000, 1, 17, 6), np.float32), estimate, estimate - error)
    settings = small("", context="frame", distribution=distribution)
    draw = ErrorDraw(given, fit_errors(given, settings)[0], settings, 0.0)
    drawn = draw(np.arange(4000), rng)
    noisy = given.truth + drawn
    assert (drawn * noisy).sum() / (noisy ** 2).sum() == pytest.approx(slope, abs=0.01)


def test_a_refiner_betters_poses_of_people_whom_it_never_saw(mocap, base, tmp_path):
    notes = []
    reporter = Silent()
    reporter.note = notes.append
    run(mocap, tmp_path / "run", small(base, folds=0, windows=160), reporter=reporter)
    before = float(next(note for note in notes if "lifter alone" in note).split("MPJPE ")[1].split()[0])
    assert float(log(tmp_path / "run")[-1]["val_mpjpe_mm"]) < 0.9 * before


def test_a_network_that_only_harms_leaves_the_expected_error(mocap, base, tmp_path):
    kept = load_refiner(run(mocap, tmp_path / "run", small(base, learning_rate=1.0)))
    assert not any(value.any() for value in (kept.model.head.weight, kept.model.head.bias))
    assert "at epoch 0 of 2" in (tmp_path / "run" / "best.md").read_text()


def test_without_epochs_it_is_the_expected_error_alone(mocap, base, tmp_path):
    path = run(mocap, tmp_path / "run", small(base, epochs=0))
    loaded = load_refiner(path)
    assert loaded.config.network.depth == 0
    card = path.with_suffix(".md").read_text()
    assert "No network" in card
    assert "Fitted in closed form." in card
    given = pairs(windows=3, frames=9)
    found = Refiner(loaded).refine_many(given.x2d, given.estimate)
    expected = loaded.errors.mean(contexts(given.x2d, given.estimate, "motion"))
    np.testing.assert_allclose(flat(found), flat(given.estimate) - expected, rtol=2e-3, atol=1e-4)
    with pytest.raises(InputError, match="holds a run already"):
        run(mocap, tmp_path / "run", small(base))


def test_the_network_learns_errors_that_the_2d_gives_away(mocap, base, tmp_path):
    """Measured errors that lie along the view are in the 2D; in training on them the loss falls below the start's."""
    run(mocap, tmp_path / "run", small(base, centre="constant", loss="squared", windows=160, epochs=30,
                                      learning_rate=5e-3))
    losses = [float(row["loss"]) for row in log(tmp_path / "run")]
    assert losses[-1] < 0.7 * losses[0]


@pytest.mark.parametrize(("changes", "named"), [
    ({"folds": 1}, "--folds 1"), ({"width": 18}, "--width 18"), ({"fold_steps": 0}, "--fold-steps 0"),
    ({"iterations": 2}, "--iterations 2"), ({"iterations": 51}, "--iterations 51"), ({"batch": 0}, "--batch 0")])
def test_unusable_settings_are_named(changes, named):
    with pytest.raises(InputError, match=named):
        small("base", **changes).check()


def test_another_recipe_is_not_resumed(mocap, base, tmp_path):
    run(mocap, tmp_path / "run", small(base))
    with pytest.raises(InputError, match="--resume"):
        run(mocap, tmp_path / "run", small(base))
    with pytest.raises(InputError, match="learning_rate"):
        run(mocap, tmp_path / "run", small(base, learning_rate=0.5), resume=True)

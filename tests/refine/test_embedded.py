"""The refiners that come with the package."""

from pathlib import Path

import numpy as np
import pytest

from vid2pose3d.data.mocap import load_mocap, select
from vid2pose3d.data.windows import evaluation_windows
from vid2pose3d.evaluate.protocols.own import VIEWS
from vid2pose3d.lift import Lifter
from vid2pose3d.refine.refiner import Refiner
from vid2pose3d.refine.weights import embedded_refiner, load_refiner
from vid2pose3d.train.pairs import lift_pairs
from vid2pose3d.train.validate import refined_errors
from vid2pose3d.weights import DEFAULT, find, sha256

FOLDER = Path(__file__).resolve().parents[2] / "weights" / "refiner"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.safetensors")), ids=lambda path: path.stem)
def test_embedded_refiners_are_those_of_their_card_and_know_an_embedded_lifter(path: Path) -> None:
    loaded = load_refiner(path)
    card = path.with_suffix(".md").read_text(encoding="utf-8")
    assert loaded.sha256 in card
    assert loaded.config.base_sha256 in card
    assert sha256(find(loaded.config.base)) == loaded.config.base_sha256
    assert all(np.isfinite(value).all() for value in vars(loaded.errors).values())
    assert path.stat().st_size < 2e6


def test_the_default_lifter_has_one() -> None:
    assert embedded_refiner(DEFAULT, sha256(find(DEFAULT))).parent.name == "refiner"


def test_it_betters_poses_of_people_whom_the_lifter_never_saw(shared: Path) -> None:
    lifter, (cameras, noise) = Lifter.load(DEFAULT), VIEWS["trained"]
    clips = select(load_mocap(shared / "mocap"), split="val")
    windows = evaluation_windows(clips, frames=lifter.frames, fps=lifter.fps, seed=5, per_clip=1, cameras=cameras,
                                 noise=noise)
    pairs = lift_pairs(lifter, windows, hypotheses=1, prompts=[None] * len(clips), seed=5)
    refiner = Refiner(load_refiner(embedded_refiner(lifter.name, lifter.sha256)))
    before = refined_errors(pairs.estimate, pairs.truth)
    after = refined_errors(refiner.refine_many(pairs.x2d, pairs.estimate), pairs.truth)
    assert after.mpjpe < before.mpjpe
    assert after.p_mpjpe < before.p_mpjpe
    assert after.acceleration < before.acceleration

"""The refiners that come with the package."""

from pathlib import Path

import numpy as np
import pytest

from vid2pose3d.refine.weights import embedded_refiner, load_refiner
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

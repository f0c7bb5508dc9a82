"""Which steps of the clean-up a level and the steps' own options ask for."""

from dataclasses import asdict

import pytest

from vid2pose3d.errors import InputError
from vid2pose3d.settings import FULL, STEPS, Cleaning, Settings, cleaning


def test_levels():
    assert STEPS == ("sides", "repair", "smooth", "bones", "limits", "feet", "floor")
    assert cleaning(asdict(Settings())) == cleaning({"clean": "full"}) == FULL
    assert cleaning({"clean": "off"}) == Cleaning(*[False] * 7)
    assert cleaning({"clean": "light"}) == Cleaning(limits=False, feet=False, floor=False)


def test_the_option_of_a_step_overrules_the_level():
    assert cleaning(asdict(Settings(clean="off", feet=True))) == Cleaning(*[False] * 5, True, False)
    assert cleaning(asdict(Settings(smooth=False, cutoff=4.0))) == Cleaning(smooth=False, cutoff=4.0)


def test_results_that_know_no_levels_are_cleaned_fully():
    assert cleaning({"seed": 0}) == FULL


@pytest.mark.parametrize("cutoff", [0.0, -1.0, float("nan"), float("inf")])
def test_a_cutoff_that_is_none(cutoff):
    with pytest.raises(InputError, match="--cutoff .*positive number of hertz"):
        Settings(cutoff=cutoff).check()

"""Runs on benchmark files."""

import csv

import numpy as np
import pytest
from small_files import write_3dhp_train, write_h36m

from vid2pose3d import weights
from vid2pose3d.cli.app import run_command
from vid2pose3d.data.seen_sequences import h36m_sequences
from vid2pose3d.errors import InputError
from vid2pose3d.lift.inputs import person_input
from vid2pose3d.train.batches import network_pair
from vid2pose3d.train.material import load_material

SUBJECTS = ("S1", "S5", "S6", "S7", "S8")
TINY = ["--width", "16", "--depth", "1", "--frames", "9", "--batch", "8", "--device", "cpu", "--every", "20",
        "--learning-rate", "0.005", "--quiet"]


def write_files(folder):
    return write_h36m(folder, dict.fromkeys(SUBJECTS, {"Walking 1": 60, "Eating": 40}))


@pytest.mark.parametrize("kind", ["h36m", "3dhp"])
def test_a_lifter_trains_on_benchmark_files(tmp_path, kind):
    if kind == "h36m":
        write_files(tmp_path)
    else:
        write_3dhp_train(tmp_path / "data_train_3dhp_ori.npz",
                         {f"{subject} Seq1": {"0": 60, "5": 60} for subject in SUBJECTS})
    run = tmp_path / "run"
    assert run_command(["train", "lifter", "--data", str(tmp_path), "-o", str(run), *TINY, "--steps", "60"]) == 0
    with open(run / "log.csv", newline="", encoding="utf-8") as file:
        errors = [float(row["val_mpjpe_mm"]) for row in csv.DictReader(file)]
    assert errors[-1] < 0.9 * errors[0]
    config = weights.read_config(run / "best.safetensors")
    assert (config.joints_2d, config.joints_3d, config.input) == ("h36m17", "h36m17", "person")
    card = (run / "best.md").read_text()
    assert ("Human3.6M: true joints" if kind == "h36m" else "MPI-INF-3DHP: true joints") in card
    assert "| train | 4 | " in card
    assert "| validation | 1 | " in card
    assert "synthetic" not in card


def test_what_is_validated_on_are_the_numbers_of_the_file(tmp_path, tiny):
    paths = write_files(tmp_path)
    material = load_material(tmp_path, tiny())
    (first, *_) = [sequence for sequence in h36m_sequences(*paths) if sequence.subject == "S8"]
    index = int(36 / 8) + 3 * np.arange(9)
    np.testing.assert_array_equal(material.validation["joints"][0], first.joints[index])
    x2d, target = network_pair(material.validation, unit=1.25)
    given = person_input(first.rays[index][None], np.ones((1, 9, 17)))
    np.testing.assert_allclose(x2d[0], given.x2d[0], atol=1e-6)
    np.testing.assert_allclose(target[0] * 1.25, first.joints[index] @ given.camera_from_view[0], atol=1e-5)
    assert material.actions == {"Walking", "Eating"}
    assert {(take.split, take.subject) for take in material.takes} == {
        *(("train", subject) for subject in SUBJECTS[:4]), ("validation", "S8")}
    assert sum(take.seconds for take in material.takes) == pytest.approx(5 * 4 * 100 / 50)


def test_the_hash_is_that_of_both_files(tmp_path, tiny):
    _, path = write_files(tmp_path)
    before = load_material(tmp_path, tiny()).sha256
    path.rename(tmp_path / "data_2d_h36m_cpn.npz")
    assert load_material(tmp_path, tiny()).sha256 == before
    write_h36m(tmp_path, dict.fromkeys(SUBJECTS, {"Walking 1": 60}), seed=1)
    with pytest.raises(InputError, match="--keypoints cpn or gt"):
        load_material(tmp_path, tiny())
    assert load_material(tmp_path, tiny(keypoints="gt")).sha256 != before


def test_what_cannot_be_is_refused(tmp_path, mocap, tiny):
    with pytest.raises(InputError, match="--keypoints gt: belongs to Human3.6M"):
        load_material(mocap, tiny(keypoints="gt"))
    write_files(tmp_path)
    with pytest.raises(InputError, match="--free-only: Human3.6M's licence"):
        load_material(tmp_path, tiny(free_only=True))
    write_h36m(tmp_path, dict.fromkeys(SUBJECTS[:4], {"Walking 1": 60}))
    with pytest.raises(InputError, match="has no subject S8"):
        load_material(tmp_path, tiny())

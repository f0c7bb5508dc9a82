import pytest

from vid2pose3d import weights
from vid2pose3d.cli.app import run_command
from vid2pose3d.refine.weights import load_refiner

TINY = ["--width", "16", "--depth", "1", "--frames", "9", "--steps", "2", "--batch", "4", "--device", "cpu", "--quiet"]


def train(data, folder, *options):
    return run_command(["train", "lifter", "--data", str(data), "-o", str(folder), *TINY, *options])


def test_the_command_leaves_weights_and_goes_on_with_them(mocap, tmp_path, capsys):
    assert train(mocap, tmp_path / "run") == 0
    assert weights.load(str(tmp_path / "run" / "best.safetensors")).config.denoiser.width == 16
    assert train(mocap, tmp_path / "run") == 2
    assert "--resume" in capsys.readouterr().err
    assert train(mocap, tmp_path / "run", "--resume", "--steps", "4") == 0


@pytest.mark.parametrize(("options", "named"), [
    (["--steps", "0"], "--steps 0"), (["--width", "20"], "--width 20"), (["--devices", "3"], "--batch 4"),
    (["--every-block", "--behaviour", "released"], "--every-block"), (["--every-block", "--model", "d3dp"], "--every-"),
    (["--every-block", "--init", "finepose-small", "--width", "96"], "--every-block"),
    (["--device", "gpu"], "--device gpu"), (["--every", "0"], "--every"),
])
def test_unusable_options_are_named(mocap, tmp_path, capsys, options, named):
    assert train(mocap, tmp_path / "run", *options) == 2
    assert named in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_missing_data_are_named(tmp_path, capsys):
    assert train(tmp_path / "none", tmp_path / "run") == 2
    assert "none/mocap17.npz" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def refine(base, data, folder, *options):
    return run_command(["train", "refiner", "--base", str(base), "--data", str(data), "-o", str(folder), "--folds", "2",
                        "--fold-steps", "1", "--windows", "20", "--width", "16", "--depth", "1", "--epochs", "1",
                        "--batch", "8", "--device", "cpu", "--quiet", *options])


def test_the_refiners_command_leaves_weights_and_goes_on_with_them(mocap, tmp_path, capsys):
    assert train(mocap, tmp_path / "base", "--model", "stcformer") == 0
    base = tmp_path / "base" / "best.safetensors"
    assert refine(base, mocap, tmp_path / "run") == 0
    assert load_refiner(tmp_path / "run" / "best.safetensors").config.base_sha256 == weights.sha256(base)
    assert refine(base, mocap, tmp_path / "run") == 2
    assert "--resume" in capsys.readouterr().err
    assert refine(base, mocap, tmp_path / "run", "--resume", "--epochs", "2") == 0


@pytest.mark.parametrize(("options", "named"), [
    (["--folds", "1"], "--folds 1"), (["--iterations", "2"], "--iterations 2"), (["--every", "0"], "--every"),
    (["--base", "nothing"], "nothing"), (["--width", "18"], "--width 18")])
def test_unusable_options_of_a_refiner_are_named(mocap, tmp_path, capsys, options, named):
    assert refine("finepose-small", mocap, tmp_path / "run", *options) == 2
    assert named in capsys.readouterr().err
    assert not (tmp_path / "run").exists()

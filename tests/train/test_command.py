import pytest

from vid2pose3d import weights
from vid2pose3d.cli.app import run_command

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

"""`weights convert` and `weights list`, and `run` with what they make."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from released_files import save_checkpoint
from small_files import write_mocap

from vid2pose3d.weights import sha256

Command = Callable[..., Any]
QUICK = ("--hypotheses", 1, "--iterations", 1)


@pytest.mark.parametrize(("kind", "options", "action", "said"), [
    ("finepose_h36m", (), "walking slowly", "focal length"),
    ("finepose_h36m", (), None, "neutral prompt"),
    ("finepose_3dhp", (), None, "focal length"),
    ("finepose_3dhp", (), "walking", "--action walking: not used"),
    ("d3dp", ("--trained-on", "wild"), None, "focal length"),
])
def test_run_works_with_converted_weights(
    command: Command, walk: Path, kind: str, options: tuple[str, ...], action: str | None, said: str, tmp_path: Path
) -> None:
    checkpoint, out = save_checkpoint(tmp_path / "best.bin", kind), tmp_path / "mine.safetensors"
    done = command("weights", "convert", checkpoint, "-o", out, *options)
    assert done.code == 0, done.err
    assert "converted from best.bin, epoch 93" in done.err
    prompt = ("--action", action) if action else ()
    done = command("run", walk, "--weights", out, "-o", tmp_path / "results", *prompt, *QUICK)
    assert done.code == 0, done.err
    assert said in done.err
    assert ("neutral" in done.err) == (said == "neutral prompt")
    result = json.loads((tmp_path / "results" / "walk.json").read_text())
    assert result["settings"]["weights"] == {"name": "mine", "sha256": sha256(out)}
    assert [len(person["frames"]) for person in result["people"]] == [15]


def test_weights_go_beside_the_checkpoint_and_are_listed(command: Command, tmp_path: Path) -> None:
    checkpoint = save_checkpoint(tmp_path / "best_epoch_20_10.bin", "finepose_3dhp")
    assert command("weights", "convert", checkpoint, "-q").code == 0
    made = tmp_path / "best_epoch_20_10.safetensors"
    (entry,) = json.loads(command("weights", "list", made, "--json").out)
    assert (entry["name"], entry["path"], entry["sha256"]) == ("best_epoch_20_10", str(made), sha256(made))
    assert "FinePOSE, trained on MPI-INF-3DHP" in entry["about"]
    done = command("weights", "list", made)
    assert (done.code, done.out.splitlines()[0]) == (0, "best_epoch_20_10")
    assert sha256(made) in done.out


def test_keypoints_without_the_joints_that_the_weights_take(command: Command, walk: Path, tmp_path: Path) -> None:
    checkpoint, out = save_checkpoint(tmp_path / "best.bin", "d3dp"), tmp_path / "wild.safetensors"
    assert command("weights", "convert", checkpoint, "-o", out, "-q", "--trained-on", "wild").code == 0
    assert command("detect", walk, "-o", tmp_path, "-q").code == 0
    keypoints = json.loads((tmp_path / "walk_keypoints.json").read_text())
    for person in keypoints["people"]:
        person["joint_set"] = "h36m17"
        person["keypoints_2d"] = [frame[:17] for frame in person["keypoints_2d"]]
    (tmp_path / "h36m.json").write_text(json.dumps(keypoints))
    done = command("run", walk, "-q", "--from", tmp_path / "h36m.json", "--weights", out, "-o", tmp_path / "results")
    assert done.code == 2
    assert "--weights wild: takes coco17 joints" in done.error


def test_d3dp_that_tells_nothing_is_taken_for_human36m_with_a_warning(command: Command, tmp_path: Path) -> None:
    done = command("weights", "convert", save_checkpoint(tmp_path / "best.bin", "d3dp"))
    assert done.code == 0
    assert "taken for h36m; --trained-on says otherwise" in done.err
    assert "D3DP, trained on Human3.6M;" in done.err


def test_unusable_checkpoints(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "best.bin"
    assert f"{file} does not exist" in command("weights", "convert", file).error
    assert "is a folder" in command("weights", "convert", tmp_path).error
    file.write_text("a text, not a checkpoint\n" * 9)
    assert f"{file}: damaged" in command("weights", "convert", file).error
    torch.save({"weights": 1}, file)
    assert f"{file}: has no dictionary 'model_pos'" in command("weights", "convert", file).error
    assert list(tmp_path.iterdir()) == [file]
    save_checkpoint(file, "d3dp")
    assert "must end in .safetensors" in command("weights", "convert", file, "-o", tmp_path / "best.pt").error
    file.write_bytes(file.read_bytes()[:9000])
    done = command("weights", "convert", file)
    assert (done.code, list(tmp_path.iterdir())) == (2, [file])
    assert f"{file}: damaged" in done.error


def test_existing_and_converted_weights(command: Command, tmp_path: Path) -> None:
    checkpoint, out = save_checkpoint(tmp_path / "best.bin", "finepose_3dhp"), tmp_path / "best.safetensors"
    out.write_text("mine")
    done = command("weights", "convert", checkpoint)
    assert done.code == 2
    assert f"{out} exists; pass --overwrite" in done.error
    assert out.read_text() == "mine"
    assert "not weights of this program" in command("weights", "list", out).error
    assert command("weights", "convert", checkpoint, "-q", "--overwrite").code == 0
    assert f"{out} is converted already" in command("weights", "convert", out, "--overwrite").error
    itself = save_checkpoint(tmp_path / "named.safetensors", "d3dp")
    assert "is the checkpoint itself" in command("weights", "convert", itself, "--overwrite").error
    assert "use `weights convert`" in command("weights", "list", checkpoint).error


def test_calibrated_weights_give_one_hypothesis_a_radius(command: Command, walk: Path, tmp_path: Path) -> None:
    time = np.arange(60)[:, None, None] / 30
    clips = [np.random.default_rng(i).normal(size=(17, 3)) * 0.3 + [0, 1, 0] + 0.1 * np.sin(3 * time) for i in (0, 1)]
    rows = [{"clip_id": f"c{i}", "subject": f"s{i}", "split": "val"} for i in (0, 1)]
    mocap, out = write_mocap(tmp_path, clips, rows), tmp_path / "mine.safetensors"
    done = command("weights", "calibrate", "finepose-small", "--data", mocap, "-o", out)
    assert done.code == 0, done.err
    assert "when fitted to the others: s0 " in done.err
    assert "pass --overwrite" in command("weights", "calibrate", "finepose-small", "--data", mocap, "-o", out).error
    assert command("run", walk, "--weights", out, "-o", tmp_path / "results", "-q", *QUICK).code == 0
    (person,) = json.loads((tmp_path / "results" / "walk.json").read_text())["people"]
    assert person["uncertainty_kind"] == "radius80"
    radii = np.array(person["uncertainty"])
    assert (radii[:, 1:] > 0).all()

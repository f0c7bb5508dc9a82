"""`vid2pose3d data`: what it prints, writes and refuses."""

import json

import cv2
import numpy as np
import pytest

from vid2pose3d.cli.app import run_command
from vid2pose3d.data.mocap import load_mocap
from vid2pose3d.skeleton import H36M17

BODY = np.array([[0, .95, 0], [-.12, .95, 0], [-.13, .5, .03], [-.14, .08, 0], [.12, .95, 0], [.13, .5, .03],
                 [.14, .08, 0], [0, 1.18, .02], [0, 1.43, 0], [0, 1.53, .08], [0, 1.65, .02], [.17, 1.42, 0],
                 [.22, 1.14, 0], [.23, .9, .06], [-.17, 1.42, 0], [-.22, 1.14, 0], [-.23, .9, .06]])


@pytest.fixture
def recordings(tmp_path):
    """Three made-up files of two people, as arrays; one has no person."""
    for name, seconds in (("ann/walk", 3), ("ann/run", 2), ("bob/walk2", 2)):
        path = tmp_path / "recordings" / f"{name}.npz"
        path.parent.mkdir(parents=True, exist_ok=True)
        time = np.arange(30 * seconds)[:, None, None] / 30
        np.savez(path, positions=BODY + 0.02 * np.sin(3 * time + np.arange(17)[:, None]) + time * [0, 0, 1], fps=30,
                 names=H36M17.joints)
    np.savez(tmp_path / "recordings" / "bob" / "none.npz", x=1)
    (tmp_path / "labels.csv").write_text("clip,label,action\nwalk,a slow walk,walk\nrun,running,run\n")
    return tmp_path / "recordings"


def test_build_says_what_it_kept_and_stats_what_there_is(command, recordings, tmp_path):
    done = command("data", "build", recordings, "-o", tmp_path / "set", "--labels", tmp_path / "labels.csv")
    assert done.code == 0
    assert "none.npz" in done.out
    assert "left out: has no array" in done.out
    assert "3 clips, 0.1 minutes; 1 of 4 files left out" in done.err
    assert len(load_mocap(tmp_path / "set")) == 3

    done = command("data", "stats", tmp_path / "set", "-o", tmp_path / "sheet.png")
    assert done.code == 0
    assert "3 clips, 0.1 minutes, 2 subjects, 2 actions" in done.out
    for word in ("train", "val", "walk", "run", "own", "(none)"):
        assert word in done.out
    picture = cv2.cvtColor(cv2.imread(str(tmp_path / "sheet.png")), cv2.COLOR_BGR2RGB)
    for colour in ((0, 114, 178), (213, 94, 0)):
        drawn = (np.abs(picture.astype(int) - colour).max(axis=-1) < 30).sum()
        assert drawn > 3 * 7 * 40, "every strip has left and right limbs"


def test_json_for_programs(command, recordings, tmp_path):
    done = command("data", "build", recordings, "-o", tmp_path / "set", "--json", "-q")
    files = {entry["path"].rpartition("/")[2]: entry for entry in json.loads(done.out)}
    assert files["walk.npz"]["clips"] == ["walk"]
    assert files["walk.npz"]["unit"] == "metres"
    assert files["none.npz"]["problem"]
    done = command("data", "stats", tmp_path / "set", "-o", tmp_path / "s.png", "--json", "-q")
    found = json.loads(done.out)
    assert (found["clips"], found["subjects"]) == (3, 2)
    assert found["minutes"] == pytest.approx(7 / 60)
    assert sum(share["minutes"] for share in found["by_split"]) == pytest.approx(7 / 60)


def refused(done, *words):
    assert done.code == 2
    for word in words:
        assert word in done.error


def test_what_build_refuses(command, recordings, tmp_path):
    out = tmp_path / "set"
    refused(command("data", "build", tmp_path / "gone", "-o", out), "gone", "does not exist")
    refused(command("data", "build", recordings, "-o", out, "--fps", 0), "--fps 0")
    refused(command("data", "build", recordings, "-o", out, "--map", tmp_path / "m.json"), "--map", "m.json")
    refused(command("data", "build", recordings, "-o", out, "--labels", tmp_path / "l.csv"), "--labels", "l.csv")
    (tmp_path / "l.csv").write_text("clip,label\ntrot,x\n")
    refused(command("data", "build", recordings, "-o", out, "--labels", tmp_path / "l.csv"), "'trot'")
    np.savez(recordings / "odd.npz", positions=np.zeros((9, 3, 3)), names=["a", "b", "c"])
    refused(command("data", "build", recordings, "-o", out), "odd.npz", "a, b, c", "--map")
    assert not out.exists()
    (recordings / "odd.npz").unlink()
    assert command("data", "build", recordings, "-o", out, "-q").code == 0
    refused(command("data", "build", recordings, "-o", out), "index.csv", "--overwrite")
    assert command("data", "build", recordings, "-o", out, "-q", "--overwrite").code == 0


def test_what_stats_refuses(command, recordings, tmp_path):
    refused(command("data", "stats", tmp_path / "set", "-o", tmp_path / "a.png"), "mocap17.npz")
    refused(command("data", "stats", tmp_path / "set", "-o", tmp_path / "a.jpg"), "--out", ".png")
    (tmp_path / "a.png").write_text("mine")
    refused(command("data", "stats", tmp_path / "set", "-o", tmp_path / "a.png"), "a.png", "--overwrite")
    assert (tmp_path / "a.png").read_text() == "mine"


def test_training_takes_the_dataset(recordings, tmp_path):
    assert run_command(["data", "build", str(recordings), "-o", str(tmp_path / "set"), "-q"]) == 0
    code = run_command(["train", "lifter", "--data", str(tmp_path / "set"), "-o", str(tmp_path / "run"),
                        "--width", "16", "--depth", "1", "--frames", "9", "--steps", "2", "--batch", "4",
                        "--device", "cpu", "--quiet"])
    assert code == 0
    assert (tmp_path / "run" / "best.safetensors").is_file()

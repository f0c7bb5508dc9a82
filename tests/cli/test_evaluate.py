"""`evaluate` by the three protocols on small files, and what users get wrong."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from released_files import save_checkpoint
from small_files import write_3dhp, write_h36m, write_mocap

from vid2pose3d.convert import convert_checkpoint
from vid2pose3d.models.released import H36M_ACTIONS
from vid2pose3d.weights import sha256

Command = Callable[..., Any]
QUICK = ("--hypotheses", 2, "--iterations", 1, "--device", "cpu")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """tiny(kind): converted random weights, see released_files."""
    folder = tmp_path_factory.mktemp("weights")

    def make(kind: str) -> Path:
        path = folder / f"{kind}.safetensors"
        if not path.exists():
            name, _, data = kind.partition("-")
            convert_checkpoint(save_checkpoint(folder / f"{kind}.bin", name), path, trained_on=data or None,
                               warn=lambda text: None)
        return path

    return make


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder with the files of all three protocols."""
    folder = tmp_path_factory.mktemp("data")
    names = dict.fromkeys(H36M_ACTIONS, 9)
    write_h36m(folder, {"S9": names, "S11": names})
    write_3dhp(folder / "data_test_3dhp_ori.npz", {f"TS{number}": np.arange(20) > 3 for number in range(1, 7)})
    rng = np.random.default_rng(0)
    clips = [rng.normal(size=(17, 3)) * 0.2 + [0, 1, 0] + rng.normal(size=(40, 17, 3)) * 0.02 for _ in range(4)]
    rows = [{"clip_id": f"c{number}", "subject": f"s{number}", "split": split, "action": action, "fps": 15}
            for number, (split, action) in enumerate([("train", "walk"), ("test", "walk"), ("test", "run"),
                                                      ("val", "jump")])]
    return write_mocap(folder, clips, rows)


@pytest.mark.parametrize(("protocol", "kind", "columns", "average", "prompts"), [
    ("h36m", "finepose_h36m", list(H36M_ACTIONS), "Avg",
     "each sequence's true action, as in the released evaluation"),
    ("3dhp", "finepose_3dhp", ["TS1", "TS2", "TS3", "TS4", "TS5", "TS6"], "Avg",
     "none, these weights take no action"),
    ("own", "finepose-small", ["run", "walk"], "All", "each clip's true label"),
])
def test_tables_files_and_summary_agree(
    command: Command, tiny: Callable[[str], Path], data: Path, protocol: str, kind: str, columns: list[str],
    average: str, prompts: str, tmp_path: Path,
) -> None:
    weights = kind if protocol == "own" else tiny(kind)
    call = ("evaluate", "--protocol", protocol, "--data", data, "--weights", weights, *QUICK, "-o", tmp_path / "out")
    done = command(*call)
    assert done.code == 0, done.err
    assert f"note: prompts: {prompts}" in done.err
    found = json.loads((tmp_path / "out" / "evaluation.json").read_text(encoding="utf-8"))
    assert (list(found["columns"]), found["average"], found["prompts"]) == (columns, average, prompts)
    if protocol != "own":
        assert found["weights"] == {"name": kind, "sha256": sha256(weights)}
    assert [table["metric"] for table in found["tables"]] == [
        "mpjpe", "p_mpjpe", "n_mpjpe", "mpjve", "acceleration", "pck150", "auc", "pss"]
    with open(tmp_path / "out" / "evaluation.csv", newline="", encoding="utf-8") as file:
        lines = {(line["metric"], line["aggregation"]): line for line in csv.DictReader(file)}
    printed = [line for line in done.out.splitlines() if line.startswith("│")]
    assert len(printed) == len(lines)
    for table in found["tables"]:
        assert [row["title"] for row in table["rows"] if row["oracle"]] == ["P-Best (oracle)", "J-Best (oracle)"]
        for row in table["rows"]:
            line = lines[table["metric"], row["aggregation"]]
            assert [float(line[column]) for column in columns] == list(row["values"].values())
            assert (line["sha256"], line["prompts"]) == (found["weights"]["sha256"], prompts)
            title, *cells = [cell.strip() for cell in printed.pop(0).strip("│").split("│")]
            assert title == row["title"]
            assert [float(cell) for cell in cells] == pytest.approx([*row["values"].values(), row["average"]],
                                                                    rel=0, abs=0.0501)
    assert command(*call).code == 2
    again = command(*call, "--overwrite", "--json", "-q")
    summary = json.loads(again.out)
    assert summary.pop("files") == [str(tmp_path / "out" / name) for name in ("evaluation.json", "evaluation.csv")]
    assert summary.pop("notes") == [f"prompts: {prompts}"]
    assert summary == found
    assert not again.err


def test_parts_of_the_data(command: Command, tiny: Callable[[str], Path], data: Path, tmp_path: Path) -> None:
    weights = ("--weights", tiny("finepose_h36m"))
    done = command("evaluate", "--protocol", "h36m", "--data", data / "data_3d_h36m.npz", *weights, *QUICK, "-o",
                   tmp_path, "--actions", "Walking, Eating", "--subjects", "S11", "--action", "waving", "--json")
    found = json.loads(done.out)
    assert list(found["columns"]) == ["Eating", "Walking"]
    assert (found["title"], found["prompts"]) == ("Human3.6M, S11, 2D gt", "'waving' for all")
    assert (found["settings"]["actions"], found["settings"]["hypotheses"]) == (["Walking", "Eating"], 2)


def refused(done: Any, *words: str) -> None:
    assert done.code == 2
    for word in words:
        assert word in done.error


@pytest.mark.parametrize(("protocol", "kind", "options", "words"), [
    ("h36m", "finepose_3dhp", (), ("--weights finepose_3dhp", "mpi3dhp17", "use weights of Human3.6M")),
    ("3dhp", "finepose_h36m", (), ("--weights finepose_h36m", "mpi3dhp17", "use weights of MPI-INF-3DHP")),
    ("own", "d3dp-wild", (), ("--weights d3dp-wild", "coco17")),
    ("h36m", "d3dp-h36m", ("--actions", "Walking,Flying"), ("--actions Flying", "Directions")),
    ("h36m", "d3dp-h36m", ("--subjects", "S1"), ("--subjects S1", "S9, S11")),
    ("h36m", "d3dp-h36m", ("--keypoints", "cpn"), ("--keypoints cpn", "there is gt")),
    ("3dhp", "d3dp-3dhp", ("--sequences", "TS7"), ("--sequences TS7", "TS1")),
    ("3dhp", "d3dp-3dhp", ("--actions", "Walking"), ("--actions Walking", "h36m or own", "leave it out")),
    ("own", "d3dp-h36m", ("--actions", "fly"), ("--actions fly", "run, walk")),
    ("h36m", "d3dp-h36m", ("--split", "val"), ("--split val", "--protocol own")),
    ("own", "d3dp-h36m", ("--hypotheses", 0), ("--hypotheses 0", "at least 1")),
    ("own", "d3dp-h36m", ("--seed", -1), ("--seed -1", "at least 0")),
    ("own", "d3dp-h36m", ("--device", "abacus"), ("--device abacus",)),
    ("own", "abacus", (), ("--weights", "abacus")),
    ("h36m", "d3dp-h36m", ("--action", "waving", "--prompts", "neutral"), ("--action waving", "--prompts neutral")),
    ("coco", "d3dp-h36m", (), ("--protocol", "coco")),
])
def test_unusable_choices(
    command: Command, tiny: Callable[[str], Path], data: Path, protocol: str, kind: str, options: tuple[object, ...],
    words: tuple[str, ...], tmp_path: Path,
) -> None:
    weights = kind if kind == "abacus" else tiny(kind)
    done = command("evaluate", "--protocol", protocol, "--data", data, "--weights", weights, "-o", tmp_path / "out",
                   *options)
    refused(done, *words)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(("protocol", "kind", "file"), [
    ("h36m", "d3dp-h36m", "data_3d_h36m.npz"), ("3dhp", "d3dp-3dhp", "data_test_3dhp_ori.npz"),
    ("own", "d3dp-h36m", "mocap17.npz"),
])
def test_missing_data(
    command: Command, tiny: Callable[[str], Path], protocol: str, kind: str, file: str, tmp_path: Path
) -> None:
    for place in (tmp_path, tmp_path / "none"):
        done = command("evaluate", "--protocol", protocol, "--data", place, "--weights", tiny(kind), "-o",
                       tmp_path / "out")
        refused(done, str(place), file, "give")
    assert not any(tmp_path.iterdir())


def test_incomplete_data(command: Command, tiny: Callable[[str], Path], tmp_path: Path) -> None:
    h36m = ("evaluate", "--protocol", "h36m", "--data", tmp_path, "--weights", tiny("d3dp-h36m"), *QUICK)
    path, path_2d = write_h36m(tmp_path, {"S9": {"Walking": 9}})
    refused(command(*h36m), f"{path}: has no subject S11, only S9")
    refused(command(*h36m, "--subjects", "S9"), f"{path}: has no Directions, Discussion", "of S9", "--actions")
    path_2d.rename(tmp_path / "data_2d_h36m_cpn_ft_h36m_dbb.npz")
    write_h36m(tmp_path, {"S9": {"Walking": 9}})
    refused(command(*h36m), "several 2D files", "--keypoints cpn_ft_h36m_dbb or gt")
    for file in tmp_path.glob("data_2d*"):
        file.unlink()
    refused(command(*h36m), "no data_2d_h36m_*.npz beside")
    path = write_3dhp(tmp_path / "test.npz", {"TS1": np.ones(9), "TS2": np.zeros(9)})
    mpi3dhp = ("evaluate", "--protocol", "3dhp", "--data", path, "--weights", tiny("d3dp-3dhp"), *QUICK)
    refused(command(*mpi3dhp), f"{path}: lacks TS3, TS4, TS5, TS6", "--sequences")
    refused(command(*mpi3dhp, "--sequences", "TS1,TS2"), "TS2 has no valid frame")


def test_a_split_that_the_folder_lacks(command: Command, tiny: Callable[[str], Path], tmp_path: Path) -> None:
    write_mocap(tmp_path, [np.zeros((20, 17, 3))], [{"clip_id": "c", "subject": "s", "split": "train"}])
    done = command("evaluate", "--protocol", "own", "--data", tmp_path, "--weights", tiny("d3dp-h36m"), "-o",
                   tmp_path / "out")
    refused(done, "--split test", str(tmp_path), "another split")


def test_results_go_to_a_folder_of_their_own_by_default(
    command: Command, tiny: Callable[[str], Path], data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = command("evaluate", "--protocol", "3dhp", "--data", data / "data_test_3dhp_ori.npz", "--weights",
                   tiny("d3dp-3dhp"), "--sequences", "TS5", *QUICK, "-q")
    assert (done.code, done.out, done.err) == (0, "", "")
    assert {path.name for path in (tmp_path / "d3dp-3dhp_3dhp").iterdir()} == {"evaluation.json", "evaluation.csv"}

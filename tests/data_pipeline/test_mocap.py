"""Reading a motion capture folder, and its one-line errors."""

import csv
import re

import numpy as np
import pytest

from vid2pose3d.data.mocap import data_hash, free_licences, load_mocap, select
from vid2pose3d.errors import InputError

ROW = {"clip_id": "a", "source": "s", "license": "MIT", "subject": "one", "fps": "30", "label": "walk",
       "action": "walk", "split": "train", "quality": "good"}


def write(folder, rows, **changes):
    arrays = {"pos_mm": np.arange(5 * 51, dtype=np.int16).reshape(5, 17, 3), "start": np.array([0, 3]),
              "length": np.array([3, 2]), "clip_id": np.array(["a", "b"]), **changes}
    np.savez(folder / "mocap17.npz", **{name: value for name, value in arrays.items() if value is not None})
    with open(folder / "index.csv", "w", newline="") as file:
        table = csv.DictWriter(file, fieldnames=list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    return folder


def test_clips_are_metres_with_their_descriptions(tmp_path):
    folder = write(tmp_path, [{**ROW, "clip_id": "b", "label": "kick, left"}, {**ROW, "split": "train"}])
    first, second = load_mocap(folder)
    assert (first.id, first.label, first.fps, len(first)) == ("b", "kick, left", 30.0, 2)
    assert first.joints.dtype == np.float32
    np.testing.assert_allclose(first.joints[0, 0], np.array([153, 154, 155]) / 1000, atol=1e-7)
    assert (second.id, len(second)) == ("a", 3)


@pytest.mark.parametrize(("rows", "changes", "message"), [
    ([{**ROW, "clip_id": "c"}], {}, "clip 'c' is not in mocap17.npz"),
    ([{**ROW, "fps": "fast"}], {}, "fps 'fast'"),
    ([{**ROW, "fps": "0"}], {}, "fps '0'"),
    ([ROW, {**ROW, "clip_id": "b", "split": "test"}], {}, "subject 'one' is in splits 'train' and 'test'"),
    ([{k: v for k, v in ROW.items() if k != "label"}], {}, "column 'label' is missing"),
    ([ROW], {"length": None}, "array 'length' is missing"),
    ([ROW], {"pos_mm": np.zeros((5, 22, 3), np.int16)}, "shape (5, 22, 3)"),
    ([ROW], {"length": np.array([0, 2])}, "clip 'a' has no frames"),
])
def test_a_bad_folder_gets_one_line_that_says_why(tmp_path, rows, changes, message):
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        load_mocap(write(tmp_path, rows, **changes))
    assert "\n" not in str(caught.value)
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize("name", ["mocap17.npz", "index.csv"])
def test_a_missing_file_is_named_with_the_option(tmp_path, name):
    (write(tmp_path, [ROW]) / name).unlink()
    for read in (load_mocap, data_hash):
        with pytest.raises(InputError, match=f"{name}.*--data"):
            read(tmp_path)


def test_a_damaged_archive_is_an_input_error(tmp_path):
    (write(tmp_path, [ROW]) / "mocap17.npz").write_bytes(b"PK\x03\x04 cut short")
    with pytest.raises(InputError, match="not a readable NumPy archive"):
        load_mocap(tmp_path)


def test_hash_changes_with_either_file(tmp_path):
    hashes = {data_hash(write(tmp_path, [ROW]))}
    hashes.add(data_hash(write(tmp_path, [{**ROW, "label": "run"}])))
    hashes.add(data_hash(write(tmp_path, [ROW], start=np.array([0, 2]))))
    assert len(hashes) == 3
    assert all(re.fullmatch("[0-9a-f]{64}", value) for value in hashes)


def test_only_licences_for_any_use_are_free(tmp_path):
    rows = [{**ROW, "license": "CC BY-NC 4.0"}, {**ROW, "clip_id": "b", "license": "CC BY 3.0"}]
    clips = load_mocap(write(tmp_path, rows))
    assert free_licences(clips) == ["CC BY 3.0"]
    assert [clip.id for clip in select(clips, split="train", free_only=True)] == ["b"]


def test_the_recorded_data_reads(shared):
    clips = load_mocap(shared / "mocap")
    splits = {name: {clip.subject for clip in select(clips, split=name)} for name in ("train", "val", "test")}
    assert all(splits.values())
    assert sum(map(len, splits.values())) == len(set.union(*splits.values()))
    assert len(free_licences(clips)) == 3
    ankles = np.concatenate([clip.joints[:, [3, 6], 1].min(axis=1) for clip in clips])
    assert 0.0 < np.percentile(ankles, 2) < 0.12

"""The recordings of docs/fine_tuning.md make the dataset that it describes."""

from collections import Counter
from pathlib import Path

from vid2pose3d.data.build import BuildSettings, build_dataset
from vid2pose3d.data.mocap import load_mocap
from vid2pose3d.data.windows import sampling_weights
from vid2pose3d.reporter import Reporter

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "fine_tuning"


class Strict(Reporter):
    def warn(self, text):
        raise AssertionError(text)


def test_the_golfer_trains_beside_others_and_is_tested_on_other_clips(tmp_path):
    build_dataset([EXAMPLE / "golfer", EXAMPLE / "others"], tmp_path / "golf", BuildSettings(),
                  labels=EXAMPLE / "labels.csv", places={}, overwrite=False, reporter=Strict())
    clips = load_mocap(tmp_path / "golf")
    assert Counter((clip.split, clip.source) for clip in clips) == {
        ("train", "golfer"): 9, ("val", "golfer"): 3, ("test", "golfer"): 3, ("train", "others"): 8}
    train = [clip for clip in clips if clip.split == "train"]
    others = sum(weight for clip, weight in zip(train, sampling_weights(train), strict=True) if clip.source == "others")
    assert 0.5 < others < 0.75
    assert {clip.label for clip in clips if clip.split == "test"} == {"golf swing", "picking up ball"}

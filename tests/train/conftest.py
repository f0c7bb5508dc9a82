import numpy as np
import pytest
from small_files import write_mocap

from vid2pose3d.train.settings import TrainSettings


@pytest.fixture
def mocap(tmp_path):
    """A motion capture folder of made-up motion: figures that swing their limbs."""
    folder = tmp_path / "mocap"
    folder.mkdir()
    rng = np.random.default_rng(0)
    rest = np.array([[0, .9, 0], [-.1, .9, 0], [-.1, .5, 0], [-.1, .1, 0], [.1, .9, 0], [.1, .5, 0], [.1, .1, 0],
                     [0, 1.1, 0], [0, 1.4, 0], [0, 1.5, .1], [0, 1.65, 0], [.2, 1.4, 0], [.25, 1.1, 0], [.3, .9, 0],
                     [-.2, 1.4, 0], [-.25, 1.1, 0], [-.3, .9, 0]])
    rows, clips = [], []
    for number, split in enumerate(("train", "train", "val", "test")):
        time = np.arange(120) / 30
        swing = 0.1 * np.sin(time[:, None, None] * rng.uniform(2, 5) + rng.uniform(0, 6, (17, 3)))
        swing[:, 0] = 0
        clips.append(rest + swing)
        rows.append({"clip_id": f"c{number}", "subject": f"s{number}", "split": split})
    return write_mocap(folder, clips, rows)


@pytest.fixture
def tiny():
    """A recipe that takes seconds."""
    def make(**changes):
        return TrainSettings(**{"width": 16, "depth": 1, "heads": 2, "frames": 9, "steps": 8, "batch": 8,
                                "warmup": 2, "drop_path": 0.1, **changes})
    return make

import csv

import numpy as np
import pytest

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
    rows, parts, start = [], [], 0
    for number, split in enumerate(("train", "train", "val", "test")):
        time = np.arange(120) / 30
        swing = 0.1 * np.sin(time[:, None, None] * rng.uniform(2, 5) + rng.uniform(0, 6, (17, 3)))
        swing[:, 0] = 0
        parts.append(1000 * (rest + swing))
        rows.append([f"c{number}", "made up", "MIT", f"s{number}", 30, "walk left", "walk", split, "good"])
        start += 120
    lengths = [len(part) for part in parts]
    np.savez(folder / "mocap17.npz", pos_mm=np.concatenate(parts).astype(np.int16), length=lengths,
             start=np.cumsum(lengths) - lengths, clip_id=[row[0] for row in rows])
    with open(folder / "index.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["clip_id", "source", "license", "subject", "fps", "label", "action", "split", "quality"])
        writer.writerows(rows)
    return folder


@pytest.fixture
def tiny():
    """A recipe that takes seconds."""
    def make(**changes):
        return TrainSettings(**{"width": 16, "depth": 1, "heads": 2, "frames": 9, "steps": 8, "batch": 8,
                                "warmup": 2, "drop_path": 0.1, **changes})
    return make

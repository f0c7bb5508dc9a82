"""Runs of the command line, and small clips to run it on."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pytest
from small_files import write_mocap

from vid2pose3d.cli.app import run_command
from vid2pose3d.video import VideoReader, VideoWriter

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "walk_static.mp4"


@dataclass
class Done:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The one line that the program printed. Fails where it printed anything else."""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith("vid2pose3d: ")
        assert not self.out
        return lines[0]


@pytest.fixture
def command(capfd: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Runs the program in this process."""

    def run(*arguments: object) -> Done:
        capfd.readouterr()
        code = run_command([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return Done(code, out, err)

    return run


@pytest.fixture(scope="session")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half a second of the example clip: one person."""
    path = tmp_path_factory.mktemp("clips") / "walk.mp4"
    with VideoReader(EXAMPLE, start=1.0, end=1.5) as reader:
        clip = reader.clip
        with VideoWriter(path, width=clip.width, height=clip.height, fps=clip.fps) as writer:
            for frame in reader:
                writer.write(frame.image, frame.time)
    return path


@pytest.fixture(scope="session")
def grey(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four frames without anybody."""
    path = tmp_path_factory.mktemp("clips") / "grey.mp4"
    with VideoWriter(path, width=160, height=120, fps=10.0) as writer:
        for number in range(4):
            writer.write(np.full((120, 160, 3), 128, np.uint8), number / 10)
    return path


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second of silence, without a picture."""
    path = tmp_path_factory.mktemp("clips") / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 44100), np.float32), format="fltp", layout="mono")
        frame.rate = 44100
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="session")
def small_mocap(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made-up motion of four people: one to train on, two to test and one to validate with."""
    rng = np.random.default_rng(0)
    clips = [rng.normal(size=(17, 3)) * 0.2 + [0, 1, 0] + rng.normal(size=(40, 17, 3)) * 0.02 for _ in range(4)]
    rows = [{"clip_id": f"c{number}", "subject": f"s{number}", "split": split, "action": action, "fps": 15}
            for number, (split, action) in enumerate([("train", "walk"), ("test", "walk"), ("test", "run"),
                                                      ("val", "jump")])]
    return write_mocap(tmp_path_factory.mktemp("mocap"), clips, rows)

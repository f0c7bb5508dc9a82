"""Speed of the overlay video at 720p: frames per second, and the cost of drawing over that of copying the clip.

    python benchmarks/overlay.py [--people 2] [--frames 150] [--rounds 3]

The clip is the example's, scaled to 1280 x 720, with made-up people walking through it. Copying is decoding and
encoding without drawing; the three ways alternate, and the fastest round of each counts. CPU times hold on a
busy machine as well, frames per second by the clock only on an idle one; there the main thread is what limits them as
long as the encoder's threads have cores of their own. Prints a Markdown table.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from vid2pose3d.motion import Person2D
from vid2pose3d.render import write_overlay
from vid2pose3d.skeleton import H36M17
from vid2pose3d.video import VideoReader, VideoWriter

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "walk_static.mp4"
WIDTH, HEIGHT = 1280, 720
BAR = 60.0
"""Frames per second on four idle cores."""
TALL = 500
"""Pixels."""
PARTS = {"ankle": (0.08, 0.96), "knee": (0.08, 0.72), "hip": (0.06, 0.48), "pelvis": (0, 0.48), "spine": (0, 0.33),
         "thorax": (0, 0.19), "neck_nose": (0, 0.1), "head": (0, 0), "shoulder": (0.1, 0.19), "elbow": (0.15, 0.36),
         "wrist": (0.13, 0.52)}
"""Half the distance of left and right, and distance below the top of the head, of a standing body 1 high."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=2)
    parser.add_argument("--frames", type=int, default=150)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        clip, out = Path(folder) / "clip.mp4", Path(folder) / "out.mp4"
        make_clip(clip, options.frames)
        people = [walker(number, options.frames) for number in range(1, options.people + 1)]
        lifted = [person.xy + 3.0 for person in people]
        ways = {
            "copy": lambda: _overlay(clip, out, [], []),
            "2D": lambda: _overlay(clip, out, people, []),
            "2D and reprojected 3D": lambda: _overlay(clip, out, people, lifted),
        }
        spent: dict[str, list[tuple[float, float, float]]] = {way: [] for way in ways}
        for _ in range(options.rounds):
            for way, work in ways.items():
                spent[way].append(_timed(work))
    print(f"| {options.people} people, {WIDTH} x {HEIGHT} | frames/s (bar {BAR:.0f}) | CPU ms per frame "
          "| of it main thread | CPU / copy |")
    print("|---|---|---|---|---|")
    copy = min(cpu for _, cpu, _ in spent["copy"])
    for way, rounds in spent.items():
        wall, cpu, main_thread = (min(values) for values in zip(*rounds, strict=True))
        print(f"| {way} | {options.frames / wall:.0f} | {1000 * cpu / options.frames:.1f} "
              f"| {1000 * main_thread / options.frames:.1f} | {cpu / copy:.2f} |")


def make_clip(path: Path, frames: int) -> None:
    """The example clip at 720p, forwards and backwards until it has so many frames."""
    with VideoReader(EXAMPLE) as reader:
        pictures = [frame.image for frame in reader]
    order = [*range(len(pictures)), *reversed(range(len(pictures)))]
    with VideoWriter(path, width=WIDTH, height=HEIGHT, fps=30) as writer:
        for number in range(frames):
            picture = pictures[order[number % len(order)]]
            writer.write(cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR), number / 30)


def walker(number: int, frames: int) -> Person2D:
    """Someone who glides across the picture, one joint in five uncertain."""
    pose = np.array([_place(joint) for joint in H36M17.joints])
    across = np.linspace(150, WIDTH - 150, frames)[:: 1 if number % 2 else -1]
    xy = pose + np.stack([across, np.full(frames, 80.0)], axis=-1)[:, None]
    confidence = np.tile(np.where(np.arange(len(H36M17)) % 5, 0.9, 0.3), (frames, 1))
    box = np.concatenate([xy.min(axis=1), xy.max(axis=1)], axis=-1)
    return Person2D(number, H36M17, np.arange(frames), np.arange(frames) / 30, xy, confidence, box,
                    np.zeros(frames, bool))


def _place(joint: str) -> tuple[float, float]:
    """Pixels from the top of the head."""
    aside, down = PARTS[joint.removeprefix("left_").removeprefix("right_")]
    return (1 if joint.startswith("left_") else -1) * aside * TALL, down * TALL


def _overlay(clip: Path, out: Path, people: list[Person2D], lifted: list[np.ndarray]) -> None:
    with VideoReader(clip) as reader:
        write_overlay(out, reader, people, action=None, reprojected=lifted, progress=lambda done, total: None)


def _timed(work: Callable[[], None]) -> tuple[float, float, float]:
    """Seconds by the clock, of CPU over all threads, and of CPU in this one."""
    clocks = (time.perf_counter, time.process_time, time.thread_time)
    begin = [clock() for clock in clocks]
    work()
    wall, cpu, own = (clock() - before for clock, before in zip(clocks, begin, strict=True))
    return wall, cpu, own


if __name__ == "__main__":
    main()

"""Speed of the lifter at the size of the release (width 512, depth 8, 243 frames; random weights), on one thread.

    python benchmarks/lifter.py [--quick] [--wall]

Ratios of measurements that take turns, each with its bar. Both sides are timed block by block, and of every block the
least time of all rounds counts: what else a machine does only adds.
  forward        one forward of one hypothesis over the matrix products that it contains, timed alone
  hypotheses     H = 5 over H = 1, by the lifter's own path
  iterations     K = 3 steps of the sampler over the forwards that they make
  growth         resident memory gained over windows, MiB
Times are those of the thread's own CPU; --wall takes the clock's. Where there is a GPU, its table follows.
Exits with 1 past a bar.
"""

import argparse
import itertools
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"  # before torch is loaded

import numpy as np
import torch
from lifter_gpu import report_gpu
from torch import Tensor

from vid2pose3d.lift import Lifter
from vid2pose3d.models.config import DenoiserConfig
from vid2pose3d.models.registry import build_denoiser
from vid2pose3d.models.released import released_prompt
from vid2pose3d.weights import LifterConfig, LifterWeights

CONFIG = DenoiserConfig(width=512, depth=8, frames=243, prompt=released_prompt(
    with_action=True, width=512, heads=8, layers=1, vocabulary=49408, encoder_layers=1))
FORWARD_BAR, HYPOTHESES_BAR, ITERATIONS_BAR, GROWTH_BAR = 1.12, 5.1, 1.02, 4.0
Job = Callable[[], object]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="half of the repetitions")
    parser.add_argument("--wall", action="store_true", help="time by the clock instead of the thread's CPU")
    options = parser.parse_args()
    torch.set_num_threads(1)
    lifter = Lifter(lifter_weights())
    rounds = 4 if options.quick else 10
    with torch.inference_mode():
        rows = measure(lifter, rounds, time.perf_counter if options.wall else time.thread_time)
    print("\n| measured | value | bar | |\n|---|---|---|---|")
    for name, value, bar in rows:
        print(f"| {name} | {value:.3f} | {bar:g} | {'ok' if value <= bar else 'FAILED'} |")
    exact = report_gpu(lifter_weights(), flops(CONFIG)) if torch.cuda.is_available() else True
    return int(not exact or any(value > bar for _, value, bar in rows))


def measure(lifter: Lifter, rounds: int, clock: Callable[[], float]) -> list[tuple[str, float, float]]:
    """Name, value and bar of each measurement."""
    watch = BlockWatch(clock)
    for block in [*lifter._model.STEblocks, *lifter._model.TTEblocks]:
        block.register_forward_pre_hook(lambda *_: watch.mark())
    products, forward, drawing = matrix_products(CONFIG, watch), forward_job(lifter), draw_job(lifter)
    one, five, three = drawing(1, 1), drawing(5, 1), drawing(1, 3)
    alone, within = watch.least(products, forward, rounds=rounds)
    print(f"matrix products {alone:.3f} s, {flops(CONFIG) / alone / 1e9:.0f} GFLOP/s; "
          f"forward {within:.3f} s, {CONFIG.frames / within:.0f} frames/s", flush=True)
    first, all_five = watch.least(one, five, rounds=rounds // 3)
    single, steps = watch.least_of_six(forward, three, rounds=rounds // 3)
    return [
        ("forward / its matrix products", within / alone, FORWARD_BAR),
        ("H = 5 / H = 1", all_five / first, HYPOTHESES_BAR),
        ("K = 3 / 6 forwards (each step also sees the mirror image)", steps / single, ITERATIONS_BAR),
        ("memory gained over 8 windows, MiB", resident_growth(one, windows=8), GROWTH_BAR),
    ]


class BlockWatch:
    """Times jobs in pieces that end at marks."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._marks: list[float] = []

    def mark(self) -> None:
        self._marks.append(self._clock())

    def pieces(self, job: Job) -> list[float]:
        """Seconds of every piece of one run."""
        self._marks = []
        self.mark()
        job()
        self.mark()
        return [after - before for before, after in itertools.pairwise(self._marks)]

    def least(self, *jobs: Job, rounds: int) -> list[float]:
        """Seconds of each job, which take turns: the sum over its pieces of their least time."""
        for job in jobs:
            job()
        runs = [[self.pieces(job) for job in jobs] for _ in range(rounds)]
        return [sum(map(min, zip(*of_job, strict=True))) for of_job in zip(*runs, strict=True)]

    def least_of_six(self, forward: Job, six: Job, *, rounds: int) -> tuple[float, float]:
        """Seconds of six forwards, and of a job that makes six: of both, each block had as many chances to be fast."""
        alone = np.array([self.pieces(forward) for _ in range(6 * rounds)])
        within = np.array([self.pieces(six) for _ in range(rounds)])
        start, blocks = within[:, 0], within[:, 1:].reshape(rounds, 6, -1)
        # A forward's last piece holds what the sampler does before the next one, which differs.
        between = blocks[..., -1].min(axis=0).sum()
        return float(6 * alone.min(axis=0).sum()), float(
            start.min() + 6 * blocks[..., :-1].min(axis=(0, 1)).sum() + between)


def lifter_weights() -> LifterWeights:
    torch.manual_seed(0)
    return LifterWeights("random", "0" * 64, LifterConfig(CONFIG, "screen", 50.0, 1.0), build_denoiser(CONFIG))


def forward_job(lifter: Lifter) -> Job:
    """One call of the network with one window, one hypothesis and a prompt that was encoded before."""
    model, prompt = lifter._model, lifter.encode(["walking"])
    x2d, noisy = given(hypotheses=1)
    return lambda: model(x2d, noisy, torch.tensor([999]), prompt)


def draw_job(lifter: Lifter) -> Callable[[int, int], Job]:
    """The lifter's own path for one window, with H hypotheses and K iterations."""
    prompt = lifter.encode(["walking"])

    def job(hypotheses: int, iterations: int) -> Job:
        x2d, noisy = given(hypotheses=hypotheses)
        noise = np.repeat(noisy.numpy()[None], iterations, axis=0)
        return lambda: lifter.draw(x2d.numpy(), noise, prompt)

    return job


def given(*, hypotheses: int) -> tuple[Tensor, Tensor]:
    drawn = torch.Generator().manual_seed(0)
    window = (CONFIG.frames, CONFIG.joints)
    return torch.randn(1, *window, 2, generator=drawn), torch.randn(1, hypotheses, *window, 3, generator=drawn)


def linear_shapes(config: DenoiserConfig) -> list[tuple[int, int, int, int]]:
    """(times, rows, inputs, outputs) of the linear layers in one forward of one window and hypothesis."""
    assert config.prompt is not None
    tokens, width, blocks = config.frames * config.joints, config.width, 2 * config.depth
    hidden = width * config.hidden_ratio
    return [
        (1, tokens, config.input_channels + 3, width), (1, tokens, width, 3),
        (1, 1, width, 2 * width), (1, 1, 2 * width, width), (1, 1, width, 2 * width),
        (blocks, tokens, width, 3 * width), (blocks, tokens, width, width),
        (blocks, tokens, width, hidden), (blocks, tokens, hidden, width),
        (2, tokens, width, width), (2, config.prompt.length, config.prompt.width, width),
    ]


def attention_shapes(config: DenoiserConfig) -> list[tuple[int, int, int, int, int]]:
    """(times, batch, queries, keys, channels of a head) of the attentions."""
    assert config.prompt is not None
    frames, joints, heads, channels = config.frames, config.joints, config.heads, config.width // config.heads
    return [(config.depth, frames * heads, joints, joints, channels),
            (config.depth, joints * heads, frames, frames, channels),
            (1, heads, joints * frames, config.prompt.length, channels)]


def flops(config: DenoiserConfig) -> int:
    linear = sum(2 * times * rows * inputs * outputs for times, rows, inputs, outputs in linear_shapes(config))
    return linear + sum(4 * times * batch * queries * keys * channels
                        for times, batch, queries, keys, channels in attention_shapes(config))


def matrix_products(config: DenoiserConfig, watch: BlockWatch) -> Job:
    """Every matrix product of a forward and nothing else, into memory that is there already, with a mark per block."""
    jobs: list[tuple[int, Tensor, Tensor, Tensor]] = []
    for times, rows, inputs, outputs in linear_shapes(config):
        jobs.append((times, torch.randn(rows, inputs), torch.randn(outputs, inputs).t(), torch.empty(rows, outputs)))
    for times, batch, queries, keys, channels in attention_shapes(config):
        q, k, v = (torch.randn(batch, count, channels) for count in (queries, keys, keys))
        scores = torch.randn(batch, queries, keys)
        jobs += [(times, q, k.transpose(1, 2), scores), (times, scores.clone(), v, torch.empty_like(q))]

    def job() -> None:
        for block in range(2 * config.depth):
            watch.mark()
            for times, left, right, out in jobs:
                for _ in range(times * (block + 1) // (2 * config.depth) - times * block // (2 * config.depth)):
                    torch.matmul(left, right, out=out)

    return job


def resident_growth(job: Job, *, windows: int) -> float:
    """MiB of resident memory gained between the first and the second half of some windows, after two.

    Of each half it is the least that counts: what the allocator has not yet given back comes and goes.
    """
    job(), job()
    held = []
    for _ in range(windows):
        job()
        held.append(resident())
    return (min(held[windows // 2:]) - min(held[:windows // 2])) / 2**20


def resident() -> int:
    """Bytes of memory that this process holds (Linux)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    sys.exit(main())

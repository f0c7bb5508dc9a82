"""The lifter on a GPU: hypotheses in one batch, by the program's own path and with the forward as a CUDA graph."""

import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from vid2pose3d.device import PRECISIONS
from vid2pose3d.lift import Lifter
from vid2pose3d.models.prompt import Prompt
from vid2pose3d.weights import LifterWeights

ERROR_BAR = 0.5
"""Millimetres of mean difference from fp32."""
CASES = ((1, 1), (5, 5), (20, 10))
"""H and K."""
FORWARDS = 2
"""For each step: of the input and of its mirror image."""
Job = Callable[[], object]


def report_gpu(weights: LifterWeights, flops: int) -> bool:
    """Print speed and error of each precision, H and K; returns whether bf16 or fp16 keeps within ERROR_BAR.

    flops: of the matrix products in one forward of one window and hypothesis.
    """
    frames = weights.config.denoiser.frames
    print(f"\n{torch.cuda.get_device_name()}, windows of {frames} frames, one at a time\n")
    print("| precision | mean error, mm | H | K | frames/s | captured: frames/s | of the measured ceiling |")
    print("|---|---|---|---|---|---|---|")
    errors = []
    for precision, dtype in PRECISIONS.items():
        lifter = Lifter(weights, "cuda", precision=precision)
        errors.append(difference(Lifter(weights, "cuda"), lifter))
        rate = product_rate(dtype)
        for hypotheses, iterations in CASES:
            eager = timed(draw(lifter, hypotheses, iterations))
            graph = timed(captured(lifter, hypotheses)) * FORWARDS * iterations
            share = flops * hypotheses * FORWARDS * iterations / graph / rate
            print(f"| {precision} | {errors[-1]:.3f} | {hypotheses} | {iterations} | {frames / eager:.0f} "
                  f"| {frames / graph:.0f} | {share:.2f} |", flush=True)
    return min(errors[1:]) <= ERROR_BAR


def draw(lifter: Lifter, hypotheses: int, iterations: int) -> Job:
    x2d, noise, prompt = *_given(lifter, hypotheses, iterations), lifter.encode(["walking"])
    return lambda: lifter.draw(x2d, noise, prompt)


def difference(exact: Lifter, other: Lifter) -> float:
    """Mean distance of the joints that two lifters draw from the same noise, millimetres."""
    one, two = (draw(lifter, 1, 1)() for lifter in (exact, other))
    return float(np.linalg.norm(np.asarray(one) - np.asarray(two), axis=-1).mean() * 1000)


def captured(lifter: Lifter, hypotheses: int) -> Job:
    """Replays one forward of a window with all its hypotheses, captured as a CUDA graph."""
    x2d, noise = (torch.from_numpy(value).cuda() for value in _given(lifter, hypotheses, 1))
    t, prompt = torch.tensor([999], device="cuda"), lifter.encode(["walking"])
    forward = _forward(lifter, x2d, noise[0], t, prompt)
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):  # kernels choose their algorithms before the capture
        for _ in range(3):
            forward()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        forward()
    return graph.replay


def _forward(lifter: Lifter, x2d: Tensor, noisy: Tensor, t: Tensor, prompt: Prompt | None) -> Job:
    @torch.inference_mode()
    def forward() -> Tensor:
        # weights that were cast before the capture would not be part of it
        with torch.autocast("cuda", lifter._dtype, enabled=lifter._dtype != torch.float32, cache_enabled=False):
            return lifter._model(x2d, noisy, t) if prompt is None else lifter._model(x2d, noisy, t, prompt)

    return forward


def product_rate(dtype: torch.dtype) -> float:
    """Floating-point operations per second of a large matrix product."""
    size = 8192
    left, right = (torch.randn(size, size, device="cuda", dtype=dtype) for _ in range(2))
    return 2 * size**3 / timed(lambda: left @ right)


def timed(job: Job, *, rounds: int = 10) -> float:
    """Seconds of the fastest of some rounds, after two that do not count."""
    seconds = []
    for _ in range(rounds + 2):
        torch.cuda.synchronize()
        begin = time.perf_counter()
        job()
        torch.cuda.synchronize()
        seconds.append(time.perf_counter() - begin)
    return min(seconds[2:])


def _given(lifter: Lifter, hypotheses: int, iterations: int) -> tuple[np.ndarray, np.ndarray]:
    drawn, sizes = np.random.default_rng(0), lifter.config.denoiser
    window = (sizes.frames, sizes.joints)
    x2d = drawn.standard_normal((1, *window, sizes.input_channels), dtype=np.float32)
    return x2d, drawn.standard_normal((iterations, 1, hypotheses, *window, 3), dtype=np.float32)

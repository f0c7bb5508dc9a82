"""The refiner's diffusion: the noise is the pose that a lifter estimated, so that its chain starts there."""

from collections.abc import Callable, Iterator

from torch import Tensor

from vid2pose3d.diffusion import CosineSchedule, Prediction, ddim_times

PredictError = Callable[[Tensor, int], Tensor]
"""(x_t, step) -> error of the estimated pose, in the pose's unit."""


def disturb(x0: Tensor, error: Tensor, t: Tensor, schedule: CosineSchedule) -> Tensor:
    """x_t at steps t (B,) between true poses x0 (B, ...) and the estimates x0 + error (D3PRefiner, Eq. 3 and 4)."""
    return schedule.mix(x0, x0 + error, t).to(x0.dtype)


def refine(predict: PredictError, start: Tensor, schedule: CosineSchedule, *, iterations: int) -> Iterator[Prediction]:
    """Yield the K predictions of the true pose; the last one is the answer (D3PRefiner, Eq. 8 and 9).

    start: the estimated poses, which are x_T. A DDIM chain with eta = 0. Raises ValueError as `ddim_times`.
    """
    times, x = ddim_times(schedule.steps, iterations), start
    for step, following in zip(times, times[1:], strict=False):
        signal, noise = _shares(schedule, step)
        error = predict(x, step)
        clean = (x - noise * error) / (signal + noise)
        yield Prediction(step, clean)
        if following < 0:
            return
        signal, noise = _shares(schedule, following)
        x = signal * clean + noise * (clean + error)


def _shares(schedule: CosineSchedule, step: int) -> tuple[float, float]:
    level = schedule.alphas_cumprod[step].item()
    return level ** 0.5, (1 - level) ** 0.5

"""Values of D3PRefiner's formulas: the conditional distribution, the forward process and the reverse chain."""

from collections.abc import Iterator

import numpy as np
import torch

from parity_layouts.recorded import Check, Recorded
from vid2pose3d.diffusion import CosineSchedule, ddim_times
from vid2pose3d.refine.error_model import ErrorModel
from vid2pose3d.refine.process import disturb, refine


def recognises(recorded: Recorded) -> bool:
    return all(key in recorded for key in ("in/est3d", "in/err", "in/c_query"))


def compare(recorded: Recorded) -> Iterator[Check]:
    """Yield what the package computes for the arrays of the recording."""
    context = np.concatenate([recorded["in/x2d"], recorded["in/est3d"]], axis=1)
    model = ErrorModel.fit(context, recorded["in/err"], ridge=float(recorded["in/ridge"]))
    query = recorded["in/c_query"]
    error = model.sample(query, recorded["in/z"])
    yield Check("out/mu_cond", model.mean(query))
    yield Check("out/sigma_cond", model.covariance)
    yield Check("out/err_sample", error)

    level = next(key for key in recorded.keys("in/abar_T"))
    schedule = CosineSchedule(len(recorded[level]))
    yield Check(level, schedule.alphas_cumprod.numpy())
    x0 = recorded.tensor("in/x0")
    yield Check("out/noisy_pose", x0.numpy() + error)
    yield Check("out/x_t", disturb(x0, torch.from_numpy(error), recorded.tensor("in/t"), schedule).numpy())

    iterations = len(recorded["chain/times"]) - 1
    yield Check("chain/times", np.array(ddim_times(schedule.steps, iterations)))
    for prediction in refine(lambda _, step: recorded.tensor(f"chain/net_out_{step}"),
                             recorded.tensor("out/noisy_pose"), schedule, iterations=iterations):
        yield Check(f"chain/x0_hat_{prediction.step}", prediction.clean.numpy())

"""Noise schedules and samplers; they know no network and no skeleton."""

from vid2pose3d.diffusion.ddim import Prediction, ddim_sample, ddim_times
from vid2pose3d.diffusion.schedule import CosineSchedule

__all__ = ["CosineSchedule", "Prediction", "ddim_sample", "ddim_times"]

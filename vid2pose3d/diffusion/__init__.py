"""Noise schedules and samplers; they know no network and no skeleton."""

from vid2pose3d.diffusion.ddim import Prediction, ddim_sample, ddim_times
from vid2pose3d.diffusion.loss import backward_as_released, position_loss
from vid2pose3d.diffusion.schedule import CosineSchedule

__all__ = ["CosineSchedule", "Prediction", "backward_as_released", "ddim_sample", "ddim_times", "position_loss"]

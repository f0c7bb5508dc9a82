"""Networks that were trained, however little, are recognised by what they do."""

import numpy as np
import pytest
import torch

from vid2pose3d.convert.figure import turning_figure
from vid2pose3d.convert.origin import ORIGINS, likeness, tell_origin
from vid2pose3d.diffusion import CosineSchedule
from vid2pose3d.models.config import DenoiserConfig
from vid2pose3d.models.mixste import MixSTE

FRAMES, BATCH, STEPS = 3, 16, 120


def batch(rng, origin):
    """Figures of other shapes than the probe's, turned at random, in the middle of the picture."""
    moments = {name: points[rng.integers(243, size=BATCH)] for name, points in turning_figure(243).items()}
    shape = rng.normal(1.0, 0.1, size=(BATCH, 1, 3))
    points = {name: shape * (place[:, None] + rng.normal(0, 0.03, size=(BATCH, 1, 3)))
              for name, place in moments.items()}
    seen, posed = (np.stack([points[name] for name in joints.joints], axis=2).repeat(FRAMES, axis=1)
                   for joints in (origin.joints_2d, origin.joints_3d))
    x2d = 2.0 * seen[..., :2] / (seen[..., 2:] + rng.uniform(4, 6, size=(BATCH, 1, 1, 1)))
    root = origin.joints_3d.index("pelvis")
    return (torch.from_numpy(values).float() for values in (x2d, posed - posed[:, :, root:root + 1]))


@pytest.mark.parametrize("kind", ORIGINS)
def test_a_little_trained_network_tells_its_joint_order(kind):
    torch.manual_seed(0)
    rng, schedule = np.random.default_rng(0), CosineSchedule()
    model = MixSTE(DenoiserConfig(width=32, depth=1, frames=FRAMES))
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(STEPS):
        x2d, clean = batch(rng, ORIGINS[kind])
        t = torch.randint(500, 1000, (BATCH,))
        noisy = schedule.diffuse(clean, torch.randn_like(clean), t)
        loss = (model(x2d, noisy[:, None], t)[:, 0] - clean).norm(dim=-1).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    scores = likeness(model.eval())
    assert tell_origin(scores) == kind, scores


def test_an_untrained_network_tells_nothing():
    assert tell_origin(likeness(MixSTE(DenoiserConfig(width=32, depth=1, frames=FRAMES)).eval())) is None


@pytest.mark.parametrize(("scores", "kind"), [
    ((0.95, 0.4, 0.1), "h36m"), ((0.95, 0.93, 0.1), None), ((0.7, 0.1, 0.1), None), ((0.2, 0.1, 0.9), "wild"),
])
def test_only_a_clear_likeness_counts(scores, kind):
    assert tell_origin(dict(zip(ORIGINS, scores, strict=True))) == kind


def test_the_figure_faces_the_camera_first_and_turns_once():
    points = turning_figure(240)
    assert points["left_hip"][0, 0] > 0 > points["right_hip"][0, 0]  # its left is on the picture's right
    assert points["nose"][0, 2] < 0  # towards the camera
    assert points["head"][0, 1] < points["pelvis"][0, 1] < points["left_ankle"][0, 1]
    np.testing.assert_allclose(points["nose"][120, [0, 2]], -points["nose"][0, [0, 2]], atol=1e-9)
    axes = np.stack([points["left_hip"] - points["right_hip"], points["pelvis"] - points["head"],
                     points["nose"] - points["head"]], axis=1)
    np.testing.assert_allclose(np.linalg.det(axes), -0.26 * 0.73 * 0.13)  # left, down, forward: rigid, never mirrored

"""Virtual cameras keep the body rigid and see it as a pinhole does."""

import numpy as np
import pytest

from vid2pose3d.camera import project
from vid2pose3d.data.cameras import CameraConfig, sample_views
from vid2pose3d.skeleton import H36M17


@pytest.fixture
def many(windows):
    return np.repeat(windows, 100, axis=0)


@pytest.fixture
def views(many):
    return sample_views(many, rng=np.random.default_rng(0), config=CameraConfig())


def test_rays_are_pinhole_projections(views):
    longer = 1920
    size = views.picture[3] * longer
    intrinsics = np.array([[views.focal[3] * longer, 0, size[0] / 2], [0, views.focal[3] * longer, size[1] / 2],
                           [0, 0, 1]])
    pixels = project(views.joints[3], intrinsics)
    np.testing.assert_allclose((pixels - size / 2) / (views.focal[3] * longer), views.rays[3], atol=1e-5)


def test_camera_moves_the_body_rigidly(many, views):
    def distances(joints):
        flat = joints.reshape(len(joints), -1, 3)
        return np.linalg.norm(flat - flat[:, :1], axis=-1)

    np.testing.assert_allclose(distances(views.joints), distances(many), rtol=1e-3, atol=1e-4)


def test_camera_frame_is_right_handed_with_y_down(many, views):
    def handedness(joints):
        hips = joints[..., H36M17.index("left_hip"), :] - joints[..., H36M17.index("right_hip"), :]
        up = joints[..., H36M17.index("thorax"), :] - joints[..., H36M17.index("pelvis"), :]
        forward = joints[..., H36M17.index("head"), :] - joints[..., H36M17.index("spine"), :]
        return np.einsum("bfi,bfi->bf", np.cross(hips, up), forward)

    np.testing.assert_allclose(handedness(views.joints), handedness(many), atol=1e-4)
    head, ankle = H36M17.index("head"), H36M17.index("left_ankle")
    assert (views.joints[:, :, head, 1] < views.joints[:, :, ankle, 1]).mean() > 0.95


def test_everybody_is_in_front_and_most_are_in_the_picture(views):
    assert views.joints[..., 2].min() > 0.3
    outside = views.outside(views.rays)
    assert outside.mean() < 0.15
    assert (~outside.any(axis=(1, 2))).mean() > 0.5


def test_outside_means_beyond_the_border(views):
    border = views.picture / (2 * views.focal[:, None])
    just = np.stack([0.99 * border, 1.01 * border], axis=1)[:, None]
    np.testing.assert_array_equal(views.outside(just)[:, 0], np.tile([False, True], (len(border), 1)))


def test_people_are_seen_from_all_sides(views):
    across = views.joints[:, 0, H36M17.index("left_hip")] - views.joints[:, 0, H36M17.index("right_hip")]
    angle = np.arctan2(across[:, 2], across[:, 0])
    counts, _ = np.histogram(angle, bins=8, range=(-np.pi, np.pi))
    assert counts.min() > 0.5 * counts.mean()


def test_upper_body_pictures_end_above_the_ankles(many):
    config = CameraConfig(upper_body_share=1.0, upper_body_range=(1.6, 2.0), roll_spread=0.0)
    views = sample_views(many, rng=np.random.default_rng(0), config=config)
    outside = views.outside(views.rays).mean(axis=(0, 1))
    assert outside[H36M17.index("left_ankle")] > 0.95
    assert outside[H36M17.index("thorax")] < 0.1


def test_focal_lengths_stay_in_range(views):
    low, high = CameraConfig().focal_range
    assert views.focal.min() >= np.float32(low)
    assert views.focal.max() <= high
    np.testing.assert_allclose(np.median(views.focal), CameraConfig().focal_centre, rtol=0.1)

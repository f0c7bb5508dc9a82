"""Virtual cameras keep the body rigid, see it as a pinhole does, and stand and move as their settings say."""

from dataclasses import replace

import numpy as np
import pytest

from vid2pose3d.camera import project
from vid2pose3d.data.cameras import EVALUATION_CAMERAS, CameraConfig, CameraMotion, sample_views
from vid2pose3d.skeleton import H36M17

STILL = CameraMotion(share=0.0)


@pytest.fixture
def many(windows):
    return np.repeat(windows, 100, axis=0)


@pytest.fixture
def views(many):
    return sample_views(many, fps=30, rng=np.random.default_rng(0), config=CameraConfig())


@pytest.fixture
def resting(many):
    return sample_views(many, fps=30, rng=np.random.default_rng(0), config=CameraConfig(motion=STILL))


def test_rays_are_pinhole_projections(views):
    longer = 1920
    size = views.picture[3] * longer
    intrinsics = np.array([[views.focal[3] * longer, 0, size[0] / 2], [0, views.focal[3] * longer, size[1] / 2],
                           [0, 0, 1]])
    pixels = project(views.joints[3], intrinsics)
    np.testing.assert_allclose((pixels - size / 2) / (views.focal[3] * longer), views.rays[3], atol=1e-5)


def test_camera_moves_the_body_rigidly(many, resting):
    def distances(joints):
        flat = joints.reshape(len(joints), -1, 3)
        return np.linalg.norm(flat - flat[:, :1], axis=-1)

    np.testing.assert_allclose(distances(resting.joints), distances(many), rtol=1e-3, atol=1e-4)


def test_camera_frame_is_right_handed_with_y_down(many, views):
    def handedness(joints):
        hips = joints[..., H36M17.index("left_hip"), :] - joints[..., H36M17.index("right_hip"), :]
        up = joints[..., H36M17.index("thorax"), :] - joints[..., H36M17.index("pelvis"), :]
        forward = joints[..., H36M17.index("head"), :] - joints[..., H36M17.index("spine"), :]
        return np.einsum("bfi,bfi->bf", np.cross(hips, up), forward)

    np.testing.assert_allclose(handedness(views.joints), handedness(many), atol=1e-4)
    head, ankle = H36M17.index("head"), H36M17.index("left_ankle")
    assert (views.joints[:, :, head, 1] < views.joints[:, :, ankle, 1]).mean() > 0.9


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
    config = CameraConfig(upper_body_share=1.0, upper_body_range=(1.6, 2.0), roll_spread=0.0, tilted_share=0.0,
                          high_share=0.0)
    views = sample_views(many, fps=30, rng=np.random.default_rng(0), config=config)
    outside = views.outside(views.rays).mean(axis=(0, 1))
    assert outside[H36M17.index("left_ankle")] > 0.95
    assert outside[H36M17.index("thorax")] < 0.1


def test_focal_lengths_stay_in_range(views):
    low, high = CameraConfig().focal_range
    assert views.focal.min() >= np.float32(low)
    assert views.focal.max() <= high
    np.testing.assert_allclose(np.median(views.focal), CameraConfig().focal_centre, rtol=0.1)


def moved(many, **motion):
    """Windows as resting and as moving cameras have them, with the same places otherwise."""
    config = CameraConfig(motion=STILL)
    moving = replace(config, motion=replace(CameraMotion(
        share=1.0, turn_share=0.0, follow_share=0.0, travel_share=0.0, shake_turn=0.0, shake_shift=0.0), **motion))
    return [sample_views(many, fps=30, rng=np.random.default_rng(0), config=c) for c in (config, moving)]


def rigid_change(a, b):
    """Best rotations (B, F, 3, 3) and the residual of b = a R^T + t in every frame, metres."""
    one, two = a - a.mean(axis=2, keepdims=True), b - b.mean(axis=2, keepdims=True)
    u, _, vt = np.linalg.svd(np.einsum("bfji,bfjk->bfik", one, two))
    turn = np.einsum("bfij,bfjk->bfki", u, vt)
    return turn, np.abs(np.einsum("bfij,bfkj->bfki", turn, one) - two).max()


def test_a_moving_camera_sees_the_same_body_in_every_frame(many):
    resting, moving = moved(many, turn_share=1.0, travel_share=1.0, shake_turn=1.0, shake_shift=0.02)
    turn, residual = rigid_change(resting.joints.astype(float), moving.joints.astype(float))
    assert residual < 1e-4
    np.testing.assert_allclose(np.linalg.det(turn), 1, atol=1e-6)


def test_pans_have_their_rate_and_pass_through_the_resting_view(many):
    resting, moving = moved(many, turn_share=1.0, turn_spread=(20.0, 0.0))
    turn, _ = rigid_change(resting.joints.astype(float), moving.joints.astype(float))
    angle = np.degrees(np.arctan2(turn[..., 0, 2], turn[..., 0, 0]))
    rate = (angle[:, -1] - angle[:, 0]) / (19 / 30)
    still = np.abs(rate) < 1e-3  # those that would have come too near rest
    np.testing.assert_allclose(rate[~still].std(), 20.0, rtol=0.15)
    np.testing.assert_allclose(angle[:, 9] + angle[:, 10], 0, atol=0.02)
    straight = angle[:, :1] + (angle[:, -1:] - angle[:, :1]) * np.linspace(0, 1, 20)
    np.testing.assert_allclose(angle, straight, atol=0.05)


def test_travelling_cameras_have_their_speed(many):
    resting, moving = moved(many, travel_share=1.0, travel_spread=0.5)
    change = (moving.joints - resting.joints).mean(axis=2)
    speed = (change[:, -1] - change[:, 0]) / (19 / 30)
    speed = speed[np.abs(speed).max(axis=-1) > 1e-3]
    np.testing.assert_allclose(speed.std(axis=0), 0.5, rtol=0.15)


def test_following_cameras_keep_the_person_in_place(many):
    resting, moving = moved(many, follow_share=1.0)
    wander = [np.ptp((views.joints[..., :2].mean(2) / views.joints[..., 2:].mean(2)), axis=1).mean()
              for views in (resting, moving)]
    assert wander[1] < 0.5 * wander[0]


def test_a_share_of_the_cameras_moves(many):
    still, some = (sample_views(many, fps=30, rng=np.random.default_rng(0), config=CameraConfig(motion=motion))
                   for motion in (STILL, CameraMotion(share=0.3)))
    moves = np.abs(still.joints - some.joints).max(axis=(1, 2, 3)) > 1e-6
    assert 0.24 < moves.mean() < 0.36


def test_distances_stay_in_range(resting):
    middle = np.linalg.norm((resting.joints.min(axis=2) + resting.joints.max(axis=2)) / 2, axis=-1).mean(axis=1)
    low, high = CameraConfig().distance_range
    assert middle.min() > low - 0.3
    assert middle.max() < high + 0.3
    assert (middle < 2.5).any()
    assert (middle > 9).any()


def test_high_cameras_look_down(many):
    config = CameraConfig(motion=STILL, high_share=1.0, high_elevation=(50.0, 60.0), roll_spread=0, tilted_share=0)
    joints = sample_views(many, fps=30, rng=np.random.default_rng(0), config=config).joints
    trunk = joints[:, :, H36M17.index("thorax")] - joints[:, :, H36M17.index("pelvis")]
    gaze = joints.mean(axis=2)
    down = -(trunk * gaze).sum(-1) / np.linalg.norm(trunk, axis=-1) / np.linalg.norm(gaze, axis=-1)
    np.testing.assert_allclose(np.degrees(np.arcsin(np.median(down))), 55.0, atol=6.0)


def test_tilted_cameras_roll(many):
    config = CameraConfig(motion=STILL, tilted_share=1.0, tilted_roll=25.0, elevation_range=(0.0, 0.0), high_share=0)
    joints = sample_views(many, fps=30, rng=np.random.default_rng(0), config=config).joints
    trunk = (joints[:, :, H36M17.index("thorax")] - joints[:, :, H36M17.index("pelvis")]).mean(axis=1)
    roll = np.degrees(np.arctan2(trunk[:, 0], -trunk[:, 1]))
    np.testing.assert_allclose(roll.std(), 25 / np.sqrt(3), rtol=0.2)


def test_people_at_the_edge_are_partly_outside(many):
    config = CameraConfig(motion=STILL, edge_share=1.0, upper_body_share=0, cropped_share=0)
    views = sample_views(many, fps=30, rng=np.random.default_rng(0), config=config)
    outside = views.outside(views.rays).mean(axis=(1, 2))
    assert 0.1 < outside.mean() < 0.7


def test_evaluation_cameras_are_within_the_trained_range():
    trained = CameraConfig()
    for name in ("focal_range", "elevation_range"):
        (low, high), (widest_low, widest_high) = getattr(EVALUATION_CAMERAS, name), getattr(trained, name)
        assert widest_low <= low < high <= widest_high

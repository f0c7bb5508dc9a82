"""The world frame: vertical, floor, start and facing."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from vid2pose3d.place.world import Track, find_up, floor_height, world_from_camera

FPS = 30.0


def track(joints):
    return Track(joints, np.arange(len(joints)) / FPS, np.ones(len(joints)))


def in_world(joints, transform):
    return joints @ transform[:3, :3].T + transform[:3, 3]


def degrees_between(a, b):
    return np.degrees(np.arccos(np.clip(a @ b, -1, 1)))


@pytest.mark.parametrize(("pitch", "roll"), [
    (0, 0), (12, 0), (25, 0), (-10, 0), (10, 4), (0, 20), (0, -45), (45, 0), (-45, 0), (30, 30),
])
def test_the_vertical_comes_from_how_people_stand(walker, view, up_of, pitch, roll):
    found = find_up([track(view(walker(90), pitch=pitch, roll=roll))])
    assert degrees_between(found, up_of(pitch=pitch, roll=roll)) < 3.0


@pytest.mark.parametrize("pitch", [0, 15])
def test_floor_start_and_facing(walker, view, pitch):
    joints = walker(90)
    found = in_world(view(joints, pitch=pitch), world_from_camera([track(view(joints, pitch=pitch))]))
    assert found[0, 0, [0, 2]] == pytest.approx([0, 0], abs=1e-9)
    assert found[:, [3, 6], 1].min(axis=1) == pytest.approx(np.full(90, 0.08), abs=0.05)
    across = found[0, 4] - found[0, 1]
    assert across[0] > 0.98 * np.linalg.norm(across)
    assert found[80, 0, 2] - found[0, 0, 2] > 1.0


def test_the_transform_is_rigid_and_right_handed(walker, view):
    transform = world_from_camera([track(view(walker(30), pitch=20, roll=3))])
    assert transform[:3, :3] @ transform[:3, :3].T == pytest.approx(np.eye(3), abs=1e-12)
    assert np.linalg.det(transform[:3, :3]) == pytest.approx(1)
    assert transform[3] == pytest.approx([0, 0, 0, 1])


@pytest.mark.parametrize("turn", [("z", 90), ("x", 90), ("x", -90)])
def test_lying_people_do_not_tilt_the_world_and_lie_on_the_floor(walker, view, up_of, turn):
    standing = walker(60)
    standing = standing - standing[:, :1]
    lying = standing @ Rotation.from_euler(*turn, degrees=True).as_matrix().T
    lying[..., 1] -= lying[..., 1].min(axis=1, keepdims=True) - 0.05
    seen = view(lying, pitch=15)
    transform = world_from_camera([track(seen)])
    assert degrees_between(transform[1, :3], up_of(pitch=15)) < 16
    assert abs(np.median(in_world(seen, transform)[..., 1].min(axis=1)) - 0.05) < 0.15


def test_a_handstand_stands_on_the_hands(walker, view):
    upright = walker(60) * [-1, -1, 1]
    arms = upright.copy()
    for side, sign in ((11, -1), (14, 1)):
        for part, reach in ((1, 0.28), (2, 0.55)):
            arms[:, side + part] = arms[:, side] + [0.02 * sign, -reach, 0]
    arms[..., 1] -= arms[..., 1].min() - 0.05
    seen = view(arms)
    found = in_world(seen, world_from_camera([track(seen)]))
    assert found[:, [13, 16], 1] == pytest.approx(np.full((60, 2), 0.05), abs=0.06)
    assert found[:, 0, 1].min() > 0.9
    # Upside down, left and right of the hips are swapped against the world, but the chest still shows the way.
    assert found[50, 0, 2] > 1.0


def test_one_floor_for_all(walker, view):
    level = np.array([0.0, -1.0, 0.0])
    near, far = view(walker(90)), view(walker(90) + [1.0, 0, -2.0])
    alone = floor_height([track(near)], level)
    assert floor_height([track(near), track(far)], level) == pytest.approx(alone, abs=0.01)
    assert alone == pytest.approx(-1.5, abs=0.02)


def test_people_far_and_near_bring_the_floor_level(walker, view, up_of):
    """Poses that all lean back, as from a wrong focal length, tilt the world less when several people stand apart."""
    lean = Rotation.from_euler("x", 10, degrees=True).as_matrix()

    def leaning(shift):
        joints = view(walker(3) + shift, pitch=5)
        feet = joints[:, [3, 6]].mean(axis=1, keepdims=True)
        return track((joints - feet) @ lean.T + feet)

    crowd = [leaning(np.array([x, 0, z])) for x, z in ((0, 0), (-3, -4), (2, -8), (-1, -9))]
    off = [degrees_between(find_up(tracks), up_of(pitch=5)) for tracks in (crowd[:1], crowd)]
    assert off[1] < 2
    assert off[1] < off[0] / 2
    transform = world_from_camera(crowd)
    floors = [in_world(each.joints, transform)[:, [3, 6], 1].min() for each in crowd]
    assert floors == pytest.approx([0.08] * 4, abs=0.12)


def test_one_frame_is_enough(walker, view, up_of):
    transform = world_from_camera([track(view(walker(1), pitch=10))])
    found = in_world(view(walker(1), pitch=10), transform)
    assert degrees_between(transform[1, :3], up_of(pitch=10)) < 6
    assert found[0, :, 1].min() == pytest.approx(0.08, abs=0.05)


def test_an_empty_clip_gets_a_level_camera():
    assert world_from_camera([]) == pytest.approx(np.diag([1.0, -1, -1, 1]))

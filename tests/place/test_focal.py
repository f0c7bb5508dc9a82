"""The focal length from people who walk towards the camera, closed form: exact poses, exact 2D."""

import numpy as np
import pytest

from vid2pose3d.camera import ASSUMED_FOCAL_ERROR, guess_camera
from vid2pose3d.place import place_people
from vid2pose3d.place.stature import stature

ASSUMED = guess_camera(640, 480)


@pytest.fixture(scope="module")
def seen(walker, view, track_of):
    """seen(focal): joints, pose and 2D of someone who walks towards a camera of that focal length, or stands."""

    def make(focal, *, frames=90, still=False):
        joints = np.repeat(walker(1), frames, axis=0) if still else walker(frames)
        camera_frame = view(joints + [0, 0, -1.5], pitch=8)
        person = track_of(camera_frame, guess_camera(640, 480, focal=focal).intrinsics)
        return camera_frame, camera_frame - camera_frame[:, :1], person

    return make


def placed(joints, pose, person, camera=ASSUMED):
    found, (motion,) = place_people([person], [pose], camera, heights=stature(joints))
    return found, motion


@pytest.mark.parametrize("focal", [500, 560, 720, 820])
def test_a_walk_towards_the_camera_tells_most_of_the_focal_length(seen, focal):
    """The assumption, 640, keeps the share that its error and that of lifted poses, 20 %, leave it."""
    found, _ = placed(*seen(focal))
    share = ASSUMED_FOCAL_ERROR**2 / (ASSUMED_FOCAL_ERROR**2 + 0.2**2)
    assert np.log(found.intrinsics[0, 0] / 640) == pytest.approx(share * np.log(focal / 640), abs=0.05)
    assert found.intrinsics[0, 0] == found.intrinsics[1, 1]
    assert found.intrinsics[:2, 2].tolist() == [320, 240]
    assert not found.assumed
    assert found.focal_error == pytest.approx(0.2 * np.sqrt(share), abs=0.02)


def test_the_estimate_brings_people_nearer_to_their_place(seen):
    joints, pose, person = seen(820)
    _, motion = placed(joints, pose, person)
    _, before = placed(joints, pose, person, guess_camera(640, 480, focal=640))
    off = [np.linalg.norm(each.joints_camera - joints, axis=-1).mean() for each in (motion, before)]
    assert off[0] < 0.5 * off[1]


@pytest.mark.parametrize("given", [{"still": True}, {"frames": 20}])
def test_who_stands_or_is_seen_shortly_tells_nothing(seen, given):
    found, _ = placed(*seen(800, **given))
    assert found.assumed
    assert found.focal_error is None
    assert np.array_equal(found.intrinsics, ASSUMED.intrinsics)


def test_poses_that_contradict_the_walk_tell_nothing(seen):
    joints, pose, person = seen(800)
    rng = np.random.default_rng(0)
    wave = np.sin(np.arange(90)[:, None] / 5 + rng.uniform(0, 6, 17))[..., None] * [0, 0, 0.12]
    found, _ = placed(joints, pose + wave, person)
    assert found.assumed


def test_a_known_focal_length_stays(seen):
    found, _ = placed(*seen(800), guess_camera(640, 480, focal=600))
    assert found.intrinsics[0, 0] == 600
    assert found.focal_error is None

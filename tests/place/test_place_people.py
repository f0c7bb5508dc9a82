"""Placement as a whole: poses and 2D in, everyone's absolute motion in one world out."""

from dataclasses import replace

import numpy as np
import pytest

from vid2pose3d.camera import guess_camera, project
from vid2pose3d.motion import Camera, CameraPath, Person2D
from vid2pose3d.place import clean_motion, place_people
from vid2pose3d.place.contact import FEET, bottoms
from vid2pose3d.place.stature import stature
from vid2pose3d.quality.measures import foot_slides
from vid2pose3d.settings import FULL, cleaning
from vid2pose3d.skeleton import COCO17, H36M17

CAMERA = guess_camera(640, 480, focal=768)
LIGHT = cleaning({"clean": "light"})
"""Without what moves people so that their feet stand still, on the floor that was found."""


def tall(joints):
    """How tall each of the people is, by id."""
    return {number: stature(each) for number, each in enumerate(joints, start=1)}


def placed(people, poses, camera, steps=FULL, **more):
    """People in the world with all steps of the clean-up."""
    camera, motions = place_people(people, poses, camera, steps, **more)
    return camera, [clean_motion(motion, camera, steps) for motion in motions]


def relative(joints):
    return joints - joints[:, :1]


@pytest.fixture
def two(walker, view, track_of):
    """Camera-frame joints of two people, who walk side by side."""
    joints = [view(walker(60), pitch=10), view(walker(60) + [-1.0, 0, -1.0], pitch=10)]
    return joints, [track_of(each, CAMERA.intrinsics, number=i) for i, each in enumerate(joints, start=1)]


def test_two_people_come_back_in_one_world(two):
    joints, people = two
    camera, motions = place_people(people, [relative(each) for each in joints], CAMERA, LIGHT, heights=tall(joints))
    for motion, true, person in zip(motions, joints, people, strict=True):
        assert motion.person is person
        assert np.linalg.norm(motion.joints_camera - true, axis=-1).mean() < 0.02
        transform = camera.world_from_camera
        assert motion.joints_world == pytest.approx(motion.joints_camera @ transform[:3, :3].T + transform[:3, 3])
    apart = motions[1].joints_world[:, 0] - motions[0].joints_world[:, 0]
    assert np.linalg.norm(apart, axis=-1) == pytest.approx(np.full(60, np.sqrt(2)), abs=0.03)
    assert apart[:, 1] == pytest.approx(np.zeros(60), abs=0.08)


def test_a_given_height_scales_the_world(two):
    joints, people = two
    poses = [relative(each) for each in joints]
    heights = {number: 1.1 * height for number, height in tall(joints).items()}
    _, motions = place_people(people, poses, CAMERA, heights=heights)
    for motion, true, height in zip(motions, joints, heights.values(), strict=True):
        assert motion.stature == pytest.approx(height, rel=0.01) and motion.stature_given
        assert np.linalg.norm(motion.joints_camera[:, 0], axis=-1) == pytest.approx(
            np.linalg.norm(true[:, 0], axis=-1) * 1.11, rel=0.015)
    _, (one, _) = place_people(people, poses, CAMERA, heights=1.5)
    assert one.stature == pytest.approx(1.5, rel=0.01)


def test_without_a_height_people_are_average(two):
    joints, people = two
    _, motions = place_people(people, [0.8 * relative(each) for each in joints], CAMERA)
    assert [motion.stature for motion in motions] == pytest.approx([1.71, 1.71], rel=0.02)
    assert not any(motion.stature_given for motion in motions)


def test_a_large_and_a_small_person_stand_on_one_floor(two, track_of):
    """The poses do not tell that the second one is 6 % smaller; the floor does, within what is usual."""
    joints, _ = two
    small = joints[1] * 0.94
    ankles = H36M17.indices(("left_ankle", "right_ankle"))
    down = np.array([0, np.cos(np.radians(10)), np.sin(np.radians(10))])
    small = small + ((joints[1][:, ankles] - small[:, ankles]) @ down).mean() * down
    people = [track_of(each, CAMERA.intrinsics, number=i) for i, each in enumerate([joints[0], small], start=1)]
    _, motions = place_people(people, [relative(joints[0]), relative(small) / 0.94], CAMERA)
    lowest = [np.median(motion.joints_world[:, ankles, 1].min(axis=1)) for motion in motions]
    assert lowest == pytest.approx([0.08, 0.08], abs=0.03)
    assert motions[1].stature / motions[0].stature == pytest.approx(0.94, abs=0.025)


def test_a_jump_leaves_the_floor(two, track_of):
    """Half a second in the air, 0.4 m high: neither the floor nor the feet pull it down."""
    joints, _ = two
    up = -np.array([0, np.cos(np.radians(10)), np.sin(np.radians(10))])
    phase = np.clip((np.arange(60) - 25) / 15, 0, 1)
    jumping = joints[0][:1] + (1.6 * phase * (1 - phase))[:, None, None] * up
    person = track_of(jumping, CAMERA.intrinsics)
    _, (motion,) = place_people([person], [relative(jumping)], CAMERA, heights=stature(jumping))
    ankles = motion.joints_world[:, H36M17.indices(("left_ankle", "right_ankle")), 1].min(axis=1)
    assert ankles[32] - ankles[10] == pytest.approx(0.4, abs=0.05)
    assert ankles[:20] == pytest.approx(np.full(20, 0.08), abs=0.03)


def test_camera_keeps_its_intrinsics(two):
    joints, people = two
    camera, _ = place_people(people, [relative(each) for each in joints], CAMERA)
    assert np.array_equal(camera.intrinsics, CAMERA.intrinsics)
    assert not camera.assumed
    assert np.array_equal(CAMERA.world_from_camera, np.eye(4))


def test_bones_come_out_rigid_and_symmetric_from_noisy_poses(two):
    joints, people = two
    noisy = relative(joints[0]) + np.random.default_rng(0).normal(0, 0.03, joints[0].shape)
    _, (motion,) = place_people(people[:1], [noisy], CAMERA)
    for found in (motion.joints_camera, motion.joints_world):
        lengths = np.linalg.norm(found - found[:, np.maximum(H36M17.parents, 0)], axis=-1)
        assert np.ptp(lengths, axis=0) == pytest.approx(np.zeros(17), abs=1e-9)
        assert lengths == pytest.approx(lengths[:, H36M17.mirror])
        right, left = H36M17.indices(("right_hip", "left_hip"))
        assert found[:, right] + found[:, left] == pytest.approx(2 * found[:, 0])


def test_noise_in_pose_and_2d_is_reduced(two):
    joints, people = two
    rng = np.random.default_rng(0)
    pose = relative(joints[0]) + rng.normal(0, 0.03, joints[0].shape)
    person = replace(people[0], xy=people[0].xy + rng.normal(0, 2, people[0].xy.shape))
    _, (motion,) = place_people([person], [pose], CAMERA, LIGHT)
    before = np.linalg.norm(relative(pose) - relative(joints[0]), axis=-1).mean()
    after = np.linalg.norm(relative(motion.joints_camera) - relative(joints[0]), axis=-1).mean()
    assert after < 0.65 * before
    seen = project(motion.joints_camera, CAMERA.intrinsics)
    assert np.linalg.norm(seen - people[0].xy, axis=-1).mean() < 2.5


def test_bridged_frames_count_half(two):
    joints, people = two
    bridged = np.arange(60) % 4 == 0
    people[0].xy[3, 5] = np.nan
    _, (motion,) = place_people([replace(people[0], interpolated=bridged)], [relative(joints[0])], CAMERA)
    wanted = np.where(bridged, 0.45, 0.9)[:, None] * np.ones(17)
    wanted[3, 5] = 0
    assert motion.confidence == pytest.approx(wanted)


def cut(person: Person2D, chosen) -> Person2D:
    names = ("frames", "times", "xy", "confidence", "bbox", "interpolated")
    return replace(person, **{name: getattr(person, name)[chosen] for name in names})


@pytest.mark.parametrize("count", [1, 2, 3])
def test_very_short_tracks(two, count):
    joints, people = two
    _, (motion,) = place_people([cut(people[0], slice(0, count))], [relative(joints[0])[:count]], CAMERA,
                                heights=tall(joints))
    assert np.linalg.norm(motion.joints_camera - joints[0][:count], axis=-1).max() < 0.02


def test_a_track_with_holes(two):
    joints, people = two
    kept = np.r_[0:20, 30:60]
    _, (motion,) = place_people([cut(people[0], kept)], [relative(joints[0])[kept]], CAMERA, heights=tall(joints))
    assert np.linalg.norm(motion.joints_camera - joints[0][kept], axis=-1).mean() < 0.03


def test_someone_without_a_frame_stays_in_the_list(two):
    joints, people = two
    nobody = cut(people[0], slice(0, 0))
    _, motions = place_people([nobody, people[1]], [relative(joints[0])[:0], relative(joints[1])], CAMERA, LIGHT)
    assert motions[0].joints_world.shape == (0, 17, 3)
    assert motions[1].joints_world[0, 0, [0, 2]] == pytest.approx([0, 0], abs=1e-9)


def test_nobody():
    camera, motions = place_people([], [], CAMERA)
    assert motions == []
    assert camera.world_from_camera == pytest.approx(np.diag([1.0, -1, -1, 1]))


def test_what_does_not_fit_is_refused(two):
    joints, people = two
    pose = relative(joints[0])
    with pytest.raises(ValueError, match="2 people but 1 poses"):
        place_people(people, [pose], CAMERA)
    with pytest.raises(ValueError, match="person 1"):
        place_people(people[:1], [pose[:-1]], CAMERA)
    with pytest.raises(ValueError, match="person 1"):
        place_people(people[:1], [np.where(pose > 1e9, pose, np.nan)], CAMERA)
    with pytest.raises(ValueError, match="coco17"):
        place_people([replace(people[0], joint_set=COCO17)], [pose], CAMERA)


@pytest.mark.parametrize(("clip", "root", "tilt"), [
    ("walk_static", 0.03, 1.5), ("cross_two", 0.05, 3.0), ("jump_portrait", 0.04, 3.5), ("karate_high", 0.05, 3.5),
])
def test_rendered_clips_with_their_true_poses(shared, track_of, clip, root, tilt):
    """root: mean error in metres; tilt: degrees. 1.5 pixels of noise in the 2D; the focal length is the true one."""
    truth = np.load(shared / "clips" / "rendered" / clip / "gt.npz")
    joints = truth["h36m17_cam_mm"] / 1000.0
    rng = np.random.default_rng(0)
    people = [track_of(each, truth["K"], number=i) for i, each in enumerate(joints, start=1)]
    people = [replace(person, xy=person.xy + rng.normal(0, 1.5, person.xy.shape)) for person in people]
    camera, motions = place_people(people, [relative(each) for each in joints], Camera(truth["K"], assumed=False),
                                   LIGHT, heights=tall(joints))
    up = truth["R"][0] @ [0, 0, 1]
    assert np.degrees(np.arccos(camera.world_from_camera[1, :3] @ up)) < tilt
    for motion, true, world in zip(motions, joints, truth["h36m17_world_mm"] / 1000.0, strict=True):
        assert np.linalg.norm(motion.joints_camera[:, 0] - true[:, 0], axis=-1).mean() < root
        assert np.linalg.norm(relative(motion.joints_camera) - relative(true), axis=-1).mean() < 0.007
        height = motion.joints_world[..., 1] - world[..., 2]
        assert abs(height.mean()) < 0.07


@pytest.mark.parametrize("clip", ["walk_static", "cross_two", "jump_portrait", "karate_high"])
def test_rendered_clips_with_feet_that_stand_still(shared, track_of, clip):
    """True poses, 1.5 pixels of noise in the 2D: feet stand still, on the floor, and the poses stay what they are."""
    truth = np.load(shared / "clips" / "rendered" / clip / "gt.npz")
    joints = truth["h36m17_cam_mm"] / 1000.0
    rng = np.random.default_rng(0)
    people = [track_of(each, truth["K"], number=i) for i, each in enumerate(joints, start=1)]
    people = [replace(person, xy=person.xy + rng.normal(0, 1.5, person.xy.shape)) for person in people]
    _, motions = placed(people, [relative(each) for each in joints], Camera(truth["K"], assumed=False),
                        heights=tall(joints))
    for motion, true, world in zip(motions, joints, truth["h36m17_world_mm"] / 1000.0, strict=True):
        assert np.linalg.norm(relative(motion.joints_camera) - relative(true), axis=-1).mean() < 0.012
        assert np.linalg.norm(motion.joints_camera[:, 0] - true[:, 0], axis=-1).mean() < 0.07
        assert bottoms(motion.joints_world, up=np.array([0.0, 1.0, 0.0])).min() > -1e-6
        feet, still = motion.joints_world[:, FEET], np.gradient(world[:, FEET], 1 / 30, axis=0)
        stands = (np.linalg.norm(still, axis=-1) < 0.1) & (world[:, FEET, 2] < world[:, FEET, 2].min(axis=0) + 0.05)
        slides = [foot_slides(feet[:, foot], stands[:, foot], motion.person.times) for foot in (0, 1)]
        assert np.mean(slides[0] + slides[1]) < 0.005


def test_feet_stand_still_in_the_world_and_the_two_frames_agree(two):
    joints, people = two
    noisy = relative(joints[0]) + np.random.default_rng(0).normal(0, 0.02, joints[0].shape)
    slides = {}
    for level in ("off", "light", "full"):
        camera, (motion,) = placed(people[:1], [noisy], CAMERA, cleaning({"clean": level}))
        transform = camera.world_from_camera
        assert motion.joints_world == pytest.approx(motion.joints_camera @ transform[:3, :3].T + transform[:3, 3])
        feet, true = motion.joints_world[:, FEET], joints[0][:, FEET]
        stands = np.linalg.norm(np.gradient(true, 1 / 30, axis=0), axis=-1) < 0.05
        slides[level] = np.mean([slide for foot in (0, 1)
                                 for slide in foot_slides(feet[:, foot], stands[:, foot], people[0].times)])
    assert slides["off"] > slides["light"] > 0.01
    assert slides["full"] < 0.005


def test_off_leaves_the_poses_as_they_were(two):
    joints, people = two
    noisy = relative(joints[0]) + np.random.default_rng(0).normal(0, 0.02, joints[0].shape)
    _, (motion,) = placed(people[:1], [noisy], CAMERA, cleaning({"clean": "off"}))
    factor = np.linalg.norm(relative(motion.joints_camera)[0]) / np.linalg.norm(relative(noisy)[0])
    assert relative(motion.joints_camera) == pytest.approx(factor * relative(noisy))
    assert not motion.repaired.any()


def test_repaired_joints_are_marked_and_count_half(two):
    joints, people = two
    pose = relative(joints[0])
    pose[30, 13] += [0.5, 1.5, 0.0]
    _, (motion,) = placed(people[:1], [pose], CAMERA)
    assert np.argwhere(motion.repaired).tolist() == [[30, 13]]
    assert motion.confidence[30, 13] == pytest.approx(0.45)
    assert motion.confidence[30, 12] == pytest.approx(0.9)


@pytest.mark.parametrize("level", ["off", "light", "full"])
def test_one_visible_limb_is_enough_to_get_through(two, level):
    joints, people = two
    arm = H36M17.indices(("left_shoulder", "left_elbow", "left_wrist"))
    hidden = np.setdiff1d(np.arange(17), arm)
    person = people[0]
    person.xy[:, hidden], person.confidence[:, hidden] = np.nan, 0.0
    _, (motion,) = placed([person], [relative(joints[0])], CAMERA, cleaning({"clean": level}))
    assert np.isfinite(motion.joints_world).all()
    assert np.linalg.norm(motion.joints_camera[:, arm] - joints[0][:, arm], axis=-1).mean() < 0.4


def test_feet_stand_in_the_world_of_a_camera_that_travels(two):
    joints, people = two
    camera, (motion, *_) = place_people(people, [relative(each) for each in joints], CAMERA, heights=tall(joints))
    way = np.tile(camera.world_from_camera, (60, 1, 1))
    way[:, 0, 3] += np.linspace(0, 1, 60)
    path = CameraPath(np.arange(60), way)
    travelling = replace(camera, path=path, motion="moving")
    wanted = clean_motion(motion, camera, FULL)
    found = clean_motion(motion, travelling, FULL)
    assert np.linalg.norm(found.joints_world - wanted.joints_world, axis=-1).mean() < 0.01
    here = path.at(motion.person.frames)
    again = np.einsum("nij,nkj->nki", here[:, :3, :3], found.joints_camera) + here[:, None, :3, 3]
    assert again == pytest.approx(found.joints_world)
    unknown = clean_motion(motion, replace(camera, path=path, motion="relative"), FULL)
    assert unknown.joints_world == pytest.approx(motion.joints_world, abs=0.02)
    assert np.abs(wanted.joints_world - motion.joints_world).max() > 0.02

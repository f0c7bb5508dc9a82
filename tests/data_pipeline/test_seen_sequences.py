"""Training windows of benchmark files against the numbers in the files."""

import numpy as np
import pytest
from small_files import write_3dhp_train, write_h36m

from vid2pose3d.data.h36m import KEPT_JOINTS, cameras, world_to_camera
from vid2pose3d.data.seen_sequences import (
    SeenSampler,
    SeenSequence,
    h36m_sequences,
    held_out,
    mpi3dhp_sequences,
    seen_windows,
)
from vid2pose3d.errors import InputError
from vid2pose3d.skeleton import H36M17

SUBJECTS = ("S1", "S5", "S6", "S7", "S8")


@pytest.fixture
def h36m(tmp_path):
    return write_h36m(tmp_path, {**dict.fromkeys(SUBJECTS, {"WalkingDog 1": 40}), "S9": {"Walking": 30}})


def counted(frames, *, fps=50.0, subject="S1"):
    """A sequence whose joints say their frame and joint."""
    x = np.arange(frames)[:, None] + np.arange(17) / 100
    joints = np.stack([x, x, x], -1).astype(np.float32)
    return SeenSequence(subject, "Walking", fps, 1.0, joints, joints[:, 0], joints[..., :2])


def test_h36m_sequences_are_the_training_subjects_in_metres_with_their_rays(h36m):
    found = h36m_sequences(*h36m)
    assert [sequence.subject for sequence in found] == [subject for subject in SUBJECTS for _ in range(4)]
    assert {sequence.action for sequence in found} == {"WalkDog"}
    stored = np.load(h36m[0], allow_pickle=True)["positions_3d"].item()["S5"]["WalkingDog 1"]
    camera, sequence = cameras("S5")[2], found[6]
    absolute = world_to_camera(stored[:, list(KEPT_JOINTS)].astype(float), camera.quaternion, camera.position)
    np.testing.assert_allclose(sequence.joints + sequence.root[:, None], absolute, atol=1e-5)
    np.testing.assert_allclose(sequence.joints[:, 0], 0, atol=1e-6)
    pinhole = absolute[..., :2] / absolute[..., 2:]
    assert np.abs(sequence.rays - pinhole).max() < 0.1  # the lens bends them
    assert np.median(np.abs(sequence.rays - pinhole)) < 0.01
    assert sequence.focal == pytest.approx(1149.14 / 1000, abs=1e-4)


def test_3dhp_joints_take_the_places_of_their_counterparts(tmp_path):
    path = write_3dhp_train(tmp_path / "t.npz", {"S1 Seq1": {"0": 12, "8": 12}, "S8 Seq2": {"4": 9}})
    found = mpi3dhp_sequences(path)
    assert [(sequence.subject, sequence.action, len(sequence)) for sequence in found] == [
        ("S1", "", 12), ("S1", "", 12), ("S8", "", 9)]
    stored = np.load(path, allow_pickle=True)["data"].item()["S1 Seq1"][0]["8"]["data_3d"] / 1000
    absolute = found[1].joints + found[1].root[:, None]
    for name, place in (("pelvis", 14), ("head", 0), ("thorax", 1), ("neck_nose", 16), ("left_wrist", 7),
                        ("right_hip", 8), ("right_ankle", 10)):
        np.testing.assert_allclose(absolute[:, H36M17.index(name)], stored[:, place], atol=1e-5)
    np.testing.assert_allclose(found[1].rays, absolute[..., :2] / absolute[..., 2:], atol=1e-4)
    assert found[0].fps == 50


def test_windows_hold_every_so_manieth_frame():
    batch = seen_windows([counted(100)], frames=9, fps=15.0, per_sequence=2)
    times = batch["joints"][..., 0, 0]
    np.testing.assert_array_equal(np.diff(times, axis=1), 3)
    np.testing.assert_array_equal(times[:, 0], [19, 57])  # a quarter and three quarters of 100 - 24 possible starts
    short = seen_windows([counted(10)], frames=9, fps=15.0, per_sequence=1)["joints"][0, :, 0, 0]
    np.testing.assert_array_equal(short, [0, 3, 6, 9, 9, 9, 9, 9, 9])
    slow = seen_windows([counted(40, fps=25.0)], frames=9, fps=25.0)["joints"][0, :, 0, 0]
    np.testing.assert_array_equal(slow, np.arange(4, 13))


def test_half_of_the_drawn_windows_are_mirrored_and_the_rest_is_as_recorded():
    sequence = counted(200)
    batch = SeenSampler([sequence], frames=9, fps=25.0).batch(400, rng=np.random.default_rng(0))
    swapped = batch["joints"][:, 0, 16, 0] < 0
    assert 0.4 < swapped.mean() < 0.6
    left, right = H36M17.index("left_wrist"), H36M17.index("right_wrist")
    plain, mirrored = batch["joints"][~swapped], batch["joints"][swapped]
    np.testing.assert_allclose(plain[..., left, 0] % 1, left / 100, atol=1e-4)
    np.testing.assert_allclose(-mirrored[..., left, 0] % 1, right / 100, atol=1e-4)
    np.testing.assert_allclose(mirrored[..., left, 1] % 1, right / 100, atol=1e-4)
    np.testing.assert_allclose(batch["rays"], batch["joints"][..., :2], atol=1e-6)
    assert (batch["confidence"] == 1).all()
    assert (batch["root"][swapped][..., 0] <= 0).all()


def test_sequences_are_drawn_by_their_length():
    first, second = counted(100), counted(300, subject="S5")
    second.joints[..., 1] = -1
    second.rays[..., 1] = -1
    batch = SeenSampler([first, second], frames=9, fps=50.0).batch(2000, rng=np.random.default_rng(0))
    assert (batch["joints"][:, 0, 0, 1] == -1).mean() == pytest.approx(0.75, abs=0.03)


def test_one_subject_is_held_out(tmp_path):
    some = [counted(10), counted(10, subject="S8")]
    assert held_out(some, tmp_path) == ([some[0]], [some[1]])
    for part in (some[:1], some[1:]):
        with pytest.raises(InputError, match="must hold S8"):
            held_out(part, tmp_path)

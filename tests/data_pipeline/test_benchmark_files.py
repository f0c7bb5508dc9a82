"""Readers of Human3.6M's and MPI-INF-3DHP's files, on small files of their layouts."""

import os

import numpy as np
import pytest
from small_files import write_3dhp, write_h36m

from vid2pose3d.camera import project_through_lens
from vid2pose3d.data import mpi3dhp
from vid2pose3d.data.h36m import (
    camera_to_world,
    cameras,
    denormalise_screen,
    load_h36m,
    sample_poses,
    world_to_camera,
)
from vid2pose3d.errors import InputError
from vid2pose3d.plain_npz import load_entry

RNG = np.random.default_rng(0)


@pytest.fixture
def h36m_files(tmp_path):
    return write_h36m(tmp_path, {"S9": {"Walking 1": 6}})


def test_h36m_sequences_of_four_cameras_agree_with_their_2d(h36m_files):
    sequences = load_h36m(*h36m_files, subjects=("S9",))
    assert [(s.action, len(s.joints)) for s in sequences] == [("Walking", 6)] * 4
    for sequence in sequences:
        assert (sequence.joints[:, 0] == 0).all()
        absolute = sequence.joints + sequence.root
        assert 2 < absolute[..., 2].min() < absolute[..., 2].max() < 9
        np.testing.assert_allclose(project_through_lens(absolute, sequence.camera.lens), sequence.xy, atol=1e-5)


def test_h36m_cameras_stand_above_the_floor_and_look_at_the_middle():
    for subject in ("S1", "S5", "S6", "S7", "S8", "S9", "S11"):
        for camera in cameras(subject):
            assert 1.0 < camera.position[2] < 2.5
            x, y, z = world_to_camera(np.array([0.0, 0.0, 1.0]), camera.quaternion, camera.position)
            assert z > 3
            assert np.hypot(x, y) / z < 0.35
    with pytest.raises(ValueError, match="known are S1"):
        cameras("S2")


def test_camera_to_world_undoes_world_to_camera():
    camera, points = cameras("S1")[2], RNG.normal(size=(4, 17, 3))
    there = world_to_camera(points, camera.quaternion, camera.position)
    np.testing.assert_allclose(camera_to_world(there, camera.quaternion, camera.position), points, atol=1e-12)


def test_h36m_corrupt_recording_is_left_out_and_older_action_names_are_understood(tmp_path):
    world, views = RNG.normal(size=(3, 32, 3)), [np.zeros((3, 17, 2))] * 4
    names = ("Directions", "WalkingDog 1")
    np.savez(tmp_path / "3d.npz", positions_3d={"S11": dict.fromkeys(names, world)})
    np.savez(tmp_path / "2d.npz", positions_2d={"S11": dict.fromkeys(names, views)})
    sequences = load_h36m(tmp_path / "3d.npz", tmp_path / "2d.npz", subjects=("S11",))
    assert {sequence.action for sequence in sequences} == {"WalkDog"}


def test_sampled_poses_are_every_so_manieth_of_the_subjects_that_are_there(tmp_path):
    path, path_2d = write_h36m(tmp_path, {"S1": {"Eating": 10, "Walking": 4}, "S9": {"Eating": 10}})
    poses = sample_poses(path, ("S1", "S5"), every=4)
    assert poses.shape == (4 * (3 + 1), 17, 3)
    eating = load_h36m(path, path_2d, subjects=("S1",))[1]
    np.testing.assert_allclose(poses[3:6], eating.joints[::4], atol=1e-5)
    assert sample_poses(path, ("S5",)).shape == (0, 17, 3)


def test_h36m_files_that_do_not_fit_are_named(h36m_files, tmp_path):
    with pytest.raises(InputError, match="has no subject S11, only S9"):
        load_h36m(*h36m_files)
    with pytest.raises(InputError, match="no entry 'positions_3d', only positions_2d, metadata"):
        load_h36m(h36m_files[1], h36m_files[1])
    short = tmp_path / "short.npz"
    np.savez(short, positions_2d={"S9": {"Walking 1": [np.zeros((3, 17, 2))] * 4}})
    with pytest.raises(InputError, match=r"shape \(3, 17, 2\) for 6 frames"):
        load_h36m(h36m_files[0], short, subjects=("S9",))


def test_a_pickle_that_would_run_code_is_refused(tmp_path):
    class Harm:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "made"),)

    path = tmp_path / "harm.npz"
    np.savez(path, data=np.array({"TS1": Harm()}, dtype=object))
    with pytest.raises(InputError, match=r"harm.npz: its entry 'data' asks for \w+.mkdir"):
        load_entry(path, "data")
    assert not (tmp_path / "made").exists()


def test_damaged_files_are_refused(tmp_path):
    path = tmp_path / "x.npz"
    path.write_bytes(b"nothing")
    with pytest.raises(InputError, match="not a readable .npz file"):
        load_entry(path, "data")


def test_plain_arrays_and_their_order_survive(tmp_path):
    values = np.asfortranarray(RNG.normal(size=(3, 4)))
    np.savez(tmp_path / "x.npz", a=values, b=np.float64(2.5))
    np.testing.assert_array_equal(load_entry(tmp_path / "x.npz", "a"), values)
    assert load_entry(tmp_path / "x.npz", "b") == 2.5


@pytest.mark.parametrize(("name", "size"), [("TS2", (2048, 2048)), ("TS6", (1920, 1080))])
def test_3dhp_test_sequences(tmp_path, name, size):
    path = write_3dhp(tmp_path / "t.npz", {name: np.array([1, 1, 0, 1, 1])})
    stored = np.load(path, allow_pickle=True)["data"].item()[name]
    joints, pixels = stored["data_3d"], stored["data_2d"]
    (sequence,) = mpi3dhp.load_test(path)
    assert (sequence.name, sequence.size) == (name, size)
    assert sequence.valid.tolist() == [True, True, False, True, True]
    assert (sequence.joints[:, 14] == 0).all()
    np.testing.assert_allclose(sequence.joints + sequence.root, joints, atol=1e-3)
    np.testing.assert_allclose(denormalise_screen(sequence.xy, *size), pixels, atol=1e-3)


def test_3dhp_training_sequences_are_one_for_each_camera(tmp_path):
    view = {"data_2d": np.full((4, 17, 2), 1024.0), "data_3d": RNG.normal(size=(4, 17, 3))}
    np.savez(tmp_path / "t.npz", data={"S1 Seq1": [{"0": view, "8": view}, 25]})
    sequences = mpi3dhp.load_train(tmp_path / "t.npz")
    assert [s.name for s in sequences] == ["S1 Seq1 camera 0", "S1 Seq1 camera 8"]
    assert (sequences[0].xy == 0).all()
    assert sequences[0].valid.all()
    assert sequences[0].fps == 25


def test_3dhp_files_of_another_layout_are_named(tmp_path):
    np.savez(tmp_path / "t.npz", data={"S1 Seq1": [{}, 25]})
    with pytest.raises(InputError, match="'S1 Seq1' is not one of TS1"):
        mpi3dhp.load_test(tmp_path / "t.npz")
    np.savez(tmp_path / "u.npz", data={"TS1": {"data_2d": np.zeros((5, 16, 2)), "data_3d": np.zeros((5, 17, 3))}})
    with pytest.raises(InputError, match=r"'TS1' has 3D \(5, 17, 3\) and 2D \(5, 16, 2\)"):
        mpi3dhp.load_test(tmp_path / "u.npz")

"""The table of motion against the truth of rendered clips."""

from pathlib import Path

import motion as benchmark
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from vid2pose3d.motion import Camera, Clip, Motion3D, Person2D, Recording
from vid2pose3d.skeleton import H36M17


@pytest.fixture
def truth_file(shared):
    return shared / "clips" / "rendered" / "cross_two" / "gt.npz"


def recording_of(truth_file, *, order=(0, 1)):
    """The truth itself as a result, in which `order` says which person is which."""
    truth = np.load(truth_file)
    frames = np.arange(truth["h36m17_px"].shape[1])
    transform = np.eye(4)
    transform[:3, :3] = benchmark.TRUE_WORLD @ truth["R"][0].T
    transform[:3, 3] = -transform[:3, :3] @ truth["t_mm"][0] / 1000.0
    people = []
    for number, place in enumerate(order, start=1):
        camera = truth["h36m17_cam_mm"][place].astype(float) / 1000.0
        xy = truth["h36m17_px"][place].astype(float)
        person = Person2D(number, H36M17, frames, frames / 30.0, xy, np.ones(xy.shape[:2]), truth["bbox_px"][place],
                          np.zeros(len(frames), dtype=bool))
        people.append(Motion3D(person, camera, camera @ transform[:3, :3].T + transform[:3, 3], np.ones(xy.shape[:2])))
    return Recording(Clip(Path("clip.mp4"), 640, 480, 30.0, len(frames), len(frames) / 30.0, 0), None, {},
                     Camera(truth["K"], assumed=False, world_from_camera=transform), people, {})


def test_the_truth_has_no_error_whoever_comes_first(truth_file):
    for row in benchmark.measure(recording_of(truth_file, order=(1, 0)), truth_file):
        assert row.n_mpjpe == pytest.approx(0, abs=1e-3)
        assert row.accel == pytest.approx(0, abs=1e-3)
        assert row.slide == pytest.approx(row.true_slide, abs=0.5)
        assert row.root == pytest.approx(0, abs=0.01)
        assert row.tilt == pytest.approx(0, abs=0.05)
        assert (row.focal, row.switches, row.seen) == (1.0, 0.0, 1.0)


def test_people_who_change_names_and_frames_without_them_are_counted(truth_file):
    recording = recording_of(truth_file)
    first, second = recording.people
    late = np.arange(60, 100)
    for name in ("joints_camera", "joints_world"):
        ours, other = getattr(first, name), getattr(second, name)
        ours[late], other[late] = other[late].copy(), ours[late].copy()
    first.person.xy[late], second.person.xy[late] = second.person.xy[late].copy(), first.person.xy[late].copy()
    second.person.xy[:10] += 1000.0
    rows = benchmark.measure(recording, truth_file)
    assert [row.switches for row in rows] == [1, 1]
    assert [row.seen for row in rows] == [1.0, 0.9]
    assert rows[1].n_mpjpe == pytest.approx(0, abs=1e-3)


def test_a_person_who_drifts_and_sinks_slides_and_is_below_the_floor(truth_file):
    recording = recording_of(truth_file)
    before = benchmark.measure(recording, truth_file)[0]
    drift = np.linspace(0, 1, 100)[:, None, None] * [0.5, 0.0, 0.0] - [0.0, 0.2, 0.0]
    recording.people[0].joints_world += drift
    after = benchmark.measure(recording, truth_file)[0]
    assert after.sole == pytest.approx(before.sole - 200, abs=0.1)
    assert after.below > 120
    assert after.slide > before.slide + 20
    assert after.n_mpjpe == pytest.approx(0, abs=1e-3)


def test_the_path_is_compared_after_a_turn_about_the_vertical_and_a_shift():
    path = np.cumsum(np.random.default_rng(0).normal(size=(50, 3)), axis=0)
    turned = 1.1 * path @ Rotation.from_euler("y", 130, degrees=True).as_matrix().T + [3, -1, 2]
    assert benchmark.path_error(turned, path, scaled=True) == pytest.approx(0, abs=1e-9)
    size = np.linalg.norm(path - path.mean(axis=0), axis=-1).mean()
    assert benchmark.path_error(turned, path, scaled=False) == pytest.approx(0.1 * size)
    leaning = path @ Rotation.from_euler("z", 20, degrees=True).as_matrix().T
    assert benchmark.path_error(leaning, path, scaled=True) > 0.05 * size

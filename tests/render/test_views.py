"""The 3D view and the side-by-side video of a made-up person whose place in the world is known."""

from pathlib import Path

import numpy as np
import pytest

from vid2pose3d.errors import InputError
from vid2pose3d.motion import Camera, CameraPath, Clip, Motion3D, Person2D, Recording
from vid2pose3d.render import write_side_by_side, write_view3d
from vid2pose3d.render.colours import DARK, mix, person_colour, shade
from vid2pose3d.render.scene3d import Scene3D
from vid2pose3d.render.stage import Stage, world_range
from vid2pose3d.skeleton import H36M17
from vid2pose3d.video import VideoReader, VideoWriter

SIZE = 480


def standing() -> np.ndarray:
    """(17, 3) metres: arms spread along x, facing +z, so that the left hand is at +x."""
    heights = {"ankle": 0.1, "knee": 0.5, "hip": 0.9, "shoulder": 1.4, "elbow": 1.4, "wrist": 1.4,
               "pelvis": 0.9, "spine": 1.15, "thorax": 1.4, "neck_nose": 1.5, "head": 1.7}
    reach = {"ankle": 0.12, "knee": 0.12, "hip": 0.12, "shoulder": 0.18, "elbow": 0.45, "wrist": 0.7}
    joints = []
    for name in H36M17.joints:
        part = name.removeprefix("left_").removeprefix("right_")
        sign = 1 if name.startswith("left_") else -1
        joints.append((sign * reach.get(part, 0.0), heights[part], 0.0))
    return np.array(joints)


def motion(frames: list[int], *, id: int = 1, shift: tuple[float, float, float] = (0, 0, 0),
           bridged: bool = False) -> Motion3D:
    count = len(frames)
    xy = np.tile(np.linspace(10, 50, 17)[:, None], (count, 1, 2))
    person = Person2D(id, H36M17, np.array(frames), np.array(frames) / 10, xy, np.ones((count, 17)),
                      np.tile([10.0, 10, 50, 50], (count, 1)), np.full(count, bridged))
    world = np.tile(standing() + shift, (count, 1, 1))
    return Motion3D(person, world, world, np.ones((count, 17)))


def recording(people: list[Motion3D], *, camera_at: tuple[float, float, float] = (0, 1, 4)) -> Recording:
    camera = Camera(np.eye(3), assumed=True)
    camera.world_from_camera[:3, 3] = camera_at
    clip = Clip(Path("clip.mp4"), 64, 48, fps=10.0, frames=20, duration=2.0, rotation=0)
    return Recording(clip, "standing", {}, camera, people, {})


def places(picture: np.ndarray, side: str, *, id: int = 1) -> np.ndarray:
    """(N, 2) x, y of the pixels in the colour of one side of a person."""
    colour = shade(mix(person_colour(id), DARK, 0.12), side)  # type: ignore[arg-type]
    near = np.abs(picture.astype(int) - colour).max(axis=-1) <= 6
    return np.argwhere(near)[:, ::-1]


def test_seen_from_the_camera_the_person_is_upright_and_not_mirrored():
    picture = Scene3D(recording([motion([0])]), size=SIZE, turn=0.0).picture(0, 0.0)
    assert picture.shape == (SIZE, SIZE, 3) and picture.dtype == np.uint8
    left, right, middle = (places(picture, side) for side in ("left", "right", "middle"))
    assert min(len(left), len(right), len(middle)) > 40
    assert right[:, 0].max() < left[:, 0].min() + SIZE * 0.05  # facing us, the left hand is on our right
    assert left[:, 0].mean() - right[:, 0].mean() > SIZE * 0.1
    assert middle[:, 1].max() < left[:, 1].max() - SIZE * 0.1  # the spine ends above the ankles


def test_seen_from_behind_the_sides_change_places():
    behind = Scene3D(recording([motion([0])], camera_at=(0, 1, -4)), size=SIZE, turn=0.0).picture(0, 0.0)
    assert places(behind, "left")[:, 0].mean() < places(behind, "right")[:, 0].mean() - SIZE * 0.1


def test_view_turns_at_the_given_speed():
    turning = Scene3D(recording([motion([0])]), size=SIZE, turn=90.0)
    half_turn = turning.picture(0, 2.0)
    behind = Scene3D(recording([motion([0])], camera_at=(0, 1, -4)), size=SIZE, turn=0.0).picture(0, 0.0)
    assert np.abs(half_turn.astype(int) - behind).mean() < 1.0


def test_only_those_present_are_drawn():
    people = [motion([0, 1], id=1), motion([1], id=2, shift=(1.0, 0, 0))]
    scene = Scene3D(recording(people), size=SIZE, turn=0.0)
    counts = [[len(places(scene.picture(frame, 0.0), "middle", id=id)) > 20 for id in (1, 2)]
              for frame in (0, 1, 2, 0)]
    assert counts == [[True, False], [True, True], [False, False], [True, False]]


def test_bridged_frames_are_dashed():
    solid, dashed = (Scene3D(recording([motion([0], bridged=bridged)]), size=SIZE, turn=0.0).picture(0, 0.0)
                     for bridged in (False, True))
    assert 0.3 < len(places(dashed, "left")) / len(places(solid, "left")) < 0.9


def test_whole_scene_stays_in_the_picture_all_round():
    people = [motion([0], id=1, shift=(-3, 0, 0)), motion([0], id=2, shift=(3, 0, 0))]
    scene = Scene3D(recording(people), size=SIZE, turn=1.0)
    for degrees in range(0, 360, 45):
        picture = scene.picture(0, float(degrees))
        border = np.concatenate([picture[:3].reshape(-1, 3), picture[-3:].reshape(-1, 3)])
        assert (border == border[0]).all()
        for id in (1, 2):
            assert len(places(picture, "middle", id=id)) > 5


def test_odd_joints_and_gaps_do_not_set_the_range():
    walker = motion(list(range(400)))
    walker.joints_world[7, 3] = (500.0, -80.0, 3.0)
    walker.joints_world[9] = np.nan
    low, high = world_range([walker])
    assert np.allclose(low, [-1.1, 0.0, -1.0], atol=0.01)
    assert np.allclose(high, [1.1, 2.1, 1.0], atol=0.05)
    Scene3D(recording([walker]), size=64, turn=0.0).picture(9, 0.9)
    assert (world_range([])[1] - world_range([])[0] >= 2.0).all()


def walking_away(frames: int = 200) -> Motion3D:
    """One metre a second along x, at 10 frames/s."""
    away = motion(list(range(frames)))
    away.joints_world = away.joints_world + np.arange(frames)[:, None, None] * (0.1, 0, 0)
    return away


def test_view_goes_with_someone_who_walks_away():
    scene = Scene3D(recording([walking_away()]), size=SIZE, turn=0.0)
    heights = []
    for frame in (0, 60, 199):
        body = places(scene.picture(frame, 0.0), "middle")
        assert (np.abs(body.mean(axis=0) - SIZE / 2) < SIZE / 4).all()
        heights.append(np.ptp(body[:, 1]))
    assert min(heights) > SIZE / 8 and max(heights) < 1.2 * min(heights)


def test_window_holds_everyone_and_glides():
    people = [walking_away(), motion(list(range(80, 140)), id=2, shift=(11, 0, 2))]
    stage = Stage(recording(people))
    centres = np.array([stage.centre(frame) for frame in range(200)])
    speed = np.diff(centres, axis=0) * 10
    assert np.abs(np.diff(speed, axis=0)).max() * 10 < 5  # m/s^2, though somebody appears and vanishes
    for each in people:
        off = each.joints_world - centres[each.person.frames][:, None]
        assert (off >= stage.low).all() and (off <= stage.high).all()
    assert (stage.high - stage.low)[0] < 12


def test_people_far_apart_are_all_shown():
    people = [walking_away(), motion(list(range(200)), id=2)]
    stage = Stage(recording(people))
    assert np.allclose(stage.centre(0), stage.centre(199)) and (stage.high - stage.low)[0] > 20


def test_a_room_is_shown_whole_and_stands():
    stage = Stage(recording([walking_away(40)]))
    assert np.allclose(stage.centre(0), stage.centre(39)) and np.allclose(stage.centre(0)[0], 1.95, atol=0.1)
    assert stage.azimuth(0) == stage.azimuth(39) != 0


def test_view_goes_round_with_a_camera_that_moves():
    circling = recording([motion(list(range(100)))])
    angles = np.linspace(0, 1.5 * np.pi, 100)
    poses = np.tile(np.eye(4), (100, 1, 1))
    poses[:, :3, 3] = np.stack([4 * np.sin(angles), np.ones(100), 4 * np.cos(angles)], axis=1)
    circling.camera.path = CameraPath(np.arange(100), poses)
    stage = Stage(circling)
    found = [stage.azimuth(frame) for frame in range(20, 80)]
    assert np.allclose(found, np.degrees(angles[20:80]), atol=1.0)
    assert np.abs(np.diff([stage.azimuth(frame) for frame in range(100)])).max() < 4


def test_video_runs_from_the_first_to_the_last_person_with_the_clips_times(tmp_path):
    people = [motion([3, 4, 5]), motion([7, 8], id=2)]
    people[1].person.times[:] = [0.75, 0.8]
    told: list[tuple[int, int]] = []
    write_view3d(tmp_path / "out.mp4", recording(people), size=96,
                 progress=lambda done, total: told.append((done, total)))
    with VideoReader(tmp_path / "out.mp4") as reader:
        times = [frame.time for frame in reader]
    assert times == pytest.approx([0.0, 0.1, 0.2, 0.325, 0.45, 0.5], abs=1e-3)
    assert (reader.clip.width, reader.clip.height) == (96, 96)
    assert told == [(done, 6) for done in range(1, 7)]


def test_nobody_to_show(tmp_path):
    with pytest.raises(InputError, match="clip.mp4: nobody is in this result"):
        write_view3d(tmp_path / "out.mp4", recording([]), progress=lambda done, total: None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("height", "size"), [(720, (112, 48)), (24, (56, 24))])
def test_side_by_side_has_the_clip_on_the_left(tmp_path, height, size):
    times = [0.0, 0.1, 0.25, 0.3]
    with VideoWriter(tmp_path / "clip.mp4", width=64, height=48, fps=10) as writer:
        for time in times:
            writer.write(np.full((48, 64, 3), (200, 40, 40), np.uint8), time)
    with VideoReader(tmp_path / "clip.mp4") as reader:
        write_side_by_side(tmp_path / "out.mp4", reader, recording([motion([0, 1])]), height=height,
                           progress=lambda done, total: None)
    with VideoReader(tmp_path / "out.mp4") as result:
        frames = list(result)
    assert [frame.time for frame in frames] == pytest.approx(times, abs=1e-3)
    assert (result.clip.width, result.clip.height) == size
    last = frames[-1].image
    assert np.abs(last[-4, 4].astype(int) - (200, 40, 40)).max() < 12
    assert last[2, -3].min() > 235

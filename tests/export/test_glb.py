"""Binary glTF scenes, played by a small reader of the format's own description: animation, skinning, camera."""

import json
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation, Slerp

from vid2pose3d.camera import project
from vid2pose3d.export.glb import write_glb
from vid2pose3d.motion import Camera, CameraPath, Clip, Recording
from vid2pose3d.skeleton import H36M17

AT = {
    "Hips": "pelvis", "LeftUpLeg": "left_hip", "LeftLeg": "left_knee", "LeftFoot": "left_ankle",
    "RightUpLeg": "right_hip", "RightLeg": "right_knee", "RightFoot": "right_ankle", "Spine": "spine",
    "Neck": "thorax", "Head": "neck_nose", "Head_end": "head", "LeftArm": "left_shoulder",
    "LeftForeArm": "left_elbow", "LeftHand": "left_wrist", "RightArm": "right_shoulder",
    "RightForeArm": "right_elbow", "RightHand": "right_wrist",
}
BLENDER = {
    "Hips": "hips", "LeftUpLeg": "thigh.L", "LeftLeg": "shin.L", "LeftFoot": "foot.L", "RightUpLeg": "thigh.R",
    "RightLeg": "shin.R", "RightFoot": "foot.R", "Spine": "chest", "Neck": "neck", "Head": "head",
    "Head_end": "head_end", "LeftArm": "upper_arm.L", "LeftForeArm": "forearm.L", "LeftHand": "hand.L",
    "RightArm": "upper_arm.R", "RightForeArm": "forearm.R", "RightHand": "hand.R",
}
TYPES = {5121: "<u1", 5123: "<u2", 5126: "<f4"}
SHAPES = {"SCALAR": (), "VEC3": (3,), "VEC4": (4,), "MAT4": (4, 4)}
FOCAL = 600.0


class Glb:
    """A file: its JSON, its arrays, and where its nodes and points are at a time."""

    def __init__(self, path: Path) -> None:
        content = path.read_bytes()
        magic, version, length, size, kind = struct.unpack_from("<4sIII4s", content)
        assert (magic, version, length, kind) == (b"glTF", 2, len(content), b"JSON")
        self.json = json.loads(content[20:20 + size])
        data, kind = struct.unpack_from("<I4s", content, 20 + size)
        assert kind == b"BIN\0"
        self.data = content[28 + size:28 + size + data]

    def array(self, number: int) -> np.ndarray:
        accessor = self.json["accessors"][number]
        view = self.json["bufferViews"][accessor["bufferView"]]
        shape = (accessor["count"], *SHAPES[accessor["type"]])
        values = np.frombuffer(self.data, TYPES[accessor["componentType"]], int(np.prod(shape)), view["byteOffset"])
        return values.reshape(shape)

    def named(self, name: str, below: int) -> int:
        """The node of that name below another."""
        for child in self.json["nodes"][below].get("children", []):
            if self.json["nodes"][child]["name"] == name:
                return child
            found = self.named(name, child)
            if found >= 0:
                return found
        return -1

    def node(self, name: str) -> int:
        return [node["name"] for node in self.json["nodes"]].index(name)

    def worlds(self, time: float) -> np.ndarray:
        """(nodes, 4, 4) from each node to the scene."""
        animation = self.json["animations"][0]
        changed: dict[tuple[int, str], np.ndarray] = {}
        for channel in animation["channels"]:
            sampler = animation["samplers"][channel["sampler"]]
            target = channel["target"]
            changed[target["node"], target["path"]] = sample(
                self.array(sampler["input"]), self.array(sampler["output"]), time,
                steps=sampler["interpolation"] == "STEP", turns=target["path"] == "rotation",
            )
        worlds = np.tile(np.eye(4), (len(self.json["nodes"]), 1, 1))

        def visit(number: int, parent: np.ndarray) -> None:
            node = self.json["nodes"][number]
            local = np.eye(4)
            local[:3, 3] = changed.get((number, "translation"), node.get("translation", np.zeros(3)))
            turn = changed.get((number, "rotation"), node.get("rotation", [0, 0, 0, 1]))
            size = changed.get((number, "scale"), node.get("scale", np.ones(3)))
            local[:3, :3] = Rotation.from_quat(turn).as_matrix() * size
            worlds[number] = parent @ local
            for child in node.get("children", []):
                visit(child, worlds[number])

        for root in self.json["scenes"][self.json["scene"]]["nodes"]:
            visit(root, np.eye(4))
        return worlds

    def skinned(self, name: str, time: float) -> tuple[np.ndarray, np.ndarray]:
        """Points (V, 3) of the node's mesh, moved by its skin, and the joint node (V,) of each."""
        node = self.json["nodes"][self.node(name)]
        skin = self.json["skins"][node["skin"]]
        attributes = self.json["meshes"][node["mesh"]]["primitives"][0]["attributes"]
        points = self.array(attributes["POSITION"]).astype(float)
        owners, weights = self.array(attributes["JOINTS_0"]), self.array(attributes["WEIGHTS_0"])
        bind = np.swapaxes(self.array(skin["inverseBindMatrices"]), 1, 2)
        moves = self.worlds(time)[skin["joints"]] @ bind
        mixed = np.einsum("vk,vkij->vij", weights, moves[owners])
        return np.einsum("vij,vj->vi", mixed, np.c_[points, np.ones(len(points))])[:, :3], owners[:, 0]


def sample(times: np.ndarray, values: np.ndarray, time: float, *, steps: bool, turns: bool) -> np.ndarray:
    """A sampler's value at a time: held at the ends, stepped, linear, or along the sphere."""
    time = float(np.clip(np.float32(time), times[0], times[-1]))
    if steps or len(times) == 1:
        return values[np.searchsorted(times, time, side="right") - 1]
    if turns:
        return Slerp(times.astype(float), Rotation.from_quat(values))(time).as_quat()
    return np.array([np.interp(time, times, column) for column in values.T])


@pytest.fixture
def people(pose, motion_of):
    """Two people: one turns round and bends for 40 frames, one waves from frame 12 to 29 of 5, 6, ..., 44."""
    def about(axis, degrees):
        return Rotation.from_euler(axis, degrees[:, None], degrees=True).as_matrix()

    first = pose(
        pelvis=about("y", np.linspace(0, 400, 40)), spine=about("x", np.linspace(0, 40, 40)),
        left_shoulder=about("z", np.linspace(0, 170, 40)), right_knee=about("x", np.linspace(0, 100, 40)),
        right_elbow=about("x", np.linspace(-20, -120, 40)),
    ) + np.linspace([0, 0.9, 0], [0.5, 0.9, 2], 40)[:, None]
    second = pose(right_shoulder=about("z", np.linspace(0, -150, 18))) * 0.8 + [1.5, 0.7, 1]
    one = motion_of(first, fps=25.0, frames=np.arange(5, 45))
    two = motion_of(second, fps=25.0, frames=np.arange(12, 30))
    return [one, replace(two, person=replace(two.person, id=2))]


@pytest.fixture
def written(tmp_path):
    """Writes people with a tilted camera; returns the file and its recording."""
    turn = Rotation.from_euler("yx", [30, 160], degrees=True).as_matrix()
    world = np.eye(4)
    world[:3, :3], world[:3, 3] = turn, [0.5, 1.6, 5.0]
    camera = Camera(np.array([[FOCAL, 0, 320], [0, FOCAL, 180], [0, 0, 1]]), False, world)

    def write(people, path=None, **options):
        camera.path = path
        recording = Recording(Clip(Path("a.mp4"), 640, 360, 25.0, 60, 2.4, 0), None, {}, camera, people, {})
        write_glb(tmp_path / "a.glb", recording, people, **options)
        return Glb(tmp_path / "a.glb"), recording

    return write


def places(scene, person, time, rename=None):
    """Joints (17, 3) of a person's skeleton at a time."""
    worlds, above = scene.worlds(time), scene.node(person)
    names = {joint: name for name, joint in AT.items()}
    found = [scene.named((rename or (lambda name: name))(names[joint]), above) for joint in H36M17.joints]
    assert min(found) >= 0
    return worlds[found, :3, 3]


def test_skeletons_play_the_joints_to_a_tenth_of_a_millimetre(people, written):
    scene, _ = written(people)
    begin = people[0].person.times[0]
    for motion in people:
        for row, time in enumerate(motion.person.times):
            found = places(scene, f"person{motion.person.id:02d}", time - begin)
            np.testing.assert_allclose(found, motion.joints_world[row], atol=1e-4)


@pytest.mark.parametrize(("names", "rename"), [
    ("mixamo", lambda name: f"mixamorig:{'Spine1' if name == 'Spine' else name}"),
    ("blender", BLENDER.get),
])
def test_presets_play_the_same(people, written, names, rename):
    scene, _ = written(people, names=names)
    np.testing.assert_allclose(places(scene, "person01", 39 / 25, rename), people[0].joints_world[39], atol=1e-4)


def test_bodies_surround_the_bones_they_move_with(people, written):
    scene, _ = written(people)
    for frame in (0, 20, 39):
        points, owners = scene.skinned("person01_body", frame / 25)
        skin = scene.json["skins"][scene.json["nodes"][scene.node("person01_body")]["skin"]]
        joints = dict(zip(H36M17.joints, people[0].joints_world[frame], strict=True))
        for name, start, end, radius in (("LeftArm", "left_shoulder", "left_elbow", 0.045),
                                         ("RightLeg", "right_knee", "right_ankle", 0.05)):
            mine = points[owners == [scene.json["nodes"][joint]["name"] for joint in skin["joints"]].index(name)]
            along = joints[end] - joints[start]
            part = np.clip((mine - joints[start]) @ along / (along @ along), 0, 1)
            apart = np.linalg.norm(mine - joints[start] - part[:, None] * along, axis=-1)
            np.testing.assert_allclose(apart, radius, rtol=0.01)
            assert (part.min(), part.max()) == (0, 1)


def test_surfaces_face_outwards(people, written):
    scene, _ = written(people)
    primitive = scene.json["meshes"][0]["primitives"][0]
    points = scene.array(primitive["attributes"]["POSITION"]).astype(float)
    normals = scene.array(primitive["attributes"]["NORMAL"]).astype(float)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=-1), 1, atol=1e-6)
    triangles = scene.array(primitive["indices"]).reshape(-1, 3)
    corners = points[triangles]
    facing = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert (np.einsum("fi,fi->f", facing, normals[triangles].mean(axis=1)) > 0).all()
    volume = np.einsum("fi,fi->f", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])).sum() / 6
    assert 0.03 < volume < 0.15


def test_nobody_is_seen_before_or_after_their_frames(people, written):
    scene, _ = written(people)
    number = scene.node("person02")

    def size(frame):
        return np.linalg.det(scene.worlds((frame - 5) / 25)[number, :3, :3])

    assert [size(frame) for frame in (5, 11, 12, 20, 29, 30, 44)] == pytest.approx([0, 0, 1, 1, 1, 0, 0])
    channels = [channel["target"] for channel in scene.json["animations"][0]["channels"]]
    assert {channel["node"] for channel in channels if channel["path"] == "scale"} == {number}


def test_the_camera_sees_the_joints_where_the_clip_does(people, written):
    scene, recording = written(people)
    camera = scene.json["cameras"][0]["perspective"]
    joints = people[0].joints_world[7]
    from_world = np.linalg.inv(recording.camera.world_from_camera)
    expected = project(joints @ from_world[:3, :3].T + from_world[:3, 3], recording.camera.intrinsics)
    node = np.linalg.inv(scene.worlds(0)[scene.node("camera")])
    seen = joints @ node[:3, :3].T + node[:3, 3]
    assert (seen[:, 2] < 0).all()
    top = np.tan(camera["yfov"] / 2)
    across = seen[:, 0] / -seen[:, 2] / (top * camera["aspectRatio"])
    up = seen[:, 1] / -seen[:, 2] / top
    np.testing.assert_allclose(np.stack([(1 + across) * 320, (1 - up) * 180], axis=-1), expected, atol=1e-3)


def test_a_moving_camera_sees_the_joints_where_the_clip_does(people, written):
    turns = Rotation.from_euler("yx", np.stack([np.linspace(0, 300, 60), np.full(60, 160.0)], axis=1), degrees=True)
    ways = np.tile(np.eye(4), (60, 1, 1))
    ways[:, :3, :3], ways[:, :3, 3] = turns.as_matrix(), np.linspace([0.5, 1.6, 5.0], [1.0, 1.5, 4.0], 60)
    scene, _ = written(people, path=CameraPath(np.arange(60), ways))
    for frame in (5, 20, 44):
        found = scene.worlds((frame - 5) / 25)[scene.node("camera")]
        np.testing.assert_allclose(found[:3, 3], ways[frame, :3, 3], atol=1e-5)
        np.testing.assert_allclose(found[:3, :3] @ np.diag([1, -1, -1]), ways[frame, :3, :3], atol=1e-5)


def test_a_hole_is_interpolated_and_one_frame_is_enough(people, written):
    joints = people[0].joints_world.copy()
    joints[20, 3] = np.nan
    scene, _ = written([replace(people[0], joints_world=joints)])
    apart = np.linalg.norm(places(scene, "person01", 20 / 25) - people[0].joints_world[20], axis=-1)
    assert apart.max() < 0.01
    joints[1:] = np.nan
    scene, _ = written([replace(people[0], joints_world=joints)])
    np.testing.assert_allclose(places(scene, "person01", 0), people[0].joints_world[0], atol=1e-4)

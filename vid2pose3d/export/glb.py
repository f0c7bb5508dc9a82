"""Writing a whole recording as one binary glTF scene: everyone as an animated skinned body, and the camera."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from vid2pose3d import __version__
from vid2pose3d.export.body import body, rest_places
from vid2pose3d.export.bvh_skeleton import local_rotations
from vid2pose3d.export.glb_scene import Scene
from vid2pose3d.export.rig import Names, RigJoint, rig
from vid2pose3d.files import replacing
from vid2pose3d.motion import Camera, CameraPath, Clip, Motion3D, Recording
from vid2pose3d.palette import person_colour
from vid2pose3d.skeleton import H36M17

_NEAR = 0.05
"""Metres from the camera at which its view begins."""


def write_glb(path: Path, recording: Recording, people: Sequence[Motion3D], *, names: Names = "default") -> None:
    """Write `people` of the recording and its camera to `path`: metres, y up, one animation of everyone.

    Each of `people` has a frame with all 17 joints; times count from the first such frame of anyone, and keep the
    clip's own time stamps. In a hole the pose is interpolated, before the first and after the last frame the person is
    scaled to nothing. Raises InputError where the file cannot be written.
    """
    complete = [np.isfinite(motion.joints_world).all(axis=(1, 2)) for motion in people]
    times = [motion.person.times[known] for motion, known in zip(people, complete, strict=True)]
    begin, end = min(stamps[0] for stamps in times), max(stamps[-1] for stamps in times)
    scene = Scene(generator=f"vid2pose3d {__version__}")
    camera = _add_camera(scene, recording.camera, recording.clip)
    if recording.camera.path is not None:
        _move_camera(scene, camera, recording.camera.path, people, begin=begin, end=end)
    for motion, known, stamps in zip(people, complete, times, strict=True):
        joints = np.asarray(motion.joints_world[known], dtype=float)
        person = _add_person(scene, motion.person.id, joints, stamps - begin, fps=recording.clip.fps, names=names)
        _add_presence(scene, person, stamps - begin, end=end - begin, frame=1 / recording.clip.fps)
    with replacing(path) as temporary:
        scene.save(temporary)


def _add_person(scene: Scene, number: int, joints: np.ndarray, times: np.ndarray, *, fps: float, names: Names) -> int:
    """Add the skeleton, its motion and its body; returns the node that holds the skeleton."""
    name = f"person{number:02d}"
    skeleton = rig(joints, names)
    nodes = [scene.node(joint.name, translation=joint.offset) for joint in skeleton]
    for index, joint in enumerate(skeleton):
        if joint.parent is not None:
            scene.attach(nodes[joint.parent], nodes[index])
    shape = body(skeleton)
    ends = [(index, joint.name, joint.end) for index, joint in enumerate(skeleton) if joint.end is not None]
    tips = [scene.node(f"{joint}_end", translation=end) for _, joint, end in ends]
    for tip, (index, _, _) in zip(tips, ends, strict=True):
        scene.attach(nodes[index], tip)
    person = scene.node(name, root=True)
    scene.attach(person, nodes[0])
    places = rest_places(skeleton)
    at_ends = [places[index] + end for index, _, end in ends]
    scene.skinned_mesh(f"{name}_body", shape, nodes + tips, np.array([*places, *at_ends]), root=person,
                       colour=person_colour(number))
    scene.animate(nodes[0], "translation", times, joints[:, H36M17.index("pelvis")])
    for node, turns in zip(nodes, _quaternions(skeleton, joints, fps), strict=True):
        if turns is not None:
            scene.animate(node, "rotation", times, turns)
    return person


def _quaternions(skeleton: Sequence[RigJoint], joints: np.ndarray, fps: float) -> list[np.ndarray | None]:
    """Local rotation (N, 4) x, y, z, w of every joint, neighbouring frames on one side; None where it never turns."""
    local = local_rotations(joints, fps=fps)
    found: list[np.ndarray | None] = []
    for joint in skeleton:
        if joint.column is None or np.array_equal(local[0, joint.column], np.eye(3)) and not np.ptp(
            local[:, joint.column], axis=0
        ).any():
            found.append(None)
            continue
        found.append(_on_one_side(Rotation.from_matrix(local[:, joint.column]).as_quat()))
    return found


def _on_one_side(turns: np.ndarray) -> np.ndarray:
    """Quaternions (N, 4) with signs by which neighbours are near each other."""
    flips = np.where((turns[1:] * turns[:-1]).sum(axis=-1) < 0, -1.0, 1.0)
    return turns * np.cumprod([1.0, *flips])[:, None]


def _add_presence(scene: Scene, person: int, times: np.ndarray, *, end: float, frame: float) -> None:
    """Scale the person's skeleton to nothing while the person is not there, which glTF says hides the body."""
    keys = [(0.0, 0.0), (times[0], 1.0)] if times[0] > 0 else [(0.0, 1.0)]
    if times[-1] + frame <= end:
        keys.append((times[-1] + frame, 0.0))
    if len(keys) > 1:
        stamps, sizes = np.array(keys).T
        scene.animate(person, "scale", stamps, np.repeat(sizes[:, None], 3, axis=1), steps=True)


def _add_camera(scene: Scene, camera: Camera, clip: Clip) -> int:
    """Its node; the view is centred, so that a principal point elsewhere is lost."""
    focal_x, focal_y = camera.intrinsics[0, 0], camera.intrinsics[1, 1]
    place, turn = camera.world_from_camera[:3, 3], _camera_turns(camera.world_from_camera)
    node = scene.node("camera", translation=place, rotation=turn, root=True)
    scene.perspective(node, yfov=2 * math.atan(clip.height / 2 / focal_y), near=_NEAR,
                      aspect=(clip.width / focal_x) / (clip.height / focal_y))
    return node


def _move_camera(scene: Scene, node: int, path: CameraPath, people: Sequence[Motion3D], *, begin: float,
                 end: float) -> None:
    """Move the camera in the frames from `begin` to `end` seconds that have anyone in them."""
    times = {int(frame): float(time) for motion in people
             for frame, time in zip(motion.person.frames, motion.person.times, strict=True) if begin <= time <= end}
    frames = np.array(sorted(times))
    stamps, ways = np.array([times[frame] for frame in frames]) - begin, path.at(frames)
    scene.animate(node, "translation", stamps, ways[:, :3, 3])
    scene.animate(node, "rotation", stamps, _on_one_side(_camera_turns(ways)))


def _camera_turns(transforms: np.ndarray) -> np.ndarray:
    """Quaternions (..., 4) of (..., 4, 4) world_from_camera: glTF's camera looks along -z with y up."""
    return Rotation.from_matrix(transforms[..., :3, :3] @ np.diag([1.0, -1.0, -1.0])).as_quat()

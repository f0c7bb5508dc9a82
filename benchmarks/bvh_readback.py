"""Reads a result's BVH files with Blender's own importer and compares its world joint positions with the JSON.

Needs Blender's Python package (pip install bpy, in an environment of its own) and nothing else:

    python benchmarks/bvh_readback.py RESULT.json [--unit m|cm] [--within-mm 2]

For every person: mean and largest distance in millimetres, over all joints and all frames whose time lies on the
file's even grid; the number and rate of frames that the importer found; and where Blender sees the person's head and
front at the start. Its up is +z, and whoever faces the world's +z faces its -y, towards the front view. Exit code 1
where a distance is larger than allowed, or frames or rate differ.
"""

import argparse
import json
import sys
from pathlib import Path

import bpy
import numpy as np

JOINTS = {
    "Hips": "pelvis", "LeftUpLeg": "left_hip", "LeftLeg": "left_knee", "LeftFoot": "left_ankle",
    "RightUpLeg": "right_hip", "RightLeg": "right_knee", "RightFoot": "right_ankle", "Spine": "spine",
    "Neck": "thorax", "Head": "neck_nose", "LeftArm": "left_shoulder", "LeftForeArm": "left_elbow",
    "LeftHand": "left_wrist", "RightArm": "right_shoulder", "RightForeArm": "right_elbow",
    "RightHand": "right_wrist",
}
"""Bones of the file whose heads are joints of the result; the seventeenth, `head`, is the tail of Head."""

Y_UP_FROM_BLENDER = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
"""Blender's z is up; its importer, told that the file's y is, turns everything about x."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("result", type=Path, help="the JSON; the BVH files lie beside it")
    parser.add_argument("--unit", choices=("m", "cm"), default="m", help="unit of the BVH files")
    parser.add_argument("--within-mm", type=float, default=2.0, help="largest distance that passes")
    options = parser.parse_args()
    result = json.loads(options.result.read_text(encoding="utf-8"))
    good = True
    for person in result["people"]:
        path = options.result.with_name(f"{options.result.stem}_person{person['id']:02d}.bvh")
        good &= check(path, person, result, unit=options.unit, within_mm=options.within_mm)
    return 0 if good else 1


def check(path: Path, person: dict, result: dict, *, unit: str, within_mm: float) -> bool:
    """Compare one file; prints a line and returns whether it passes."""
    names = result["skeleton"]["joints"]
    wanted = np.array(person["joints_world"], dtype=float)
    found, fps = read_back(path, names, scale=0.01 if unit == "cm" else 1.0)
    ticks = (np.array(person["times"]) - person["times"][0]) * result["video"]["fps"]
    on = np.abs(ticks - np.round(ticks)) < 0.1
    complete = len(found) == round(ticks[-1]) + 1
    apart = np.linalg.norm(found[np.round(ticks[on]).astype(int) % len(found)] - wanted[on], axis=-1) * 1000
    passed = complete and apart.max() <= within_mm and abs(fps - result["video"]["fps"]) < 0.01
    head = np.round(Y_UP_FROM_BLENDER.T @ found[0, names.index("head")], 2)
    front = np.round(Y_UP_FROM_BLENDER.T @ facing(found[0], names), 2)
    print(f"{path.name}: {len(found)} frames at {fps:.3f} fps, {on.sum()} compared: mean {apart.mean():.3f} mm, "
          f"largest {apart.max():.3f} mm; head at {head} m, front {front}; {'passes' if passed else 'FAILS'}")
    return bool(passed)


def read_back(path: Path, names: list[str], *, scale: float) -> tuple[np.ndarray, float]:
    """World joints (frames, 17, 3) metres, y up, as Blender plays them, and its frames per second."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.import_anim.bvh(filepath=str(path), global_scale=scale, axis_forward="-Z", axis_up="Y",
                            rotate_mode="NATIVE", update_scene_fps=True)
    armature, scene = bpy.context.object, bpy.context.scene
    first, last = armature.animation_data.action.frame_range
    frames = range(int(first), int(last) + 1)
    joints = np.empty((len(frames), len(names), 3))
    for row, frame in enumerate(frames):
        scene.frame_set(frame)
        for bone, joint in JOINTS.items():
            joints[row, names.index(joint)] = armature.matrix_world @ armature.pose.bones[bone].head
        joints[row, names.index("head")] = armature.matrix_world @ armature.pose.bones["Head"].tail
    return joints @ Y_UP_FROM_BLENDER.T, scene.render.fps / scene.render.fps_base


def facing(joints: np.ndarray, names: list[str]) -> np.ndarray:
    """Unit vector (3,) out of the person's front, from one frame's joints (17, 3)."""
    left = joints[names.index("left_hip")] - joints[names.index("right_hip")]
    front = np.cross(left, joints[names.index("thorax")] - joints[names.index("pelvis")])
    return front / np.linalg.norm(front)


if __name__ == "__main__":
    sys.exit(main())

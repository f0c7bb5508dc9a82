"""Reads an exported GLB with Blender, makes FBX and USD of it as docs/formats.md says, and compares with the JSON.

Needs Blender's Python package (pip install bpy, in an environment of its own) and nothing else:

    vid2pose3d export RESULT.json --to glb
    python benchmarks/scene_readback.py RESULT.json [--within-mm 1]

For each of the three files and every person: largest distance in millimetres over all joints and all frames whose time
lies on the file's even grid. Exit code 1 where it is larger than allowed.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import bpy
import numpy as np

JOINTS = {
    "Hips": "pelvis", "LeftUpLeg": "left_hip", "LeftLeg": "left_knee", "LeftFoot": "left_ankle",
    "RightUpLeg": "right_hip", "RightLeg": "right_knee", "RightFoot": "right_ankle", "Spine": "spine",
    "Neck": "thorax", "Head": "neck_nose", "Head_end": "head", "LeftArm": "left_shoulder",
    "LeftForeArm": "left_elbow", "LeftHand": "left_wrist", "RightArm": "right_shoulder",
    "RightForeArm": "right_elbow", "RightHand": "right_wrist",
}
FIRST_FRAME = {".glb": 0, ".fbx": 1, ".usdc": 0}
"""Where Blender's importers put the first frame."""

Y_UP_FROM_BLENDER = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("result", type=Path, help="the JSON; the GLB lies beside it, with names of the default preset")
    parser.add_argument("--within-mm", type=float, default=1.0, help="largest distance that passes")
    options = parser.parse_args()
    result = json.loads(options.result.read_text(encoding="utf-8"))
    good = True
    with tempfile.TemporaryDirectory() as folder:
        glb = options.result.with_suffix(".glb")
        fbx, usd = Path(folder) / "clip.fbx", Path(folder) / "clip.usdc"
        begin_scene(result["video"]["fps"])
        bpy.ops.import_scene.gltf(filepath=str(glb), disable_bone_shape=True)
        good &= check(glb, result, options.within_mm)
        convert(fbx, usd)
        begin_scene(result["video"]["fps"])
        bpy.ops.import_scene.fbx(filepath=str(fbx))
        good &= check(fbx, result, options.within_mm)
        begin_scene(result["video"]["fps"])
        bpy.ops.wm.usd_import(filepath=str(usd))
        good &= check(usd, result, options.within_mm)
    return 0 if good else 1


def begin_scene(fps: float) -> None:
    """An empty scene at the clip's frame rate; Blender's rates are whole numbers over `fps_base`."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.context.scene.render.fps = round(fps)
    bpy.context.scene.render.fps_base = round(fps) / fps


def convert(fbx: Path, usd: Path) -> None:
    """Write the open scene, as the documentation shows."""
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 0, round(max(action.frame_range[1] for action in bpy.data.actions))
    bpy.ops.export_scene.fbx(filepath=str(fbx), add_leaf_bones=False, bake_anim_use_all_actions=False,
                             bake_anim_use_nla_strips=False, bake_anim_simplify_factor=0)
    bpy.ops.wm.usd_export(filepath=str(usd), export_animation=True)


def check(path: Path, result: dict, within_mm: float) -> bool:
    """Compare the open scene with the result; prints a line for each person and returns whether all pass."""
    fps, names = result["video"]["fps"], result["skeleton"]["joints"]
    begin = min(person["times"][0] for person in result["people"])
    good = True
    for person in result["people"]:
        ticks = (np.array(person["times"]) - begin) * fps
        on = np.flatnonzero(np.abs(ticks - np.round(ticks)) < 0.001)
        armature = skeleton_of(person["id"])
        wanted = np.array(person["joints_world"], dtype=float)
        worst = 0.0
        for row in on:
            bpy.context.scene.frame_set(round(ticks[row]) + FIRST_FRAME[path.suffix])
            apart = joints(armature, names) - wanted[row]
            worst = max(worst, np.linalg.norm(apart, axis=-1).max() * 1000)
        passed = len(on) > 0 and worst <= within_mm
        good &= passed
        print(f"{path.suffix[1:]} person {person['id']}: {len(on)} of {len(ticks)} frames compared, "
              f"largest {worst:.3f} mm; {'passes' if passed else 'FAILS'}")
    return good


def skeleton_of(number: int) -> bpy.types.Object:
    """The armature of a person, which importers name after the person or put below them."""
    name = f"person{number:02d}"
    return next(thing for thing in bpy.data.objects if thing.type == "ARMATURE"
                and (thing.name.startswith(name) or (thing.parent and thing.parent.name.startswith(name))))


def joints(armature: bpy.types.Object, names: list[str]) -> np.ndarray:
    """World joints (17, 3) metres, y up, of the current frame; those of a second person may be called Hips_001."""
    heads = {bone.name.partition(".")[0]: armature.matrix_world @ bone.head for bone in armature.pose.bones}
    found = np.empty((len(names), 3))
    for bone, joint in JOINTS.items():
        found[names.index(joint)] = heads[bone]
    return found @ Y_UP_FROM_BLENDER.T


if __name__ == "__main__":
    sys.exit(main())

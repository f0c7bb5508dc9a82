"""Refining a finished result: its poses become better ones and are placed in the world again."""

import glob
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from vid2pose3d.camera_motion import at_rest, moving_again, pose_at_rest, to_world
from vid2pose3d.device import choose_device, usable_cpus
from vid2pose3d.errors import InputError
from vid2pose3d.export.bvh import write_bvh
from vid2pose3d.export.json import read_json, write_json
from vid2pose3d.motion import Camera, Motion3D, Recording
from vid2pose3d.outputs import output_set
from vid2pose3d.pipeline import Result
from vid2pose3d.place import Clues, clean_motion, place_people
from vid2pose3d.refine.refiner import Refiner
from vid2pose3d.reporter import Reporter, by_person
from vid2pose3d.settings import Cleaning, cleaning
from vid2pose3d.stopwatch import Stopwatch


def refine_result(result: Path, folder: Path, *, refiner: Path | None, device: str, overwrite: bool,
                  reporter: Reporter) -> Result:
    """The result file of `run` in; the same with refined poses, and a BVH per person, in `folder` out.

    refiner: weights; None: those embedded for the lifter of the result. Frames without a pose stay without one. Raises
    InputError for what the user can mend; then, as after any other exception, `folder` is as it was.
    """
    recording, watch = read_json(result), Stopwatch()
    stem = glob.escape(result.stem)
    with output_set(folder, [f"{stem}.json", f"{stem}_person[0-9][0-9]*.bvh"], overwrite=overwrite) as outputs:
        loaded = _loaded(result, recording, refiner, device, reporter)
        with watch("refine"):
            refined = _refined(result, recording, loaded, reporter)
        refined.timing.update(watch.seconds)
        for motion in refined.people:
            if not np.isfinite(motion.joints_world).all((1, 2)).any():
                continue
            path = outputs.add(f"{result.stem}_person{motion.person.id:02d}.bvh")
            write_bvh(path, motion, fps=recording.clip.fps, unit=recording.settings.get("unit", "m"))
        write_json(outputs.add(f"{result.stem}.json"), refined)
        return Result(refined, outputs.publish())


def _loaded(result: Path, recording: Recording, refiner: Path | None, device: str, reporter: Reporter) -> Refiner:
    weights: dict[str, Any] = recording.settings.get("weights") or {"name": "unknown weights", "sha256": ""}
    before = recording.settings.get("refiner")
    if before:
        reporter.warn(f"{result} was refined already, by {before['name']}; a refiner knows the errors of lifted poses, "
                      "not of refined ones")
    torch.set_num_threads(min(torch.get_num_threads(), usable_cpus()))
    return Refiner.load(refiner, base=weights["name"], base_sha256=weights["sha256"], device=choose_device(device),
                        reporter=reporter)


def _refined(result: Path, recording: Recording, refiner: Refiner, reporter: Reporter) -> Recording:
    for motion in recording.people:
        if len(motion.person) and not np.isfinite(motion.person.xy).any():
            raise InputError(f"{result}: person {motion.person.id} has no 2D, which a refiner looks at too; give a "
                             "result with keypoints_2d")
    camera = recording.camera
    poses = [refiner.refine_track(at_rest(motion.person, camera), pose_at_rest(
                 motion.joints_camera - motion.joints_camera[:, :1], motion.person, camera), camera, progress)
             for motion, progress in zip(recording.people, by_person("refine", len(recording.people), reporter),
                                         strict=True)]
    camera, people = _placed(recording.people, poses, camera, cleaning(recording.settings))
    settings = {**recording.settings, "refiner": refiner.record()}
    return replace(recording, camera=camera, people=people, settings=settings, timing=dict(recording.timing))


def _placed(
    motions: list[Motion3D], poses: list[np.ndarray], camera: Camera, steps: Cleaning
) -> tuple[Camera, list[Motion3D]]:
    """All motions with other poses (N, 17, 3) at rest; frames of which a part is NaN keep what they had."""
    known = [np.flatnonzero(np.isfinite(pose).all((1, 2))) for pose in poses]
    seen = [motion.person.at(rows) for motion, rows in zip(motions, known, strict=True)]
    heights = {motion.person.id: motion.stature for motion in motions
               if motion.stature_given and motion.stature is not None}
    # The background may have told the vertical, and it is not seen again.
    clues = Clues(up=camera.world_from_camera[1, :3] if camera.path is None else None)
    camera, placed = moving_again(seen, place_people([at_rest(person, camera) for person in seen],
                                                     [pose[rows] for pose, rows in zip(poses, known, strict=True)],
                                                     camera, steps, heights=heights, clues=clues))
    people = []
    for motion, found, rows in zip(motions, placed, known, strict=True):
        joints = motion.joints_camera.copy()
        joints[rows] = clean_motion(found, camera, steps).joints_camera
        world = to_world(joints, motion.person.frames, camera)
        people.append(replace(motion, joints_camera=joints, joints_world=world, stature=found.stature))
    return camera, people

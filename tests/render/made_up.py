"""A made-up person whose joints, place and camera are known."""

from pathlib import Path

import numpy as np

from vid2pose3d.camera import project
from vid2pose3d.motion import Camera, Clip, Motion3D, Person2D, Recording
from vid2pose3d.skeleton import H36M17

INTRINSICS = np.array([[200.0, 0, 80], [0, 200, 60], [0, 0, 1]])
WORLD_FROM_CAMERA = np.array([[1.0, 0, 0, 0], [0, -1, 0, 1], [0, 0, -1, 4], [0, 0, 0, 1]])
"""A level camera a metre above the floor, four metres before the person."""


def walker(frames: int, *, id: int = 1, first: int = 0, fps: float = 10.0, uncertain: bool = True) -> Motion3D:
    """Joints that lie anywhere in a box above the floor and move along x."""
    rng = np.random.default_rng(id)
    world = rng.uniform((-0.4, 0, -0.3), (0.4, 1.7, 0.3), (17, 3)) + np.arange(frames)[:, None, None] * (0.01, 0, 0)
    turn, place = WORLD_FROM_CAMERA[:3, :3], WORLD_FROM_CAMERA[:3, 3]
    camera = (world - place) @ turn
    numbers = np.arange(first, first + frames)
    person = Person2D(id, H36M17, numbers, numbers / fps, project(camera, INTRINSICS), np.ones((frames, 17)),
                      np.tile([10.0, 10, 50, 50], (frames, 1)), np.zeros(frames, bool))
    confidence = rng.uniform(0, 1, (frames, 17))
    return Motion3D(person, camera, world, confidence, rng.uniform(0, 0.08, (frames, 17)) if uncertain else None)


def recording(people: list[Motion3D], *, name: str = "clip.mp4", action: str | None = "walking") -> Recording:
    clip = Clip(Path(name), 160, 120, fps=10.0, frames=20, duration=2.0, rotation=0)
    return Recording(clip, action, {}, Camera(INTRINSICS, assumed=True, world_from_camera=WORLD_FROM_CAMERA), people,
                     {})

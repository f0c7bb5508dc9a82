"""From root-relative poses and their 2D to absolute motion in the camera's and one common world frame."""

from dataclasses import dataclass, replace

import numpy as np

from vid2pose3d.motion import Camera, Lines, Motion3D, Person2D
from vid2pose3d.place.clean import clean_pose
from vid2pose3d.place.contact import stance
from vid2pose3d.place.focal import with_estimated_focal
from vid2pose3d.place.focal_floor import with_focal_of_floor
from vid2pose3d.place.lines import slope_with_lines
from vid2pose3d.place.root import Ground, root_path
from vid2pose3d.place.stature import AVERAGE, FloorLevel, Heights, common_floor, given_height, scale_to, stature
from vid2pose3d.place.world import Track, find_slope, floor_height, up_from_slope, world_from_camera
from vid2pose3d.settings import FULL, Cleaning
from vid2pose3d.skeleton import H36M17

_BRIDGED = 0.5
"""Share of its confidence that a joint keeps where the person was not seen, or the joint was repaired."""
_BRIDGED_WEIGHT = 0.1
"""Share of its weight that such a frame keeps in every fit."""
_SAME_FLOOR = 0.2
"""Metres from the common floor within which someone stands on it."""


@dataclass(frozen=True)
class Clues:
    """What tells the vertical besides the people's poses."""

    lines: Lines | None = None
    """Of the background behind a camera at rest."""
    lean: float = 0.0
    """Radians by which poses lean away from the camera on average, because of how a detector sees people."""
    up: np.ndarray | None = None
    """(3,) unit vector, camera frame: the vertical itself, where it is known."""


@dataclass
class _Subject:
    """One person on its way into the world."""

    person: Person2D
    pose: np.ndarray
    """(N, 17, 3) metres, relative to the pelvis, cleaned up, of the size assumed so far."""
    repaired: np.ndarray
    """(N, 17) True where a joint of it was replaced."""
    weights: np.ndarray
    """(N, 17) of the 2D."""
    given: bool
    """Whether its stature was given."""
    joints: np.ndarray
    """(N, 17, 3) metres, absolute, camera frame."""

    def track(self) -> Track:
        return Track(self.joints, self.person.times, _frame_weights(self.person))


def place_people(
    people: list[Person2D], poses: list[np.ndarray], camera: Camera, cleaning: Cleaning = FULL, *,
    heights: Heights = None, clues: Clues = Clues(),
) -> tuple[Camera, list[Motion3D]]:
    """Everyone's absolute motion, and the camera with its place in the world that they share.

    people: tracks of the 17 Human3.6M joints. poses: for each of them (N, 17, 3) metres, camera frame, relative to
    the pelvis, finite; of `cleaning` they get the steps of poses, the motion none. heights: statures where they are
    known. Each skeleton comes out as tall as given or as the average, and standing on the others' floor where that
    takes no unusual size. The focal length of a still camera becomes an estimated one where it was assumed and the
    motion or the floor tells it. The world has y up, the floor at y = 0, and the first person at its origin at the
    start, facing +z.
    Raises ValueError where a pose does not fit its person.
    """
    if len(people) != len(poses):
        raise ValueError(f"{len(people)} people but {len(poses)} poses")
    subjects = [_subject(person, pose, cleaning, heights) for person, pose in zip(people, poses, strict=True)]
    there = [subject for subject in subjects if len(subject.person)]
    up = None
    if there:
        up = _walk(there, camera, clues)
        if camera.assumed and camera.path is None:
            camera = with_estimated_focal(camera, [subject.track() for subject in there], up=up)
            if camera.assumed:
                camera = with_focal_of_floor(camera, _floors(there, up), up=up)
            up = up if camera.assumed else _walk(there, camera, clues)
        _stand(there, up, camera)
    transform = world_from_camera([subject.track() for subject in there], up=up)
    motions = [_in_world(subject, transform) for subject in subjects]
    return replace(camera, world_from_camera=transform), motions


def _subject(person: Person2D, pose: np.ndarray, cleaning: Cleaning, heights: Heights) -> _Subject:
    """The person with its cleaned-up pose of the given or the average stature, not yet placed."""
    expected = (len(person), len(H36M17), 3)
    if person.joint_set.name != H36M17.name or pose.shape != expected or not np.isfinite(pose).all():
        raise ValueError(
            f"person {person.id}: expected {H36M17.name} joints and finite poses {expected}, "
            f"got {person.joint_set.name} and {pose.shape}"
        )
    height = given_height(heights, person.id)
    weights = _seen(person) * _frame_weights(person)[:, None]
    marks = np.zeros(expected[:2], dtype=bool)
    if len(person):
        pose, marks = clean_pose(pose, person.times, weights, bridged=person.interpolated, steps=cleaning)
        pose = pose * scale_to(height or AVERAGE, pose)
    return _Subject(person, pose, marks, weights, given=height is not None, joints=np.zeros(expected))


def _walk(subjects: list[_Subject], camera: Camera, clues: Clues) -> np.ndarray:
    """Give all subjects the paths that their 2D shows; returns the vertical (3,) that they and the clues tell."""
    for subject in subjects:
        subject.joints = subject.pose + _path(subject, camera)[:, None]
    if clues.up is not None:
        return clues.up
    slope, information = find_slope([subject.track() for subject in subjects], lean=clues.lean)
    if clues.lines is not None:
        slope = slope_with_lines(slope, information, clues.lines, camera)
    return up_from_slope(slope)


def _path(subject: _Subject, camera: Camera, ground: Ground | None = None) -> np.ndarray:
    return root_path(subject.pose, subject.person.xy, subject.weights, times=subject.person.times,
                     intrinsics=camera.intrinsics, ground=ground)


def _stand(subjects: list[_Subject], up: np.ndarray, camera: Camera) -> None:
    """Give all subjects sizes and paths with which they stand on one floor, those who stand elsewhere on their own."""
    floors = _floors(subjects, up)
    factors, common = common_floor(floors)
    for subject, floor, factor in zip(subjects, floors, factors, strict=True):
        subject.pose, subject.joints = factor * subject.pose, factor * subject.joints
        level = common if abs(factor * floor.level - common) < _SAME_FLOOR else factor * floor.level
        planted = stance(subject.joints, subject.person.times, up=up)
        subject.joints = subject.pose + _path(subject, camera, Ground(up, level, planted))[:, None]


def _floors(subjects: list[_Subject], up: np.ndarray) -> list[FloorLevel]:
    """Everyone's own floor, as the size assumed so far has it."""
    return [
        FloorLevel(floor_height([track], up), float(np.median(track.joints[:, 0, 2])), known=subject.given)
        for subject in subjects for track in [subject.track()]
    ]


def _in_world(subject: _Subject, transform: np.ndarray) -> Motion3D:
    """The motion in the world that `transform` (4, 4) leads to from the camera."""
    person = subject.person
    return Motion3D(
        person=person,
        joints_camera=subject.joints,
        joints_world=subject.joints @ transform[:3, :3].T + transform[:3, 3],
        confidence=_seen(person) * np.where(person.interpolated[:, None] | subject.repaired, _BRIDGED, 1.0),
        repaired=subject.repaired,
        stature=stature(subject.joints) if len(person) else None,
        stature_given=subject.given,
    )


def _seen(person: Person2D) -> np.ndarray:
    """Confidence (N, 17) of the 2D, 0 where a joint is missing."""
    known = np.isfinite(person.xy).all(axis=-1) & np.isfinite(person.confidence)
    return np.where(known, np.clip(np.nan_to_num(person.confidence), 0.0, 1.0), 0.0)


def _frame_weights(person: Person2D) -> np.ndarray:
    return np.where(person.interpolated, _BRIDGED_WEIGHT, 1.0)

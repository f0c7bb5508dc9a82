"""The nouns that pass between the stages, and the conventions that they keep.

Metres, seconds, right-handed frames. Pixels: x right, y down, (0, 0) is the top-left corner of the first pixel of the
upright picture. Camera frame: x right, y down, z forward. World frame: y up, floor at y = 0, the first person starts
near the origin and faces +z. Frame numbers are 0-based decoded frames. Missing is NaN with confidence 0, never zero.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from vid2pose3d.skeleton.joint_set import JointSet

UncertaintyKind = Literal["radius80", "spread"]
"""What the uncertainty of a joint relative to the pelvis is. radius80: the radius around it that holds the true joint
with a probability of 80 %, as calibrated on recorded motion. spread: how far its hypotheses lie from their mean (root
mean square)."""
CameraMotion = Literal["still", "moving", "relative"]
"""still: the camera stands. moving: it moves, and its path is known. relative: it moves, or may do so, in a way that is
not known, and the world moves with it."""


@dataclass(frozen=True)
class Clip:
    """What is known about a video. Sizes are those of the upright picture; `rotation` is what made it upright."""

    path: Path
    width: int
    height: int
    fps: float
    """Mean frames per second."""
    frames: int
    """Number of frames in the file: as declared when the clip is opened, as decoded once it was read."""
    duration: float
    """Seconds."""
    rotation: int
    """Degrees, counter-clockwise, by which the stored picture was turned: 0, 90, 180 or 270."""
    focal: float | None = None
    """Focal length in pixels where the file's metadata say it."""

    @property
    def name(self) -> str:
        return self.path.name


@dataclass
class Keypoints2D:
    """One person in one frame, as a detector sees them."""

    xy: np.ndarray
    """(J, 2) pixels."""
    confidence: np.ndarray
    """(J,) 0..1."""
    bbox: np.ndarray
    """(4,) x0 y0 x1 y1 pixels."""
    score: float
    """How sure the detector is that this is a person, 0..1."""


@dataclass
class Person2D:
    """One person over the clip: N frames in increasing order, not necessarily without holes."""

    id: int
    joint_set: JointSet
    frames: np.ndarray
    """(N,) int frame numbers."""
    times: np.ndarray
    """(N,) seconds, the clip's own time stamps."""
    xy: np.ndarray
    """(N, J, 2) pixels."""
    confidence: np.ndarray
    """(N, J) 0..1."""
    bbox: np.ndarray
    """(N, 4) x0 y0 x1 y1 pixels."""
    interpolated: np.ndarray
    """(N,) True where the person was not seen and the frame was bridged."""

    def __len__(self) -> int:
        return len(self.frames)

    def at(self, rows: np.ndarray) -> "Person2D":
        """Some of the frames; rows: (M,) increasing indices."""
        return replace(self, **{name: getattr(self, name)[rows] for name in
                                ("frames", "times", "xy", "confidence", "bbox", "interpolated")})


@dataclass
class Detections:
    """Everyone's 2D joints in a clip, and what found them."""

    clip: Clip
    detector: str
    people: list[Person2D]


@dataclass
class LiftedPoses:
    """One person's poses for each of N frames, relative to the pelvis."""

    joints: np.ndarray
    """(N, 17, 3) metres, camera frame."""
    uncertainty: np.ndarray | None
    """(N, 17) metres; None where there is nothing to tell it from."""
    uncertainty_kind: UncertaintyKind | None


@dataclass
class Motion3D:
    """One person's 3D motion: the 2D it came from (17 Human3.6M joints) and joints for each of its N frames."""

    person: Person2D
    joints_camera: np.ndarray
    """(N, 17, 3) metres, absolute, camera frame."""
    joints_world: np.ndarray
    """(N, 17, 3) metres, world frame."""
    confidence: np.ndarray
    """(N, 17) 0..1."""
    uncertainty: np.ndarray | None = None
    """(N, 17) metres; None where there is nothing to tell it from."""
    uncertainty_kind: UncertaintyKind | None = None
    repaired: np.ndarray | None = None
    """(N, 17) True where a joint of the pose was replaced by interpolation; None where nobody looked."""
    stature: float | None = None
    """Metres that the person measures when standing straight; None where nothing is known of it."""
    stature_given: bool = False
    """Whether that is what somebody said; else it is the average adult's, fitted to the floor that all stand on."""


@dataclass(frozen=True)
class CameraPath:
    """Where a moving camera is in each of F frames."""

    frames: np.ndarray
    """(F,) int frame numbers, increasing."""
    world_from_camera: np.ndarray
    """(F, 4, 4) rigid transforms."""
    metric: bool = True
    """False while places are in an unknown unit of length, before people's feet have told it."""

    def at(self, frames: np.ndarray) -> np.ndarray:
        """(N, 4, 4) transforms of some frames (N,), each of which the path has."""
        return self.world_from_camera[np.searchsorted(self.frames, frames)]


@dataclass
class Camera:
    """The one camera of a clip."""

    intrinsics: np.ndarray
    """(3, 3) pixels of the upright picture."""
    assumed: bool
    """True where the focal length is a guess."""
    world_from_camera: np.ndarray = field(default_factory=lambda: np.eye(4))
    """(4, 4) rigid transform; of a moving camera, that of its first frame."""
    motion: CameraMotion | None = None
    """None where the background was not looked at."""
    path: CameraPath | None = None
    """Of a camera that moves, or whose turning at least is known."""
    focal_error: float | None = None
    """Share by which the focal length is likely wrong (standard deviation) where it was estimated."""

    def at(self, frames: np.ndarray) -> np.ndarray:
        """(N, 4, 4) rigid transforms into the world in some frames (N,), each of which a path has."""
        if self.path is None:
            return np.broadcast_to(self.world_from_camera, (len(frames), 4, 4))
        return self.path.at(frames)


@dataclass(frozen=True)
class Lines:
    """Straight edges of what stands still before a camera at rest."""

    ends: np.ndarray
    """(M, 2, 2) pixels of the upright picture."""
    error: np.ndarray
    """(M,) radians by which the direction in the picture is likely wrong."""
    weight: np.ndarray
    """(M,) 0..1: short ones, and several edges of one thing, count less."""


@dataclass
class Recording:
    """A finished result: everything that the output files say."""

    clip: Clip
    action: str | None
    settings: dict[str, Any]
    camera: Camera
    people: list[Motion3D]
    timing: dict[str, float]
    """Seconds by stage."""

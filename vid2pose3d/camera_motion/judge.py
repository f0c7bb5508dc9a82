"""What a clip's camera does, judged from its background: it stands, turns, travels, or the world is relative to it."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial.transform import Rotation, Slerp

from vid2pose3d.camera_motion.background import Background
from vid2pose3d.camera_motion.travel import follow_travel
from vid2pose3d.camera_motion.turning import Turning, follow_turns
from vid2pose3d.motion import Camera, CameraMotion, CameraPath

_MOVES = (0.2, 0.3)
"""Seconds, and share of the clip, in which the picture must not stand for the camera to be called moving."""
_SEEN = 0.5
"""Share of the frames in which the background must be seen for anything to be said."""
_LONGEST_GAP = 1.0
"""Seconds without a background across which the turning is interpolated."""
_EXPLAINED = 0.85
"""Share of the background that a turn explains, in the median of the frames that are not still, if it only turns; or a
turn and growth together, of those that grew, if it zooms."""
_HARDLY = 0.75
"""The same where something else moves and no way is found."""
_GROWTH = 1.04
"""How much larger or smaller than in its key frame the picture may be in most frames."""
_MOST = 0.95
_WIDEST = 60.0
"""Degrees from the mean direction up to which a turning camera is followed."""


@dataclass(frozen=True)
class Verdict:
    """A camera with its motion, and one line that says it where it does not just stand."""

    camera: Camera
    says: str | None = None

    @property
    def doubtful(self) -> bool:
        """Whether the user should know that the world may move."""
        return self.camera.motion == "relative"


def judge(background: Background, camera: Camera) -> Verdict:
    """The camera with its motion and, where it moves, its path in the frame of its first picture.

    A way that is more than turns is in an unknown unit of length.
    """
    if not background.views:
        return Verdict(camera)
    known = np.array([view is not None for view in background.views])
    if not known.mean() >= _SEEN:
        return _relative(camera, f"the background is seen in only {100 * known.mean():.0f} % of the frames, so that "
                                 "nothing tells whether the camera moves")
    turning = follow_turns(background, camera.intrinsics)
    times = np.array(background.times)
    if turning.breaks:
        first = times[turning.breaks[0]]
        more = f" and {len(turning.breaks) - 1} times more" if len(turning.breaks) > 1 else ""
        return _relative(camera, f"the background is another from about {first:.2f} s on{more} (a cut?); use --start "
                                 "and --end for one scene at a time")
    if not _moves(turning, known, times):
        return Verdict(replace(camera, motion="still"))
    return _moving(background, turning, known, times, camera)


def _moving(
    background: Background, turning: Turning, known: np.ndarray, times: np.ndarray, camera: Camera
) -> Verdict:
    gap = _longest_gap(known, times)
    if gap > _LONGEST_GAP:
        return _relative(camera, f"the camera moves, and its background is out of sight for {gap:.1f} s")
    moving = known & ~turning.still
    support = float(np.median(turning.support[moving]))
    grown = np.abs(np.log(turning.growth)) > np.log(_GROWTH)
    same_size = float(grown[moving].mean()) < 1 - _MOST
    if not same_size and float(np.median(turning.explained[moving & grown])) >= _EXPLAINED:
        return _relative(camera, "the camera zooms, which is not followed")
    travel = None if same_size and support >= _EXPLAINED else follow_travel(background, camera.intrinsics)
    if travel is None:
        if not same_size or support < _HARDLY:
            return _relative(camera, "the camera zooms, or travels in a way that its background does not show")
        poses = np.tile(np.eye(4), (len(times), 1, 1))
        poses[:, :3, :3] = _turns_without_gaps(turning.rotations, known, times)
        return _with_path(background, camera, poses, metric=True)
    placed = np.isfinite(travel.support)
    gap = _longest_gap(placed, times)
    if gap > _LONGEST_GAP:
        return _relative(camera, f"the camera travels, and its way is unknown for {gap:.1f} s")
    return _with_path(background, camera, _without_gaps(travel.poses, placed, times), metric=False)


def _with_path(background: Background, camera: Camera, poses: np.ndarray, *, metric: bool) -> Verdict:
    looks = Rotation.from_matrix(poses[:, :3, :3])
    widest = float(np.degrees((looks.mean().inv() * looks).magnitude().max()))
    if widest > _WIDEST:
        return _relative(camera, f"the camera turns by {2 * widest:.0f} degrees, more than can be followed "
                                 f"({2 * _WIDEST:.0f})")
    angle = float(np.degrees((looks[0].inv() * looks).magnitude().max()))
    path = CameraPath(np.array(background.frames), poses, metric=metric)
    return Verdict(replace(camera, motion="moving", path=path),
                   f"the camera {'turns' if metric else 'travels and turns'}, by up to {angle:.1f} degrees from its "
                   "start; the world does not turn with it")


def _longest_gap(known: np.ndarray, times: np.ndarray) -> float:
    """Seconds."""
    return float(np.diff(times[known], prepend=times[0], append=times[-1]).max())


def _moves(turning: Turning, known: np.ndarray, times: np.ndarray) -> bool:
    share = float((~turning.still[known]).mean())
    longest, least = _MOVES
    return share > least or share * float(times[-1] - times[0]) > longest


def _turns_without_gaps(rotations: np.ndarray, known: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Rotations (F, 3, 3) with those of unknown frames interpolated, held at both ends."""
    stamps = times[known]
    if len(stamps) < 2:
        return np.tile(rotations[known], (len(times), 1, 1))
    return Slerp(stamps, Rotation.from_matrix(rotations[known]))(np.clip(times, stamps[0], stamps[-1])).as_matrix()


def _without_gaps(poses: np.ndarray, known: np.ndarray, times: np.ndarray) -> np.ndarray:
    """The same for transforms (F, 4, 4)."""
    filled = np.tile(np.eye(4), (len(times), 1, 1))
    filled[:, :3, :3] = _turns_without_gaps(poses[:, :3, :3], known, times)
    filled[:, :3, 3] = np.stack([np.interp(times, times[known], axis) for axis in poses[known, :3, 3].T], axis=1)
    return filled


def _relative(camera: Camera, why: str) -> Verdict:
    motion: CameraMotion = "relative"
    return Verdict(replace(camera, motion=motion), f"{why}: the world is relative to the camera")

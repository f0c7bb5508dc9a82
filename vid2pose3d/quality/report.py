"""The measures of one person of a result, and warnings in plain words."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from vid2pose3d.motion import Camera, Clip, Motion3D, Person2D
from vid2pose3d.place.clean.feet import planted
from vid2pose3d.place.contact import FEET, bottoms, stretches
from vid2pose3d.place.stature import stature
from vid2pose3d.quality.measures import bone_spread, by_the_edge, foot_slides, jitter, outside
from vid2pose3d.skeleton import H36M17

_LIMBS = {
    "left arm": ("left_elbow", "left_wrist"), "right arm": ("right_elbow", "right_wrist"),
    "left leg": ("left_knee", "left_ankle"), "right leg": ("right_knee", "right_ankle"),
}
_RIM = 0.004
"""Of the picture's longer side: detectors that cannot see beyond the edge put joints on it."""

_UP = np.array([0.0, 1.0, 0.0])
_ELSEWHERE = 0.25
"""Metres over the floor from which someone stands on something."""
_LONG_GAP = 0.5
"""Seconds without a person above which the user is told."""
_LONG_BRIDGE = 0.2
_LOW_CONFIDENCE = 0.5
_OFTEN_CUT = 0.1
_SLIDING = 0.05
"""Metres per contact."""
_JERKY = 40.0
"""10 m/s^3."""


@dataclass(frozen=True)
class PersonQuality:
    """What can be said of one person's motion without the truth."""

    id: int
    coverage: float
    """Share, 0..1, of the frames from the person's first to the last in which it was seen."""
    clip_coverage: float
    """Share of the time that was looked at in which it was seen."""
    first: float
    """Seconds at which it is first there, and at which its last frame ends."""
    last: float
    confidence: float
    """Mean over frames and joints."""
    jitter: float | None
    """10 m/s^3; None for less than four frames."""
    foot_slide: float | None
    """Metres, mean over contacts; None where no foot came to stand."""
    contacts: int
    bone_spread: float
    """Largest standard deviation over mean of a bone's length."""
    stature: float
    """Metres."""
    stature_given: bool
    """Whether the user gave it; else it is assumed."""
    floor: float
    """Metres over the common floor at which its lowest part mostly was."""
    cut: float
    """Share of frames in which a joint lies at the picture's edge or beyond."""
    limbs: dict[str, float]
    """Mean confidence of each."""
    gaps: list[tuple[float, float]]
    """Seconds between which the person is absent."""
    bridged: list[tuple[float, float]]
    """First and last second of stretches in which it was not seen but bridged."""
    lost: list[tuple[float, float]]
    """Seconds between which it is absent at the start or the end of what was looked at, though it did not come in or go
    out by the picture's edge."""

    def values(self) -> dict[str, Any]:
        """For JSON, with numbers rounded to four decimals."""
        return {key: _rounded(value) for key, value in asdict(self).items() if key != "id"}

    def line(self) -> str:
        """One line for people."""
        parts = [f"seen in {100 * self.clip_coverage:.0f} % of the clip, {self.first:.1f} to {self.last:.1f} s",
                 f"confidence {self.confidence:.2f}"]
        if self.jitter is not None:
            parts.append(f"jitter {10 * self.jitter:.0f} m/s^3")
        if self.foot_slide is not None:
            parts.append(f"feet slide {1000 * self.foot_slide:.0f} mm")
        origin = "given" if self.stature_given else "assumed"
        parts += [f"bones vary {100 * self.bone_spread:.1f} %", f"{self.stature:.2f} m tall ({origin})"]
        return f"person {self.id}: {', '.join(parts)}"


def person_quality(
    motion: Motion3D, camera: Camera, clip: Clip, *, start: float | None = None, end: float | None = None
) -> PersonQuality:
    """Measure one person, who has at least one frame. Frames with unknown 3D joints count for confidence only.

    start, end: seconds of the clip that were looked at, where that is not all of it.
    """
    person, times = motion.person, motion.person.times
    known = np.isfinite(motion.joints_world).all(axis=(-2, -1))
    joints = motion.joints_world[known]
    slides = _slides(motion, camera, known)
    frames = int(person.frames[-1] - person.frames[0]) + 1
    holes = np.flatnonzero(np.diff(person.frames) > 1)
    looked = (start or 0.0, min(clip.duration, end or np.inf))
    first, last = float(times[0]), float(times[-1]) + 1 / clip.fps
    coverage = float((~person.interpolated).sum()) / frames
    return PersonQuality(
        id=person.id,
        coverage=coverage,
        clip_coverage=min(coverage * (last - first) / max(looked[1] - looked[0], 1 / clip.fps), 1.0),
        first=first,
        last=last,
        confidence=float(np.nanmean(motion.confidence)),
        jitter=jitter(joints, times[known]),
        foot_slide=float(np.mean(slides)) if slides else None,
        contacts=len(slides),
        bone_spread=float(bone_spread(joints).max()) if len(joints) else 0.0,
        stature=stature(joints) if len(joints) else 0.0,
        stature_given=motion.stature_given,
        floor=float(np.median(bottoms(joints, up=_UP).min(axis=1))) if len(joints) else 0.0,
        cut=float(outside(person.xy, width=clip.width, height=clip.height,
                          rim=_RIM * max(clip.width, clip.height)).mean()),
        limbs={name: float(np.nanmean(motion.confidence[:, H36M17.indices(limb)])) for name, limb in _LIMBS.items()},
        gaps=[(float(times[row]), float(times[row + 1])) for row in holes],
        bridged=[(float(times[first]), float(times[last])) for first, last in stretches(person.interpolated)],
        lost=_lost(person, clip, looked, (first, last)),
    )


def warnings_about(quality: PersonQuality) -> list[str]:
    """What the user should look at, one line each."""
    who = f"person {quality.id}"
    told = []
    for first, last in quality.lost:
        found = last == quality.first
        event, when = (f"found only from {last:.2f} s", "before") if found else (f"lost at {first:.2f} s", "after")
        told.append(f"{who} is {event}, not by the picture's edge: look whether it is there {when} that")
    for first, last in quality.gaps:
        if last - first > _LONG_GAP:
            told.append(f"{who} is absent from {first:.2f} to {last:.2f} s: check that it is the same one afterwards")
    long = [(first, last) for first, last in quality.bridged if last - first > _LONG_BRIDGE]
    if long:
        first, last = max(long, key=lambda stretch: stretch[1] - stretch[0])
        more = f" (the longest of {len(long)} stretches)" if len(long) > 1 else ""
        told.append(f"{who} was not seen from {first:.2f} to {last:.2f} s{more} and was bridged: check that it is the "
                    "same one afterwards")
    weak = [f"{limb} {confidence:.2f}" for limb, confidence in quality.limbs.items() if confidence < _LOW_CONFIDENCE]
    if weak:
        told.append(f"{who}: low confidence of {', '.join(weak)}: the motion there is mostly a guess")
    if quality.cut > _OFTEN_CUT:
        told.append(f"{who} is cut by the picture's edge in {100 * quality.cut:.0f} % of the frames: what lies outside "
                    "is a guess")
    if quality.floor > _ELSEWHERE:
        told.append(f"{who} is {quality.floor:.2f} m over the floor of the others: it stands on something, hangs, or "
                    "is smaller than assumed, which --height mends")
    if quality.foot_slide is not None and quality.foot_slide > _SLIDING:
        told.append(f"{who}: feet slide by {1000 * quality.foot_slide:.0f} mm per contact")
    if quality.jitter is not None and quality.jitter > _JERKY:
        told.append(f"{who} moves in jerks ({10 * quality.jitter:.0f} m/s^3): look for limbs that change places")
    return told


def _lost(
    person: Person2D, clip: Clip, looked: tuple[float, float], there: tuple[float, float]
) -> list[tuple[float, float]]:
    """Stretches before and after the person is there, seconds, into which it did not go by the picture's edge."""
    size = (clip.width, clip.height)
    ends = [
        (looked[0], there[0], by_the_edge(person.bbox, person.times, *size)),
        (there[1], looked[1], by_the_edge(person.bbox[::-1], person.times[::-1], *size)),
    ]
    return [(begin, end) for begin, end, by_edge in ends if end - begin > _LONG_GAP and not by_edge]


def _slides(motion: Motion3D, camera: Camera, known: np.ndarray) -> list[float]:
    if not known.any():
        return []
    times, joints = motion.person.times[known], motion.joints_world[known]
    eye = camera.at(motion.person.frames[known])[:, :3, 3]
    stands = planted(joints, times, eye=eye, seen=motion.confidence[known][:, FEET] > 0)
    feet = joints[:, FEET]
    return [slide for foot in range(len(FEET)) for slide in foot_slides(feet[:, foot], stands[:, foot], times)]


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: _rounded(entry) for key, entry in value.items()}
    return [_rounded(entry) for entry in value] if isinstance(value, list | tuple) else value

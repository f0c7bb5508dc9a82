"""What a dataset holds, in numbers and sample poses."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from vid2pose3d.data.mocap import MocapClip

UNNAMED = "(none)"
_OF_ONE_ACTION = 6
"""Sample clips of an action at most."""


@dataclass(frozen=True)
class Share:
    """What clips of one kind amount to."""

    name: str
    clips: int
    minutes: float
    subjects: int


def shares(clips: Sequence[MocapClip], key: Callable[[MocapClip], str]) -> list[Share]:
    """The clips grouped by a property, the longest group first."""
    minutes: Counter[str] = Counter()
    count: Counter[str] = Counter()
    subjects: dict[str, set[str]] = {}
    for clip in clips:
        name = key(clip) or UNNAMED
        minutes[name] += len(clip) / clip.fps / 60  # type: ignore[assignment]
        count[name] += 1
        subjects.setdefault(name, set()).add(clip.subject)
    return [Share(name, count[name], float(minutes[name]), len(subjects[name]))
            for name in sorted(minutes, key=lambda name: (-minutes[name], name))]


def sample_strips(clips: Sequence[MocapClip], *, most: int, poses: int,
                  seconds: float) -> list[tuple[str, np.ndarray]]:
    """Sample clips of the largest `most` actions: their titles, and `poses` frames (P, 17, 3) of each.

    One clip an action, or more where there are few actions; an action's clips are spread over its lengths. The frames
    are evenly spread over `seconds` in the middle of a clip, or over all of a shorter one.
    """
    strips = []
    largest = shares(clips, lambda clip: clip.action)[:most]
    for share in largest:
        own = [clip for clip in clips if (clip.action or UNNAMED) == share.name]
        own.sort(key=lambda clip: len(clip) / clip.fps)
        count = min(len(own), max(1, most // len(largest)), _OF_ONE_ACTION)
        for clip in (own[int((place + 0.5) * len(own) / count)] for place in range(count)):
            span = min(len(clip) - 1, seconds * clip.fps)
            frames = np.round((len(clip) - 1 - span) / 2 + np.linspace(0, span, poses)).astype(int)
            title = share.name if clip.label in ("", share.name) else f"{share.name}: {clip.label}"
            strips.append((f"{title}  ({clip.id}, {len(clip) / clip.fps:.1f} s)", clip.joints[frames]))
    return strips

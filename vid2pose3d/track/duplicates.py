"""Several detections of the same person in one frame: keep the best."""

import numpy as np

from vid2pose3d.skeleton import JointSet
from vid2pose3d.track.similarity import box_overlap, oks, person_area, seen, sigmas
from vid2pose3d.track.tracklet import Sight

SAME_OKS = 0.65
"""Two detections this similar are one person."""
_NESTED = 0.8
_JOINT_NEAR = 0.1
"""In sizes of the larger person: a joint this near to its namesake is the same joint."""
_JOINTS_SHARED = 0.4


def without_duplicates(sights: list[Sight], joint_set: JointSet) -> list[Sight]:
    """The sights less those of a person who is already there, better seen, in the order of their score."""
    kept: list[Sight] = []
    for sight in sorted(sights, key=_rank, reverse=True):
        if not any(same_person(sight, other, joint_set) for other in kept):
            kept.append(sight)
    return kept


def same_person(a: Sight, b: Sight, joint_set: JointSet) -> bool:
    """True where both show one person: similar joints, or one nested in the other with joints in common."""
    union, smaller = box_overlap(a.bbox, b.bbox)
    if union == 0.0:
        return False
    shared = seen(a.xy, a.confidence) & seen(b.xy, b.confidence)
    area = max(person_area(a.bbox), person_area(b.bbox))
    alike = oks(a.xy, b.xy, area=area, sigma=sigmas(joint_set), shared=shared)
    if np.isnan(alike):
        return bool(union > SAME_OKS)
    if alike > SAME_OKS:
        return True
    near = np.linalg.norm(a.xy - b.xy, axis=-1)[shared] < _JOINT_NEAR * max(a.size, b.size)
    return bool(smaller > _NESTED and near.mean() > _JOINTS_SHARED)


def _rank(sight: Sight) -> float:
    # A whole body is worth more than a part of it that the detector is a little surer of.
    return (
        sight.score
        * (1.0 + 0.3 * float(seen(sight.xy, sight.confidence).mean()))
        * float(np.sqrt(sight.size))
    )

"""The tracker: assigns each frame's detections online, then settles identities over the whole clip."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from vid2pose3d.motion import Keypoints2D, Person2D
from vid2pose3d.skeleton import JointSet
from vid2pose3d.track.appearance import describe, difference, roots
from vid2pose3d.track.bridge import bridged_person
from vid2pose3d.track.contacts import cut_at_contacts
from vid2pose3d.track.duplicates import without_duplicates
from vid2pose3d.track.link import linked
from vid2pose3d.track.motion_model import ConstantVelocity, Prediction
from vid2pose3d.track.select import real_people
from vid2pose3d.track.similarity import box_overlap, oks, person_area, seen, sigmas
from vid2pose3d.track.tracklet import Sight, Tracklet

_COAST = 0.5
"""Seconds that a track waits unseen; what comes back later is linked at the end, knowing both sides."""
_REACH = (0.35, 2.0)
"""How far from the expected place a person may be seen: body sizes, and body sizes / s since last seen."""
_JOINT_DRIFT = 0.5
"""Growth of the OKS sigmas per second since last seen: limbs move."""
_WEIGHTS = {"motion": 0.3, "pose": 0.5, "look": 0.6}
_COSTLIEST = 0.85
"""Weighted mean of the cues above which a detection is not the track's."""
_LOOK_EVERY = 0.12
"""Seconds between colour descriptions of a track; more would cost memory and say little."""
_LOOK_MEMORY = 0.9
_LOOK_CLEAR = 0.35
"""Box overlap with another person above which the colours may be the other's."""
_START_SCORE = 0.2
_UNASSIGNABLE = 1e6


@dataclass
class _Track:
    tracklet: Tracklet
    filter: ConstantVelocity
    last: Sight
    look: np.ndarray | None = None
    looked: float = -np.inf

    def add(self, step: int, time: float, sight: Sight) -> None:
        if sight.look is not None:
            self.look = (
                sight.look.astype(float)
                if self.look is None
                else _LOOK_MEMORY * self.look + (1.0 - _LOOK_MEMORY) * sight.look
            )
            if time - self.looked < _LOOK_EVERY:
                sight.look = None
            else:
                self.looked = time
        self.tracklet.add(step, time, sight)
        self.last = sight


class Tracker:
    """Gives detections of several people stable identities.

    Online, detections are assigned to tracks by motion, keypoint similarity and colours. At the end tracks
    are cut where people touched in the picture and all pieces are linked anew, knowing what comes before and
    after.
    """

    def __init__(self, joint_set: JointSet, *, width: int, height: int) -> None:
        """`width`, `height`: the upright picture, pixels."""
        self._joint_set = joint_set
        self._picture = (width, height)
        self._frames: list[int] = []
        self._times: list[float] = []
        self._alive: list[_Track] = []
        self._ended: list[Tracklet] = []

    def update(
        self, frame: int, time: float, found: list[Keypoints2D], image: np.ndarray | None = None
    ) -> None:
        """Take in one frame.

        frame: its number, higher than the last one's. time: its stamp, seconds. found: everyone detected, in
        any order, (J, 2) pixels of the tracker's joint set; missing joints NaN with confidence 0. image:
        (H, W, 3) uint8 RGB, the upright picture, for colours; nothing of it is kept, and without it people
        are told apart less well. Raises ValueError where frames run backwards or a detection has another
        number of joints.
        """
        self._check(frame, time, found)
        step = len(self._frames)
        self._frames.append(frame)
        self._times.append(time)
        self._end_lost(time)
        sights = [Sight.of(one, self._joint_set) for one in found if np.isfinite(one.bbox).all()]
        sights = without_duplicates(sights, self._joint_set)
        if image is not None:
            self._take_looks(sights, image)
        for track, sight in self._assign(time, sights):
            self._extend(track, step, time, sight)

    def finish(self) -> list[Person2D]:
        """Everyone in the clip, ids 1..n by first appearance, short gaps bridged. Call once, at the end."""
        tracklets = [*self._ended, *(track.tracklet for track in self._alive)]
        self._alive, self._ended = [], []
        if not tracklets:
            return []
        pieces, followers = cut_at_contacts(tracklets)
        people = linked(pieces, followers, joint_set=self._joint_set, picture=self._picture)
        people = real_people(people, self._times, self._joint_set)
        people.sort(key=lambda person: (person.steps[0], person.rows[0][-3]))
        return [
            bridged_person(person, number, self._joint_set, self._frames, self._times)
            for number, person in enumerate(people, start=1)
        ]

    def _check(self, frame: int, time: float, found: list[Keypoints2D]) -> None:
        if self._frames and (frame <= self._frames[-1] or time <= self._times[-1]):
            raise ValueError(
                f"frame {frame} at {time} s does not follow frame {self._frames[-1]} at "
                f"{self._times[-1]} s; give frames in increasing order"
            )
        for one in found:
            if one.xy.shape != (len(self._joint_set), 2):
                raise ValueError(
                    f"a detection in frame {frame} has joints of shape {one.xy.shape}; joint set "
                    f"{self._joint_set.name} needs ({len(self._joint_set)}, 2)"
                )

    def _end_lost(self, time: float) -> None:
        lost = [track for track in self._alive if time - track.filter.time > _COAST]
        self._ended += [track.tracklet for track in lost]
        self._alive = [track for track in self._alive if time - track.filter.time <= _COAST]

    def _take_looks(self, sights: list[Sight], image: np.ndarray) -> None:
        for sight in sights:
            others = [other.bbox for other in sights if other is not sight]
            if not others or box_overlap(sight.bbox, np.stack(others))[0].max() < _LOOK_CLEAR:
                sight.look = describe(image, sight.xy, sight.confidence, self._joint_set)

    def _assign(self, time: float, sights: list[Sight]) -> list[tuple[_Track | None, Sight]]:
        """Each sight with its track, or None for a new one; sights too poor to start a track are left out."""
        tracks: list[_Track | None] = [None] * len(sights)
        if self._alive and sights:
            cost = np.array([self._costs(track, time, sights) for track in self._alive])
            for row, column in zip(*linear_sum_assignment(cost), strict=True):
                if cost[row, column] < _UNASSIGNABLE:
                    tracks[column] = self._alive[row]
        return [
            (track, sight)
            for track, sight in zip(tracks, sights, strict=True)
            if track is not None or sight.score >= _START_SCORE
        ]

    def _costs(self, track: _Track, time: float, sights: list[Sight]) -> list[float]:
        expected = track.filter.predict(time)
        since = time - track.filter.time
        reach = expected.size * (_REACH[0] + _REACH[1] * since)
        # Waiting tracks and tracks that have just begun give way to the others.
        handicap = 0.1 * since / _COAST + (0.05 if len(track.tracklet) < 3 else 0.0)
        return [
            self._cost(track, expected, sight, since) + handicap
            if np.linalg.norm(sight.centre - expected.centre) < reach
            else _UNASSIGNABLE
            for sight in sights
        ]

    def _cost(self, track: _Track, expected: Prediction, sight: Sight, since: float) -> float:
        moved = track.last.xy + (expected.centre - track.last.centre)
        shared = seen(track.last.xy, track.last.confidence) & seen(sight.xy, sight.confidence)
        area = 0.5 * (person_area(track.last.bbox) + person_area(sight.bbox))
        alike = oks(
            moved, sight.xy, area=area, sigma=sigmas(self._joint_set) + _JOINT_DRIFT * since, shared=shared
        )
        cues = {
            "motion": min(expected.distance2(sight.centre, sight.size) / 12.0, 1.5),
            "pose": 1.0 - float(alike),
            "look": _unlike(track.look, sight.look),
        }
        known = {name: value for name, value in cues.items() if not np.isnan(value)}
        cost = sum(_WEIGHTS[name] * value for name, value in known.items()) / sum(_WEIGHTS[n] for n in known)
        return cost if cost < _COSTLIEST else _UNASSIGNABLE

    def _extend(self, track: _Track | None, step: int, time: float, sight: Sight) -> None:
        if track is None:
            track = _Track(
                Tracklet(len(self._joint_set)), ConstantVelocity(time, sight.centre, sight.size), sight
            )
            self._alive.append(track)
        else:
            track.filter.update(time, sight.centre, sight.size)
        track.add(step, time, sight)


def _unlike(a: np.ndarray | None, b: np.ndarray | None) -> float:
    return float("nan") if a is None or b is None else float(difference(roots(a), roots(b)))

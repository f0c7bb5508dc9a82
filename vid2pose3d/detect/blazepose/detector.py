"""Several people with BlazePose: search now and then, follow everybody's region in between."""

from dataclasses import dataclass

import numpy as np

from vid2pose3d.detect.blazepose import carrier
from vid2pose3d.detect.blazepose.landmarks import LandmarkNetwork, Pose
from vid2pose3d.detect.blazepose.people import keypoints, similarity
from vid2pose3d.detect.blazepose.persons import PersonBox, PersonNetwork, views
from vid2pose3d.detect.blazepose.regions import Pyramid, Region
from vid2pose3d.motion import Keypoints2D
from vid2pose3d.skeleton import BLAZEPOSE33, JointSet

SEARCH_EVERY = 10
"""Frames between searches while somebody is followed."""
IDLE_SEARCH_EVERY = 5
"""Frames between searches while nobody is."""
URGENT_SEARCH_AFTER = 3
"""Frames after a search from which a lost person causes the next."""
LEVELS = (1, 2, 3)
"""How many times smaller than the picture the searched views are."""
BOX_SCORE = 0.4
"""Least score of a detected person who is looked at."""
MOST_CANDIDATES = 16
"""Detected people who are looked at in one search, best first."""
NEW_SCORE = 0.7
"""Least score of a new person's pose."""
KEEP_SCORE = 0.5
"""Least score of a followed person's pose."""
SAME = 0.5
"""Similarity from which two poses are one person's."""
ITERATIONS = 2


@dataclass
class _Body:
    """Somebody who is followed."""

    pose: Pose
    seen: Keypoints2D
    age: int = 0


class BlazePoseDetector:
    """The embedded default detector: any number of people, 33 joints each."""

    name = "blazepose"
    joint_set: JointSet = BLAZEPOSE33

    def __init__(self, *, threads: int | None = None) -> None:
        folder = carrier.carrier_folder()
        self._persons = PersonNetwork(carrier.read_model(carrier.PERSON_MODEL, folder), threads=threads)
        self._landmarks = LandmarkNetwork(carrier.read_model(carrier.LANDMARK_MODEL, folder), threads=threads)
        self.reset()

    def reset(self) -> None:
        """Forget everybody: the next frame is the first of a clip."""
        self._bodies: list[_Body] = []
        self._since_search = IDLE_SEARCH_EVERY

    def detect(self, image: np.ndarray) -> list[Keypoints2D]:
        """People in the clip's next frame (H, W, 3), uint8 RGB."""
        pyramid = Pyramid(image)
        lost = self._follow(pyramid)
        if self._search_is_due(lost):
            self._search(pyramid)
            self._since_search = 0
        else:
            self._since_search += 1
        return [body.seen for body in self._bodies]

    def _search_is_due(self, lost: bool) -> bool:
        wait = SEARCH_EVERY if self._bodies else IDLE_SEARCH_EVERY
        if lost:
            wait = URGENT_SEARCH_AFTER
        return self._since_search + 1 >= wait

    def _follow(self, pyramid: Pyramid) -> bool:
        """Move everybody to this frame; True where somebody was lost."""
        before = len(self._bodies)
        moved = []
        for body in self._bodies:
            pose = self._landmarks.find(pyramid, body.pose.aligned)
            if pose.score < KEEP_SCORE:
                continue
            seen = keypoints(pose, *pyramid.size)
            moved.append((similarity(seen, body.seen), _Body(pose, seen, body.age + 1)))
        self._bodies = _without_collapsed(moved)
        return len(self._bodies) < before

    def _search(self, pyramid: Pyramid) -> None:
        for candidate in self._candidates(pyramid):
            pose = self._converge(pyramid, candidate.region)
            if pose is None:
                continue
            seen = keypoints(pose, *pyramid.size)
            if all(similarity(seen, body.seen) < SAME for body in self._bodies):
                self._bodies.append(_Body(pose, seen))

    def _candidates(self, pyramid: Pyramid) -> list[PersonBox]:
        """Detected people who are not followed yet, best first, each once."""
        found = [person for level in LEVELS for view in views(*pyramid.size, level)
                 for person in self._persons.find(pyramid, view, threshold=BOX_SCORE)]
        taken = [body.pose.aligned for body in self._bodies]
        kept: list[PersonBox] = []
        for person in sorted(found, key=lambda p: -p.score):
            if not any(_alike(person.region, region) for region in taken):
                kept.append(person)
                taken.append(person.region)
        return kept[:MOST_CANDIDATES]

    def _converge(self, pyramid: Pyramid, region: Region) -> Pose | None:
        pose = None
        for _ in range(ITERATIONS):
            pose = self._landmarks.find(pyramid, region)
            if pose.score < KEEP_SCORE:
                return None
            region = pose.aligned
        return pose if pose is not None and pose.score >= NEW_SCORE else None


def _alike(a: Region, b: Region) -> bool:
    """True where two regions show the same body."""
    ratio = a.side / b.side
    return bool(np.linalg.norm(a.centre - b.centre) < 0.2 * min(a.side, b.side) and 0.6 < ratio < 1.7)


def _without_collapsed(moved: list[tuple[float, _Body]]) -> list[_Body]:
    """Of bodies that now have the same pose, only the one that agrees best with its own former pose."""
    kept: list[_Body] = []
    for _, body in sorted(moved, key=lambda pair: -pair[0]):
        if all(similarity(body.seen, other.seen) < SAME for other in kept):
            kept.append(body)
    return kept

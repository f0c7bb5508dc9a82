"""Several people with BlazePose: find them with the detector network, then follow everybody's region."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from vid2pose3d.detect.blazepose import carrier
from vid2pose3d.detect.blazepose.landmarks import LandmarkNetwork, Pose
from vid2pose3d.detect.blazepose.people import keypoints, painted_over, share_inside, similarity
from vid2pose3d.detect.blazepose.persons import PersonBox, PersonNetwork
from vid2pose3d.detect.blazepose.regions import Pyramid, Region, gap
from vid2pose3d.detect.blazepose.search import TAKEN, Search
from vid2pose3d.motion import Keypoints2D
from vid2pose3d.skeleton import BLAZEPOSE33, JointSet

ITERATIONS = 2
"""Looks that a new person's region needs to settle."""
NEW_SCORE = 0.7
"""Least score of a new person's pose."""
KEEP_SCORE = 0.5
"""Least score of a followed person's pose."""
LEAST_SIDE = 16
"""Side of the smallest region in which a body can be seen, pixels."""
MOST_SIDE = 8
"""Side of the largest believable region over the longer side of the picture."""
SURE_ENOUGH = 0.5
"""What a second look must say of a new person."""
SURE_INSIDE = 0.8
"""The same, and least detector score, of who lies mostly inside somebody else and may be their limb."""
INSIDE = 0.6
"""Share of a body's box that is mostly."""
SAME = 0.3
"""Similarity from which two poses are one person's."""
DOUBT_EVERY = 10
"""Frames between second looks at a followed person."""
DOUBTED = 0.3
"""What a second look must say of a followed person."""
MOST_DOUBTS = 3
"""Failed second looks in a row after which a followed person is dropped."""


@dataclass
class _Body:
    """Somebody who is followed."""

    pose: Pose
    seen: Keypoints2D
    sure: float
    """The lower of detector score and second look when they were found, or the surest later look."""
    age: int = 0
    doubts: int = 0

    @property
    def region(self) -> Region:
        return self.pose.aligned


class BlazePoseDetector:
    """The embedded default detector: any number of people, 33 joints each."""

    name = "blazepose"
    joint_set: JointSet = BLAZEPOSE33
    batch = 1

    def __init__(self, *, threads: int | None = None) -> None:
        folder = carrier.carrier_folder()
        network = PersonNetwork(carrier.read_model(carrier.PERSON_MODEL, folder), threads=threads)
        self._search = Search(network)
        self._landmarks = LandmarkNetwork(carrier.read_model(carrier.LANDMARK_MODEL, folder), threads=threads)
        self._bodies: list[_Body] = []

    def reset(self) -> None:
        """Forget everybody: the next frame is the first of a clip."""
        self._bodies = []
        self._search.reset()

    def detect_frames(self, images: Sequence[np.ndarray]) -> list[list[Keypoints2D]]:
        """People in the clip's next frames, one after another."""
        return [self.detect(image) for image in images]

    def detect(self, image: np.ndarray) -> list[Keypoints2D]:
        """People in the clip's next frame (H, W, 3), uint8 RGB."""
        pyramid = Pyramid(image)
        self._follow(pyramid)
        self._drop_doubtful(pyramid)
        rest = _without(pyramid, self._bodies)
        for person in self._search.find(rest, [body.region for body in self._bodies]):
            self._admit(rest, person)
        return [body.seen for body in self._bodies]

    def _follow(self, pyramid: Pyramid) -> None:
        """Move everybody to this frame.

        Where several end on the same body, the one that moved least keeps it, and the others are looked for
        again with that one painted over.
        """
        before, self._bodies = self._bodies, []
        moved = [(body, self._moved(pyramid, body)) for body in before]
        moved.sort(key=lambda pair: -_agreement(*pair))
        for old, new in moved:
            if new is not None and not self._is_new(new):
                new = self._moved(_without(pyramid, self._bodies), old)
            if new is not None and self._is_new(new):
                self._bodies.append(new)
            else:
                self._search.remember(old.region)

    def _moved(self, pyramid: Pyramid, body: _Body) -> _Body | None:
        pose = self._landmarks.find(pyramid, body.region)
        if not _is_body(pose, pyramid, score=KEEP_SCORE):
            return None
        return replace(body, pose=pose, seen=keypoints(pose, *pyramid.size), age=body.age + 1)

    def _drop_doubtful(self, pyramid: Pyramid) -> None:
        for body in self._bodies:
            if body.age == 0 or body.age % DOUBT_EVERY:
                continue
            others = [other for other in self._bodies if other is not body]
            look = self._sure(_without(pyramid, others), body, others)
            body.sure = max(body.sure, look)
            body.doubts = body.doubts + 1 if look < DOUBTED else 0
        self._bodies = [body for body in self._bodies if body.doubts < MOST_DOUBTS]

    def _admit(self, pyramid: Pyramid, person: PersonBox) -> None:
        """Start to follow a detected person if there is one, and one who is not followed yet."""
        pose = self._settle(pyramid, person.region)
        if pose is None:
            return
        new = _Body(pose, keypoints(pose, *pyramid.size), person.score)
        if not self._is_new(new) or _is_tangled(new, self._bodies):
            return
        look = self._sure(pyramid, new, self._bodies)
        new.sure = min(person.score, look)
        if look < SURE_ENOUGH or _is_tangled(new, self._bodies):
            return
        self._bodies = [body for body in self._bodies if not _is_part_of(body, [new])]
        self._bodies.append(new)

    def _sure(self, pyramid: Pyramid, body: _Body, others: list[_Body]) -> float:
        return self._search.second_look(pyramid, body.region, [other.region for other in others])

    def _settle(self, pyramid: Pyramid, region: Region) -> Pose | None:
        for _ in range(ITERATIONS):
            pose = self._landmarks.find(pyramid, region)
            if not _is_body(pose, pyramid, score=0.0):
                return None
            region = pose.aligned
        return pose if pose.score >= NEW_SCORE else None

    def _is_new(self, body: _Body) -> bool:
        return all(similarity(body.seen, other.seen) < SAME and gap(body.region, other.region) >= TAKEN
                   for other in self._bodies)


def _without(pyramid: Pyramid, bodies: list[_Body]) -> Pyramid:
    """The picture with some bodies painted over."""
    if not bodies:
        return pyramid
    return Pyramid(painted_over(pyramid.image, [(body.seen, body.region.side) for body in bodies]))


def _is_body(pose: Pose, pyramid: Pyramid, *, score: float) -> bool:
    return pose.score >= score and LEAST_SIDE <= pose.aligned.side <= MOST_SIDE * max(pyramid.size)


def _agreement(old: _Body, new: _Body | None) -> float:
    return similarity(old.seen, new.seen) if new is not None else 0.0


def _is_tangled(new: _Body, bodies: list[_Body]) -> bool:
    """True where a weakly seen body is likely somebody's limb, or put together from somebody surer."""
    surer = [body for body in bodies if body.sure >= SURE_INSIDE]
    swallows = any(share_inside(body.seen.bbox, new.seen.bbox) > INSIDE for body in surer)
    return _is_part_of(new, bodies) or (swallows and new.sure < SURE_INSIDE)


def _is_part_of(body: _Body, others: list[_Body]) -> bool:
    """True where a body is likely an arm or a leg of somebody else."""
    inside = any(share_inside(body.seen.bbox, other.seen.bbox) > INSIDE for other in others)
    return inside and body.sure < SURE_INSIDE

"""Where to look for people who are not followed: all of the picture at first, then a few views each frame."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import cycle

import numpy as np

from vid2pose3d.detect.blazepose.persons import INPUT, PersonBox, PersonNetwork, views
from vid2pose3d.detect.blazepose.regions import Pyramid, Region, gap

COARSE, FINE = (1, 2), (3, 4)
"""How many times smaller than the picture the views for large and for small people are."""
LEAST_VIEW = INPUT / 2
"""Pixels; smaller views would only magnify."""
BOX_SCORE = 0.35
"""Least score of a detected person who is looked at."""
MOST_FOUND = 16
"""Detected people who are looked at in one frame, best first."""
SAME_PLACE = 0.25
"""Gap below which two detections are the same person's."""
TAKEN = 0.12
"""Gap below which a detection is of somebody who is followed; others can stand close behind."""
NOT_THERE = 0.3
"""Gap from which a detection is not of the person who is looked at."""
REMEMBER = 40
"""Frames in which a lost person is looked for where they were last seen."""
MOST_LOST = 3
"""Lost people who are looked for at a time, the latest ones."""
SECOND_LOOKS = (0.8, 1.0)
"""Sides of the views in which somebody is looked at again, over that of their region."""
WIDER_LOOKS = (1.25, 1.6, 2.0)
"""The same where those show nobody, in regions of less than `INPUT` pixels: magnified people are often missed. All must
show them, because of what is nobody one or the other shows little."""
WIDER_SURE = 0.7
"""What wider views can say at most: in them a limb of somebody looks more like a person."""


@dataclass(frozen=True)
class _Lost:
    region: Region
    age: int = 0


class Search:
    """Looks for people in one clip; after the first frame that costs a few runs of the detector network."""

    def __init__(self, network: PersonNetwork) -> None:
        self._network = network
        self.reset()

    def reset(self) -> None:
        """Forget the clip: the next frame is searched all over."""
        self._schedule: list[Iterator[Region]] = []
        self._frame = 0
        self._lost: deque[_Lost] = deque(maxlen=MOST_LOST)

    def remember(self, region: Region) -> None:
        """Somebody was last seen in `region`: look there for a while."""
        self._lost.append(_Lost(region))

    def find(self, pyramid: Pyramid, taken: list[Region]) -> list[PersonBox]:
        """People outside the `taken` regions, best first, each once."""
        found = [person for view in self._views(*pyramid.size, busy=bool(taken))
                 for person in self._network.find(pyramid, view, threshold=BOX_SCORE)]
        kept: list[PersonBox] = []
        for person in sorted(found, key=lambda p: -p.score):
            if (all(gap(person.region, region) >= TAKEN for region in taken)
                    and all(gap(person.region, other.region) >= SAME_PLACE for other in kept)):
                kept.append(person)
        return kept[:MOST_FOUND]

    def second_look(self, pyramid: Pyramid, region: Region, others: list[Region]) -> float:
        """How surely (0..1) a person fills `region` who is none of the `others`.

        The network looks at the region alone, turned upright, so that it also recognises people who lie or
        stand on their hands; of what looks like a person in a larger view only, little is left.
        """
        best = 0.0
        for scale in SECOND_LOOKS:
            best = max(best, self._look(pyramid, region, scale, others))
            if best >= 0.8:
                return best
        if region.side >= INPUT:
            return best
        least = WIDER_SURE
        for scale in WIDER_LOOKS:
            if least <= best:
                break
            least = min(least, self._look(pyramid, region, scale, others))
        return max(best, least)

    def _look(self, pyramid: Pyramid, region: Region, scale: float, others: list[Region]) -> float:
        """The same in one view, `scale` times as large as the region."""
        best = 0.0
        for person in self._network.find(pyramid, replace(region, side=scale * region.side), threshold=0.05):
            nearest = min((gap(person.region, other) for other in others), default=np.inf)
            if gap(person.region, region) < min(nearest, NOT_THERE):
                best = max(best, person.score)
        return best

    def _views(self, width: int, height: int, *, busy: bool) -> list[Region]:
        """All views at first, then the next coarse and the next fine one, or one of them where `busy`."""
        if not self._schedule:
            levels = [[view for level in group for view in views(width, height, level)
                       if level == 1 or view.side >= LEAST_VIEW] for group in (COARSE, FINE)]
            self._schedule = [cycle(group) for group in levels if group]
            return [view for group in levels for view in group]
        due = [self._schedule[self._frame % len(self._schedule)]] if busy else self._schedule
        self._frame += 1
        chosen = [next(group) for group in due]
        chosen += [_around(lost) for lost in self._lost]
        kept = [replace(lost, age=lost.age + 1) for lost in self._lost if lost.age < REMEMBER]
        self._lost = deque(kept, maxlen=MOST_LOST)
        return chosen


def _around(lost: _Lost) -> Region:
    """A view of where somebody may be now: growing, and in turns upright and as the body was turned."""
    side = lost.region.side * min(1.4 + 0.05 * lost.age, 2.5)
    return Region(np.asarray(lost.region.centre), side, lost.region.angle if lost.age % 2 else 0.0)

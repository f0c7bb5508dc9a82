"""What a set of joints is: names, parents and everything that follows from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class JointSet:
    """An ordered set of named joints; `tree` lists (joint, parent name or None) pairs.

    Names are lower case; `left_x` and `right_x` are mirror images of each other.
    """

    name: str
    tree: tuple[tuple[str, str | None], ...]

    @cached_property
    def joints(self) -> tuple[str, ...]:
        return tuple(joint for joint, _ in self.tree)

    @cached_property
    def parents(self) -> tuple[int, ...]:
        """Index of each joint's parent, -1 for a root."""
        return tuple(-1 if parent is None else self.joints.index(parent) for _, parent in self.tree)

    @cached_property
    def bones(self) -> tuple[tuple[int, int], ...]:
        """(parent, child) index pairs."""
        return tuple((parent, child) for child, parent in enumerate(self.parents) if parent >= 0)

    @cached_property
    def mirror(self) -> np.ndarray:
        """(J,) index of each joint's mirror image; `x[..., mirror, :]` swaps left and right."""
        return np.array([self.joints.index(_other_side(joint)) for joint in self.joints])

    def __len__(self) -> int:
        return len(self.tree)

    def index(self, joint: str) -> int:
        """Index of one joint. Raises ValueError, listing the names, where it is unknown."""
        if joint not in self.joints:
            raise ValueError(f"joint set {self.name} has no joint {joint!r}; it has {', '.join(self.joints)}")
        return self.joints.index(joint)

    def indices(self, joints: Sequence[str]) -> list[int]:
        return [self.index(joint) for joint in joints]


def _other_side(joint: str) -> str:
    if joint.startswith("left_"):
        return "right_" + joint[len("left_"):]
    if joint.startswith("right_"):
        return "left_" + joint[len("right_"):]
    return joint

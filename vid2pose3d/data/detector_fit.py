"""What was measured of the embedded detector's errors, and the views of a body on which they depend."""

import json
from dataclasses import asdict, dataclass, fields
from functools import cache
from pathlib import Path

import numpy as np

from vid2pose3d.skeleton import H36M17

KINDS = ("hip", "knee", "ankle", "shoulder", "elbow", "wrist", "neck_nose", "head")
"""Joints with parameters of their own; left and right share them as mirror images."""
AXES = ("outward", "up", "forward", "from parent", "to child")
"""Directions of an offset: of the trunk (outward is the joint's own side), and along the bones at the joint."""
VIEWS = ("always", "far", "back")
"""What an offset is multiplied by: 1; how far the joint's side is turned away; how far the trunk shows its back."""
CUES = ("always", "far", "back", "behind trunk", "seen from above", "outside")
"""What the confidence depends on."""

_FILE = Path(__file__).with_name("detector_noise.json")
_CHAINS = [(f"{side}_{a}", f"{side}_{b}", f"{side}_{c}") for side in ("left", "right")
           for a, b, c in (("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist"))]
_TRUNK_RADIUS = 0.09
"""Metres from the line pelvis - thorax within which, seen from the camera, a joint may be behind the trunk."""
_TRUNK_DEPTH = 0.12
"""Metres behind that line at which it is."""


@dataclass(frozen=True)
class DetectorFit:
    """Parameters of a detector's errors. Lengths are in heights of the person, times in seconds.

    The error of a joint is offset(view) + sigma(confidence) * (slow + fast noise), heavy-tailed; its confidence is
    the logistic function of cues, which the view gives, and of noise.
    """

    origin: str
    """What it was measured on."""
    offset: list[list[list[float]]]
    """By kind, axis and view: metres of a 3D offset over the person's height in metres."""
    sigma: list[float]
    """By kind, per axis, where the logit of the confidence is at the upper end of `logit_range` or above."""
    sigma_slope: float
    """How much the logarithm of sigma rises where the logit falls by 1 within `logit_range`."""
    logit_range: tuple[float, float]
    tail: float
    """Degrees of freedom of the error's Student-t distribution."""
    constant: float
    """Share of the error's variance that stays for seconds."""
    wander: float
    """Share that changes within `wander_time`; the rest is new in every frame."""
    wander_time: float
    cues: list[list[float]]
    """By kind and cue: logit of the confidence."""
    logit_constant: float
    """Standard deviation of the logit's noise that stays for seconds."""
    logit_wander: float
    """That which changes within `logit_time`."""
    logit_time: float
    outside_pull: tuple[float, float]
    """Mean and standard deviation of the share of its way beyond the border by which a joint is seen too near to it."""
    swaps: tuple[float, float]
    """Arms and legs exchanged with the other side's: how often a second."""
    swap_seconds: float
    """Mean duration."""
    gaps: float
    """How often a second nobody is found."""
    gap_seconds: float
    """Mean duration."""


@cache
def fitted() -> DetectorFit:
    """The parameters of the embedded detector; benchmarks/detector_noise.py measures them."""
    return read_fit(_FILE)


def read_fit(path: Path) -> DetectorFit:
    """Parameters from a JSON file that `write_fit` wrote."""
    stored = json.loads(path.read_text(encoding="utf-8"))
    return DetectorFit(**{field.name: stored[field.name] for field in fields(DetectorFit)})


def write_fit(path: Path, fit: DetectorFit) -> None:
    """Parameters to a JSON file, rounded to what is known of them."""
    rounded = json.loads(json.dumps(asdict(fit)), parse_float=lambda text: round(float(text), 4))
    lines = ",\n".join(f" {json.dumps(name)}: {json.dumps(value)}" for name, value in rounded.items())
    path.write_text("{\n" + lines + "\n}\n", encoding="utf-8")


@dataclass(frozen=True)
class BodyView:
    """Bodies (B, F, 17, 3) as a camera has them, in the terms of a DetectorFit."""

    trunk: np.ndarray
    """(B, F, 3, 3) rows: unit vectors to the body's left, up and forward."""
    inward: np.ndarray
    """(B, F, 17, 3) unit vectors along the bone from the joint's parent; zero where AXES has none."""
    outward: np.ndarray
    """(B, F, 17, 3) unit vectors along the bone to the joint's child; zero where AXES has none."""
    gaze: np.ndarray
    """(B, F, 3) unit vector from the camera to the body, in the trunk's axes."""
    behind: np.ndarray
    """(B, F, 17) 0..1: how far a joint is behind the trunk."""

    @property
    def far(self) -> np.ndarray:
        """(B, F, 17) -1..1: how far the joint's side is turned away from the camera; 0 for joints in the middle."""
        return self.gaze[:, :, None, 0] * side_of()

    @property
    def back(self) -> np.ndarray:
        """(B, F, 1) -1..1: how far the trunk shows its back."""
        return self.gaze[:, :, None, 2]


def kind_of() -> np.ndarray:
    """(17,) index into KINDS of each joint; -1 for those that are made from others."""
    names = [name.split("_", 1)[1] if name.startswith(("left_", "right_")) else name for name in H36M17.joints]
    return np.array([KINDS.index(name) if name in KINDS else -1 for name in names])


@cache
def side_of() -> np.ndarray:
    """(17,) 1 for left, -1 for right, 0 for joints in the middle."""
    return np.array([name.startswith("left_") * 1.0 - name.startswith("right_") for name in H36M17.joints],
                    dtype=np.float32)


def body_view(joints: np.ndarray) -> BodyView:
    """joints: (B, F, 17, 3) metres, camera frame."""
    at = {name: joints[:, :, index] for index, name in enumerate(H36M17.joints)}
    across = _unit(at["left_hip"] - at["right_hip"] + at["left_shoulder"] - at["right_shoulder"])
    spine = at["thorax"] - at["pelvis"]
    forward = _unit(np.cross(across, spine))
    trunk = np.stack([across, np.cross(forward, across), forward], axis=-2)
    inward, outward = np.zeros_like(joints), np.zeros_like(joints)
    for first, second, third in _CHAINS:
        upper, lower = _unit(at[second] - at[first]), _unit(at[third] - at[second])
        inward[:, :, H36M17.index(second)] = upper
        outward[:, :, H36M17.index(second)] = lower
        inward[:, :, H36M17.index(third)] = lower
    gaze = np.einsum("bfij,bfj->bfi", trunk, _unit(at["pelvis"] + at["thorax"]))
    return BodyView(trunk, inward, outward, gaze, _behind(joints, at["pelvis"], spine))


def view_terms(view: BodyView) -> np.ndarray:
    """(B, F, 17, 3) the values of VIEWS."""
    far = view.far
    return np.stack([np.ones_like(far), far, np.broadcast_to(view.back, far.shape)], axis=-1)


def cue_values(view: BodyView, beyond: np.ndarray) -> np.ndarray:
    """(B, F, 17, 6) the values of CUES. beyond: (B, F, 17, 2) from the picture's border outwards, heights; 0 inside."""
    far = view.far
    above = np.broadcast_to(-view.gaze[:, :, None, 1], far.shape)
    outside = ((beyond[..., 0] != 0) | (beyond[..., 1] != 0)).astype(far.dtype)
    return np.stack([np.ones_like(far), far, np.broadcast_to(view.back, far.shape), view.behind, above, outside],
                    axis=-1)


def _behind(joints: np.ndarray, pelvis: np.ndarray, spine: np.ndarray) -> np.ndarray:
    """(B, F, 17) 0..1: nearness, in the picture, to the line pelvis - thorax times depth behind it."""
    x, y, z = (joints[..., i] - pelvis[..., i, None] for i in range(3))
    right, down, away = (spine[..., i, None] for i in range(3))
    along = ((x * right + y * down) / np.maximum(right**2 + down**2, 1e-4)).clip(0, 1)
    apart2 = (x - along * right) ** 2 + (y - along * down) ** 2
    depth = z - along * away
    return np.exp(-apart2 / (2 * _TRUNK_RADIUS**2)) * (depth / _TRUNK_DEPTH).clip(0, 1)


def _unit(vectors: np.ndarray) -> np.ndarray:
    squared = vectors[..., 0] ** 2 + vectors[..., 1] ** 2 + vectors[..., 2] ** 2
    return vectors / np.sqrt(np.maximum(squared, 1e-8))[..., None]

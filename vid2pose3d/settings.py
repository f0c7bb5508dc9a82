"""The choices that one run leaves to its user, with their defaults."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from vid2pose3d.errors import InputError

Aggregation = Literal["jpma", "mean", "medoid"]
"""How the hypotheses become one pose."""
View = Literal["overlay", "3d", "both", "html", "sheet"]
"""As what a finished result is drawn."""
CleanLevel = Literal["off", "light", "full"]
"""How much of the clean-up is done where a step is not chosen by itself."""


@dataclass(frozen=True)
class Cleaning:
    """The steps of the clean-up, in their order."""

    sides: bool = True
    """Where the 2D takes left and right for each other, that is put right before lifting."""
    repair: bool = True
    """Joints that stray to somebody else are left out before lifting; leaps and short gaps are interpolated, marked."""
    smooth: bool = True
    """Jitter is taken out, without lag."""
    bones: bool = True
    """Bones have one length, left like right."""
    limits: bool = True
    """Knees and elbows bend the right way."""
    feet: bool = True
    """Feet that stand stay where they are."""
    floor: bool = True
    """Nothing is under the floor."""
    cutoff: float = 2.0
    """Hertz up to which `smooth` keeps the motion of a joint at rest; of a fast joint it keeps more."""


FULL = Cleaning()
STEPS = tuple(field.name for field in fields(Cleaning) if field.type is bool)
_STEPS_OF: dict[str, tuple[str, ...]] = {"off": (), "light": ("sides", "repair", "smooth", "bones"), "full": STEPS}
"""light leaves alone what looks at the world: the poses' own faults are mended."""

_STATURES = (0.5, 2.6)
"""Metres of the smallest and the tallest people who stand."""


@dataclass(frozen=True)
class Settings:
    """Every choice of one run, as the result file records it."""

    action: str | None = None
    detector: str = "blazepose"
    """Name, or BACKEND:MODEL."""
    detector_weights: str | None = None
    """File, like `person_detector_weights`."""
    person_detector: str | None = None
    person_detector_weights: str | None = None
    trust_checkpoint: bool = False
    """Detector weights may execute what they ask for."""
    person: str = "all"
    weights: str | None = None
    """Name or file; None: the embedded default."""
    hypotheses: int = 5
    iterations: int = 1
    aggregation: Aggregation = "jpma"
    device: str = "auto"
    precision: Literal["fp32", "bf16", "fp16"] = "fp32"
    """Of the network's matrix products; all else is computed in fp32 and fp64."""
    seed: int = 0
    start: float | None = None
    """Seconds, like `end`."""
    end: float | None = None
    focal: float | None = None
    """Pixels."""
    height: float | dict[int, float] | None = None
    """Metres that everyone is tall, or people by id; None: an average adult."""
    keypoints: Path | None = None
    """File or folder to take the 2D from in place of detecting."""
    from_format: str | None = None
    """Its format, where it could be several."""
    from_joints: str | None = None
    """Its joint set, where the file does not say."""
    size: tuple[int, int] | None = None
    """Width and height of the picture, like `fps` for keypoints without a video."""
    fps: float | None = None
    unit: Literal["m", "cm"] = "m"
    clean: CleanLevel = "full"
    """Which steps are done where they are not chosen themselves, like `sides` to `floor`."""
    sides: bool | None = None
    repair: bool | None = None
    smooth: bool | None = None
    bones: bool | None = None
    limits: bool | None = None
    feet: bool | None = None
    floor: bool | None = None
    cutoff: float = Cleaning.cutoff
    """Hertz."""
    refine: bool = False
    """Also where `refiner` is given."""
    refiner: Path | None = None
    """Refiner weights; None: those embedded for the lifter's."""

    @property
    def detector_options(self) -> list[str]:
        """The given options that tell the detector something."""
        given = {"--detector-weights": self.detector_weights, "--person-detector": self.person_detector,
                 "--person-detector-weights": self.person_detector_weights, "--trust-checkpoint": self.trust_checkpoint}
        return [option for option, value in given.items() if value]

    def check(self) -> None:
        """Raises InputError for a value that no clip could use."""
        for name, count in (("hypotheses", self.hypotheses), ("iterations", self.iterations)):
            if count < 1:
                raise InputError(f"--{name} {count}: must be at least 1")
        if self.focal is not None and not 0 < self.focal < float("inf"):
            raise InputError(f"--focal {self.focal:g}: must be a positive number of pixels")
        for metres in self.height.values() if isinstance(self.height, Mapping) else [self.height]:
            check_height(metres)
        if self.person not in ("all", "largest") and not self.person.isdecimal():
            raise InputError(f"--person {self.person}: must be all, largest or a person's number")
        check_range(self.start, self.end)
        if not 0 < self.cutoff <= 1000:
            raise InputError(f"--cutoff {self.cutoff:g}: must be a positive number of hertz, at most 1000")
        if self.size is not None and not all(0 < side <= 100_000 for side in self.size):
            raise InputError(f"--size {self.size[0]}x{self.size[1]}: must be a positive number of pixels each way")
        if self.fps is not None and not 0 < self.fps <= 10_000:
            raise InputError(f"--fps {self.fps:g}: must be a positive number of frames per second")
        self._check_keypoints()

    def _check_keypoints(self) -> None:
        given = {"--from-format": self.from_format, "--from-joints": self.from_joints, "--size": self.size,
                 "--fps": self.fps}
        alone = [option for option, value in given.items() if value is not None]
        if self.keypoints is None and alone:
            raise InputError(f"{alone[0]}: says something about keypoints; name their file with --from")
        if self.keypoints is not None and self.detector_options:
            raise InputError(f"{' and '.join(self.detector_options)} cannot be combined with --from {self.keypoints}, "
                             "which holds the 2D already")
        if self.keypoints is not None and (self.start is not None or self.end is not None):
            raise InputError(f"--from {self.keypoints} fixes the frames; give --start and --end to `detect` instead")


def check_height(metres: float | None) -> None:
    """Raises InputError where nobody is that tall."""
    if metres is None or _STATURES[0] <= metres <= _STATURES[1]:
        return
    if _STATURES[0] <= metres / 100 <= _STATURES[1]:
        raise InputError(f"--height {metres:g}: is a height in centimetres; give metres, {metres / 100:g}")
    raise InputError(f"--height {metres:g}: must be {_STATURES[0]:g} to {_STATURES[1]:g} metres")


def cleaning(chosen: Mapping[str, Any]) -> Cleaning:
    """The steps that settings, or the record of them in a result, ask for; all where it does not know of them."""
    level = _STEPS_OF[chosen.get("clean", "full")]
    steps = {step: step in level if chosen.get(step) is None else bool(chosen[step]) for step in STEPS}
    return Cleaning(**steps, cutoff=chosen.get("cutoff", Cleaning.cutoff))


def check_range(start: float | None, end: float | None) -> None:
    """Raises InputError for a stretch of time that no clip could have (seconds)."""
    if start is not None and not 0 <= start < float("inf"):
        raise InputError(f"--start {start:g}: must be 0 or more seconds")
    if end is not None and not end > (start or 0.0):
        raise InputError(f"--end {end:g}: must be later than --start ({start or 0.0:g} seconds)")

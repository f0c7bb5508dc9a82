"""The known 2D detectors by name."""

from collections.abc import Callable

from vid2pose3d.detect.base import Detector
from vid2pose3d.errors import InputError


def _blazepose(threads: int | None = None) -> Detector:
    from vid2pose3d.detect.blazepose.detector import BlazePoseDetector

    return BlazePoseDetector(threads=threads)


DETECTORS: dict[str, Callable[..., Detector]] = {"blazepose": _blazepose}


def create_detector(name: str, *, threads: int | None = None) -> Detector:
    """A new detector for one clip; its back-end is imported only now.

    `threads` limits the CPU threads of its networks (None: the back-end's own choice). Raises InputError for
    an unknown name or where the back-end or its model files are missing.
    """
    if name not in DETECTORS:
        raise InputError(f"unknown detector {name!r}; known are {', '.join(DETECTORS)}")
    return DETECTORS[name](threads=threads)


def check_detector(name: str) -> str | None:
    """None where the detector can be used, else one line that says what is missing and the cure."""
    try:
        create_detector(name, threads=1)
    except InputError as error:
        return str(error)
    return None

"""The known 2D detectors by name."""

from collections.abc import Callable
from dataclasses import dataclass

from vid2pose3d.detect.base import Detector, DetectorOptions
from vid2pose3d.errors import InputError
from vid2pose3d.native_log import native_log_hidden

LEAN = {"blazepose": 0.035}
"""Radians by which poses lifted from a detector's 2D lean away from the camera on average: BENCHMARKS.md, "World"."""


@dataclass(frozen=True)
class Backend:
    """How to get at one kind of detector; its packages are imported only then."""

    create: Callable[[str, DetectorOptions], Detector]
    """Takes what follows the colon of the name ("" without one) and the options."""
    check: Callable[[], None]
    """Raises InputError, with the cure, where the back-end cannot be used at all."""


def _blazepose(variant: str, options: DetectorOptions) -> Detector:
    from vid2pose3d.detect.blazepose.detector import BlazePoseDetector

    _refuse_variant("blazepose", variant)
    if options.weights or options.person_detector or options.person_weights:
        raise InputError("--detector blazepose brings its own networks; leave out --detector-weights and "
                         "--person-detector, or choose another --detector")
    with native_log_hidden():
        return BlazePoseDetector(threads=options.threads)


def _check_blazepose() -> None:
    _blazepose("", DetectorOptions(threads=1))


def _onnx(variant: str, options: DetectorOptions) -> Detector:
    from vid2pose3d.detect.onnx.detector import OnnxDetector

    _refuse_variant("onnx", variant)
    return OnnxDetector(options)


def _check_onnx() -> None:
    from vid2pose3d.detect.onnx.network import check_packages

    check_packages()


def _mmpose(variant: str, options: DetectorOptions) -> Detector:
    from vid2pose3d.detect.mmpose.detector import MMPoseDetector

    return MMPoseDetector(variant, options)


def _check_mmpose() -> None:
    from vid2pose3d.detect.mmpose.extension import prepare

    prepare()


DETECTORS = {"blazepose": Backend(_blazepose, _check_blazepose), "onnx": Backend(_onnx, _check_onnx),
             "mmpose": Backend(_mmpose, _check_mmpose)}


def create_detector(name: str, options: DetectorOptions | None = None) -> Detector:
    """A new detector for one clip; its back-end is imported only now.

    name: a back-end, or BACKEND:MODEL. Raises InputError for an unknown name, for options that the back-end cannot
    use, or where the back-end or its model files are missing.
    """
    backend, _, variant = name.partition(":")
    if backend not in DETECTORS:
        raise InputError(f"unknown detector {name!r}; known are {', '.join(DETECTORS)}")
    return DETECTORS[backend].create(variant, options or DetectorOptions())


def check_detector(name: str) -> str | None:
    """None where the back-end can be used, else one line that says what is missing and the cure."""
    try:
        DETECTORS[name].check()
    except InputError as error:
        return str(error)
    return None


def _refuse_variant(name: str, variant: str) -> None:
    if variant:
        raise InputError(f"--detector {name}:{variant}: {name} has no variants; use --detector {name}")

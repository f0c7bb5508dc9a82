"""The known formats of 2D keypoints by name, and which one a file is in."""

from collections.abc import Callable
from dataclasses import dataclass

from vid2pose3d.detect.foreign import alphapose, coco, mediapipe, mmpose, openpose, trc, vp3d
from vid2pose3d.detect.foreign.content import Content, Request
from vid2pose3d.detect.foreign.sights import Sights
from vid2pose3d.errors import InputError

OWN = "vid2pose3d"
"""The name of this program's own format, which detect/files.py reads."""


@dataclass(frozen=True)
class Format:
    """A format that others write."""

    title: str
    recognises: Callable[[Content], bool]
    read: Callable[[Content, Request], Sights]


FORMATS = {
    "mmpose": Format("MMPose predictions", mmpose.recognises, mmpose.read),
    "coco": Format("COCO keypoints", coco.recognises, coco.read),
    "openpose": Format("OpenPose frames", openpose.recognises, openpose.read),
    "alphapose": Format("AlphaPose results", alphapose.recognises, alphapose.read),
    "trc": Format("Sports2D's TRC of pixels", trc.recognises, trc.read),
    "vp3d": Format("VideoPose3D's or Detectron's npz", vp3d.recognises, vp3d.read),
    "mediapipe": Format("MediaPipe landmarks", mediapipe.recognises, mediapipe.read),
}


def recognise(content: Content, chosen: str | None = None) -> str:
    """The name of the format, by what the content is made of; `chosen` decides where several fit.

    Raises InputError where none fits, several do, or `chosen` does not.
    """
    known = (OWN, *FORMATS)
    if chosen is not None and chosen not in known:
        raise InputError(f"--from-format {chosen}: unknown; known are {', '.join(known)}")
    if content.kind == "json" and content.value in ([], {}):
        raise InputError(f"{content.path} is an empty list: it holds nobody; write it again")
    fitting = [name for name, form in FORMATS.items() if form.recognises(content)]
    if content.kind == "json" and isinstance(content.value, dict) and "schema" in content.value:
        fitting = [OWN]
    if chosen in fitting:
        return str(chosen)
    if chosen is not None:
        raise InputError(f"--from-format {chosen}: {content.path} is not in that format; it looks like "
                         f"{' or '.join(fitting) or 'none that is known'}")
    if not fitting:
        raise InputError(f"{content.path} is in no known format of 2D keypoints; known are {', '.join(known)} (see "
                         "docs/formats.md)")
    if len(fitting) > 1:
        raise InputError(f"{content.path} could be {' or '.join(fitting)}; say which with --from-format")
    return fitting[0]

"""Detections of rendered clips, and of harder versions of them, beside the true joints, to fit a noise model to.

A version turns, mirrors, cuts or spoils each picture by a known affine map, so that the truth stays known. Cut
versions follow the person with a picture that ends at the thighs, at the shins, at one side or at the chest.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter1d

from vid2pose3d.detect import DetectorOptions, create_detector
from vid2pose3d.finding import find_people
from vid2pose3d.lift.windows import stretches
from vid2pose3d.motion import Person2D
from vid2pose3d.skeleton import BLAZEPOSE33, H36M17, to_h36m17
from vid2pose3d.stopwatch import Stopwatch
from vid2pose3d.video import VideoReader, VideoWriter

NEAR = 0.35
"""Mean distance, in heights of the person, from which a track is not that person's."""
_SMOOTH = 12.0
"""Frames over which a cut picture follows the person."""


@dataclass(frozen=True)
class Version:
    """How the pictures of a clip are changed."""

    name: str
    scale: float = 1.0
    blur: float = 0.0
    """Sigma, pixels of the result."""
    quality: int = 0
    """JPEG's, 0: none."""
    turn: float = 0.0
    """Degrees."""
    mirrored: bool = False
    cut: tuple[float, float, float, float] | None = None
    """Left, top, right, bottom of what is kept, in the person's boxes (width: half a height)."""


VERSIONS = (
    Version("plain"),
    Version("mirrored, turned", turn=12.0, mirrored=True),
    Version("half size, compressed", scale=0.5, blur=0.7, quality=25),
    Version("third size, mirrored", scale=0.33, quality=60, mirrored=True),
    Version("to the thighs", cut=(-2.0, -0.15, 3.0, 0.62)),
    Version("to the shins", cut=(-2.0, -0.15, 3.0, 0.84)),
    Version("right half", cut=(0.4, -0.3, 4.0, 1.2)),
    Version("left half, mirrored", cut=(0.4, -0.3, 4.0, 1.2), mirrored=True),
    Version("from the chest", cut=(-2.0, 0.17, 3.0, 1.3)),
)


@dataclass
class Track:
    """One person of one version of a clip, detected, at the lifter's frame rate. Rays and joints: original camera."""

    clip: str
    version: str
    rays: np.ndarray
    """(N, 17, 2) detected, at z = 1."""
    confidence: np.ndarray
    """(N, 17)."""
    joints: np.ndarray
    """(N, 17, 3) true, metres, camera frame."""
    beyond: np.ndarray
    """(N, 17, 2) from the picture's border to the true joint outside of it, at z = 1; 0 inside."""
    covered: np.ndarray
    """(N, 17) True where the true joint is hidden by scenery or by another person."""
    bridged: np.ndarray
    """(N,) True where nobody was detected and the tracker interpolated."""


def collect(clip: Path, *, fps: float, versions: tuple[Version, ...] = VERSIONS) -> Iterator[Track]:
    """Tracks of all people of a clip in each version. clip: a video with a gt.npz beside it."""
    truth = dict(np.load(clip.with_name("gt.npz")))
    with tempfile.TemporaryDirectory() as folder:
        for version in versions:
            path, maps, size = _changed(clip, truth, version, Path(folder) / "version.mp4")
            detector = create_detector("blazepose", DetectorOptions(threads=1))
            found = find_people(path, detector, watch=Stopwatch(), reporter=_Silent()).people
            for person in found:
                yield from _compared(person, clip.parent.name, version, truth, maps, size, fps)


def save_tracks(path: Path, tracks: list[Track]) -> None:
    """Keep tracks in a file of NumPy arrays."""
    arrays = {f"{i}/{name}": value for i, track in enumerate(tracks) for name, value in vars(track).items()}
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]


def load_tracks(path: Path) -> list[Track]:
    """Tracks that `save_tracks` kept."""
    with np.load(path) as stored:
        count = 1 + max(int(name.split("/")[0]) for name in stored.files)
        fields = Track.__dataclass_fields__
        tracks = [Track(**{name: stored[f"{i}/{name}"] for name in fields}) for i in range(count)]
    return [replace(track, clip=str(track.clip), version=str(track.version)) for track in tracks]


class _Silent:
    def progress(self, stage: str, done: int, total: int | None) -> None: ...

    def note(self, text: str) -> None: ...

    def warn(self, text: str) -> None: ...


def _changed(clip: Path, truth: dict[str, np.ndarray], version: Version,
             path: Path) -> tuple[Path, np.ndarray, tuple[int, int]]:
    """Writes a version of a clip. Returns its path, affine maps (F, 2, 3) from its pixels to the clip's, its size."""
    with VideoReader(clip) as reader:
        forward, size = _maps(truth["bbox_px"][0], version, reader.clip.width, reader.clip.height)
        with VideoWriter(path, width=size[0], height=size[1], fps=reader.clip.fps) as writer:
            for frame, affine in zip(reader, forward, strict=False):
                writer.write(_spoilt(_warped(frame.image, affine, size), version), frame.time)
    return path, np.stack([cv2.invertAffineTransform(affine) for affine in forward]), size


def _maps(boxes: np.ndarray, version: Version, width: int, height: int) -> tuple[np.ndarray, tuple[int, int]]:
    """Affine maps (F, 2, 3) from a clip's pixels to a version's, and the version's size. boxes: (F, 4)."""
    boxes = gaussian_filter1d(boxes.astype(float), _SMOOTH, axis=0, mode="nearest")
    tall = boxes[:, 3] - boxes[:, 1]
    corner, right, bottom = np.zeros((len(boxes), 2)), np.full(len(boxes), width), np.full(len(boxes), height)
    if version.cut is not None:
        left = (boxes[:, 0] + boxes[:, 2]) / 2 - tall / 4
        x0, y0, x1, y1 = (start + tall * share * part for start, share, part in
                          zip((left, boxes[:, 1]) * 2, version.cut, (0.5, 1.0) * 2, strict=True))
        corner = np.stack([np.maximum(x0, 0), np.maximum(y0, 0)], axis=-1)
        right, bottom = np.minimum(x1, width), np.minimum(y1, height)
    # One size for all frames: what a frame lacks is black, as little as possible.
    size = np.array([np.median(right - corner[:, 0]), np.median(bottom - corner[:, 1])])
    zoom = version.scale * (1.0 if version.cut is None else 480 / max(size))
    pixels = 2 * (size * zoom / 2).round().astype(int)
    from_left = version.cut is None or version.cut[0] > 0
    from_top = version.cut is None or version.cut[1] > 0 or version.cut[3] > 1
    start = np.stack([corner[:, 0] if from_left else right - size[0],
                      corner[:, 1] if from_top else bottom - size[1]], axis=-1)
    affine = np.zeros((len(boxes), 2, 3))
    affine[:, 0, 0] = affine[:, 1, 1] = zoom
    affine[:, :, 2] = -zoom * start
    turn = np.vstack([cv2.getRotationMatrix2D((pixels / 2).tolist(), version.turn, 1.0), [0, 0, 1]])
    if version.mirrored:
        turn = np.array([[-1.0, 0, pixels[0]], [0, 1, 0], [0, 0, 1]]) @ turn
    whole = np.concatenate([affine, np.tile([[[0.0, 0, 1]]], (len(boxes), 1, 1))], axis=1)
    return (turn @ whole)[:, :2], (int(pixels[0]), int(pixels[1]))


def _warped(image: np.ndarray, affine: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    # cv2 counts from the centre of the first pixel, the maps from its corner.
    shifted = affine.copy()
    shifted[:, 2] += affine[:, :2] @ [0.5, 0.5] - 0.5
    shrinks = np.linalg.norm(affine[:, 0]) < 1
    source = cv2.GaussianBlur(image, (0, 0), 0.4 / np.linalg.norm(affine[:, 0])) if shrinks else image
    return cv2.warpAffine(source, shifted, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _spoilt(image: np.ndarray, version: Version) -> np.ndarray:
    if version.blur:
        image = cv2.GaussianBlur(image, (0, 0), version.blur)
    if version.quality:
        _, code = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, version.quality])
        image = cv2.imdecode(code, cv2.IMREAD_COLOR)
    return image


def _compared(person: Person2D, clip: str, version: Version, truth: dict[str, np.ndarray], maps: np.ndarray,
              size: tuple[int, int], fps: float) -> Iterator[Track]:
    """A track beside the truth of the person whom it shows, if there is one, without long holes."""
    xy, confidence = to_h36m17(person.xy, person.confidence, BLAZEPOSE33)
    xy = np.einsum("fij,fkj->fki", maps[person.frames][:, :, :2], xy) + maps[person.frames][:, None, :, 2]
    if version.mirrored:
        xy, confidence = xy[:, H36M17.mirror], confidence[:, H36M17.mirror]
    pixels = truth["h36m17_px"][:, person.frames]
    tall = np.ptp(truth["bbox_px"][:, person.frames][..., [1, 3]], axis=-1)
    apart = np.nanmedian(np.linalg.norm(xy - pixels, axis=-1) / tall[..., None], axis=(1, 2))
    if not apart.min() < NEAR:
        return
    who = int(apart.argmin())
    inverse = np.stack([cv2.invertAffineTransform(affine) for affine in maps])
    placed = np.einsum("fij,fkj->fki", inverse[:, :, :2], truth["h36m17_px"][who]) + inverse[:, None, :, 2]
    beyond = np.einsum("fij,fkj->fki", maps[:, :, :2], placed - np.clip(placed, 0, size))
    seen = replace(person, joint_set=H36M17, xy=xy, confidence=confidence)
    times = np.arange(truth["h36m17_px"].shape[1]) / float(truth["fps"])
    focal, centre = truth["K"][[0, 1], [0, 1]], truth["K"][:2, 2]
    for part in stretches(seen, fps):
        at = person.times[part.rows.start] + part.grid
        nearest = np.abs(times - at[:, None]).argmin(axis=1)
        rows = np.abs(person.times[part.rows] - at[:, None]).argmin(axis=1)
        yield Track(clip, version.name, (part.xy - centre) / focal, part.confidence,
                    _at(times, truth["h36m17_cam_mm"][who] / 1000, at), (beyond / focal)[nearest],
                    truth["joint_occluded_by_other"][who].astype(bool)[nearest],
                    person.interpolated[part.rows][rows])


def _at(times: np.ndarray, values: np.ndarray, when: np.ndarray) -> np.ndarray:
    """Linear interpolation of values (F, ...) to other times."""
    flat = values.reshape(len(values), -1)
    columns = [np.interp(when, times, column) for column in flat.T]
    return np.stack(columns, axis=-1).reshape(len(when), *values.shape[1:])

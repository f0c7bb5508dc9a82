"""2D keypoints that `--from` gives in place of detecting: their clip, their frames, and who is who."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from vid2pose3d.detect.files import read_keypoints
from vid2pose3d.detect.foreign import FORMATS, OWN, Request, Sights, recognise
from vid2pose3d.detect.foreign.content import open_content
from vid2pose3d.detect.foreign.joints import check_look
from vid2pose3d.errors import InputError
from vid2pose3d.motion import Clip, Detections, Keypoints2D, Person2D
from vid2pose3d.reporter import Reporter
from vid2pose3d.settings import Settings
from vid2pose3d.skeleton import JointSet, joint_set, to_h36m17
from vid2pose3d.track import Tracker
from vid2pose3d.video import VideoReader

_FAR = 1.0
"""Widths or heights of the picture by which a joint may lie outside it before it counts as not seen."""
_OUTSIDE = 0.5
"""Share of the joints outside the picture from which the picture is not the one that they were found in."""
_MOSTLY_UNSEEN = 0.5
"""Share of a person's joints from which its motion is called a guess."""
_NORMALISED = 2.0
"""Pixels that all coordinates stay below where they are shares of the picture."""


@dataclass
class _Frames:
    """The clip's frames: their times, and their pictures where there is a video."""

    clip: Clip
    times: np.ndarray
    """(F,) seconds."""
    with_pictures: bool

    def __iter__(self) -> Iterator[tuple[int, float, np.ndarray | None]]:
        if not self.with_pictures:
            yield from ((index, float(time), None) for index, time in enumerate(self.times))
            return
        with VideoReader(self.clip.path) as reader:
            yield from ((frame.index, frame.time, frame.image) for frame in reader)


def given_people(video: Path | None, settings: Settings, reporter: Reporter) -> Detections:
    """Everyone in the file or folder `settings.keypoints`, in its own joint set, as seen in the clip `video`.

    Without a video the clip is what the file and the settings say of it. Says by notes what the file was taken for.
    Raises InputError where the file cannot be read, or does not fit the video or the settings.
    """
    assert settings.keypoints is not None
    path = settings.keypoints
    content = open_content(path)
    name = recognise(content, settings.from_format)
    if video is not None and (settings.size or settings.fps):
        raise InputError(f"{'--size' if settings.size else '--fps'}: {video} says it; leave the option out")
    if name == OWN:
        return _own(path, video, settings, reporter)
    chosen = _joint_set(settings.from_joints)
    sights = FORMATS[name].read(content, Request(chosen, (video or path).stem,
                                                 lambda done, total: reporter.progress("read", done, total)))
    if chosen is None:
        check_look(path, sights.joint_set, sights.xy)
    frames = _frames(path, sights, video, settings, reporter)
    reporter.note(f"{path}: {FORMATS[name].title} ({name}), {sights.joint_set.name} joints")
    sights = _in_frames(path, _in_pixels(path, sights, frames.clip, reporter), frames.clip.frames, reporter)
    people = _identified(sights, frames.times) if _has_identities(path, sights, reporter) else \
        _tracked(sights, frames, reporter)
    if not people:
        reporter.warn(f"nobody is in {path}")
    _warn_of_guesses(path, people, reporter)
    return Detections(frames.clip, sights.detector or name, people)


def check_picture(file: Path, described: Clip, video: Clip) -> None:
    """Raises InputError where a file was made from another picture than the video's."""
    if (described.width, described.height) != (video.width, video.height):
        raise InputError(
            f"{file} was made from a picture of {described.width} x {described.height}, but {video.path} has "
            f"{video.width} x {video.height}; give the clip that it was made from"
        )


def _own(path: Path, video: Path | None, settings: Settings, reporter: Reporter) -> Detections:
    clip, detector, people = read_keypoints(path)
    given = {"--from-joints": settings.from_joints, "--size": settings.size, "--fps": settings.fps}
    for option, value in given.items():
        if value is not None:
            raise InputError(f"{option}: {path} says it; leave the option out")
    if video is not None:
        with VideoReader(video) as reader:
            check_picture(path, clip, reader.clip)
            clip = replace(clip, path=video, focal=reader.clip.focal)
    if not people:
        reporter.warn(f"nobody is in {path}")
    return Detections(clip, detector, people)


def _joint_set(name: str | None) -> JointSet | None:
    try:
        return None if name is None else joint_set(name)
    except ValueError as error:
        raise InputError(f"--from-joints: {error}") from error


def _frames(path: Path, sights: Sights, video: Path | None, settings: Settings, reporter: Reporter) -> _Frames:
    """The clip's frames, as the video has them, else as the file and the settings say."""
    if video is None:
        clip = _stated_clip(path, sights, settings)
        return _Frames(clip, _stated_times(path, sights, clip), with_pictures=False)
    with VideoReader(video) as reader:
        if sights.size:
            width, height = sights.size
            check_picture(path, replace(reader.clip, width=width, height=height), reader.clip)
        found = []
        for frame in reader:
            found.append(frame.time)
            reporter.progress("decode", len(found), reader.expected_frames or None)
        return _Frames(reader.clip, np.array(found), with_pictures=True)


def _stated_clip(path: Path, sights: Sights, settings: Settings) -> Clip:
    size, fps = settings.size or sights.size, settings.fps or sights.fps
    if size is None or fps is None:
        options = {"--size WIDTHxHEIGHT": size, "--fps N": fps}
        missing = " and ".join(option for option, value in options.items() if value is None)
        raise InputError(f"--from {path}: does not say all about the clip; give the video, or {missing}")
    if sights.size and size != sights.size:
        raise InputError(f"--size {size[0]}x{size[1]}: {path} says {sights.size[0]}x{sights.size[1]}; leave it out")
    if sights.fps and abs(fps - sights.fps) > 0.01 * fps:
        raise InputError(f"--fps {fps:g}: {path} says {sights.fps:g}; leave it out")
    if sights.clip:
        return sights.clip
    count = int(sights.listed[-1]) - _first_number(sights, None) + 1 if len(sights.listed) else 0
    return Clip(path=Path(path.name), width=size[0], height=size[1], fps=fps, frames=count, duration=count / fps,
                rotation=0)


def _stated_times(path: Path, sights: Sights, clip: Clip) -> np.ndarray:
    """(F,) seconds: what the file says of some frames, and even steps where it says nothing."""
    even = np.arange(clip.frames) / clip.fps
    known = sorted(sights.times)
    if not known:
        return even
    places = np.array(known) - _first_number(sights, clip.frames)
    delays = np.array([sights.times[number] for number in known]) - places / clip.fps
    times = even + np.interp(np.arange(clip.frames), places, delays)
    if (np.diff(times) <= 0).any():
        frame = int(np.argmax(np.diff(times) <= 0)) + 1
        raise InputError(f"{path}: the time of frame {frame} is not after that of the frame before; write it again")
    return times


def _first_number(sights: Sights, frames: int | None) -> int:
    """The file's number of the clip's frame 0. frames: the clip's own count, where it is known."""
    if not len(sights.listed):
        return sights.first
    low, high = int(sights.listed[0]), int(sights.listed[-1])
    if frames == len(sights.listed) == high - low + 1:  # an entry for each frame
        return low
    first = min(sights.first, max(low, 0))
    if frames is not None and high - first == frames and low > first:
        return first + 1
    return first


def _in_frames(path: Path, sights: Sights, frames: int, reporter: Reporter) -> Sights:
    """The sights under the clip's own frame numbers, without those of nobody."""
    first = _first_number(sights, frames)
    numbers = sights.numbers - first
    if len(numbers) and (numbers.min() < 0 or numbers.max() >= frames):
        worst = int(sights.numbers[np.argmax(numbers)] if numbers.max() >= frames else sights.numbers.min())
        raise InputError(f"{path} has frame number {worst}, but the clip has {frames} frames; give the clip that "
                         "it was made from")
    if first:
        reporter.note(f"{path}: its frame {first} is taken for the first of the clip")
    elif len(sights.listed) and sights.listed[0] == 1:
        reporter.note(f"{path}: its frame numbers are taken to count from 0, though none is 0")
    known = np.isfinite(sights.xy).all(axis=-1).any(axis=1)
    return replace(
        sights, numbers=numbers[known], ids=None if sights.ids is None else sights.ids[known], xy=sights.xy[known],
        confidence=sights.confidence[known], bbox=sights.bbox[known], score=sights.score[known],
        interpolated=sights.interpolated[known],
    )


def _in_pixels(path: Path, sights: Sights, clip: Clip, reporter: Reporter) -> Sights:
    """The sights in pixels, with a box and a score for each; joints far outside the picture are unknown."""
    size = np.array([clip.width, clip.height], dtype=float)
    xy, confidence = sights.xy * (size if sights.normalised else 1.0), sights.confidence.copy()
    known = np.isfinite(xy).all(axis=-1)
    if not known.any():
        return sights
    if not sights.normalised and np.abs(xy[known]).max() < _NORMALISED:
        raise InputError(f"{path} holds shares of the picture, not pixels (all below {_NORMALISED:g}); multiply them "
                         "by its width and height")
    outside = known & ((xy < 0) | (xy > size)).any(axis=-1)
    if outside.sum() > _OUTSIDE * known.sum():
        raise InputError(f"{path}: {outside.sum() / known.sum():.0%} of its joints lie outside the picture of "
                         f"{clip.width} x {clip.height}; give the clip or the --size that it was made from")
    far = known & ((xy < -_FAR * size) | (xy > (1 + _FAR) * size)).any(axis=-1)
    if far.any():
        reporter.warn(f"{path}: {far.sum()} joints lie far outside the picture and count as not seen")
        xy[far], confidence[far] = np.nan, 0.0
    seen = np.isfinite(xy[..., 0]).any(axis=1)
    around = np.full((len(xy), 4), np.nan)
    around[seen] = np.concatenate([np.nanmin(xy[seen], axis=1), np.nanmax(xy[seen], axis=1)], axis=-1)
    mean = confidence.sum(axis=1) / np.maximum(np.isfinite(xy[..., 0]).sum(axis=1), 1)
    boxed = np.isfinite(sights.bbox).all(axis=1, keepdims=True)
    return replace(sights, xy=xy, confidence=confidence, bbox=np.where(boxed, sights.bbox, around),
                   score=np.where(np.isfinite(sights.score), sights.score, mean))


def _has_identities(path: Path, sights: Sights, reporter: Reporter) -> bool:
    if sights.ids is None or not len(sights.ids):
        return False
    pairs = np.column_stack([sights.numbers, sights.ids])
    if sights.ids.min() < 0 or len(np.unique(pairs, axis=0)) < len(pairs):
        reporter.note(f"{path}: its ids do not tell people apart within a frame; people are tracked anew")
        return False
    return True


def _warn_of_guesses(path: Path, people: list[Person2D], reporter: Reporter) -> None:
    for person in people:
        xy, _ = to_h36m17(person.xy, person.confidence, person.joint_set)
        unseen = 1.0 - float(np.isfinite(xy).all(axis=-1).mean())
        if unseen > _MOSTLY_UNSEEN:
            reporter.warn(f"{path}: {unseen:.0%} of the joints of person {person.id} were not seen: its motion is "
                          "mostly a guess")


def _identified(sights: Sights, times: np.ndarray) -> list[Person2D]:
    """People by the file's own ids."""
    assert sights.ids is not None
    people = []
    for number in np.unique(sights.ids).tolist():
        rows = np.flatnonzero(sights.ids == number)
        rows = rows[np.argsort(sights.numbers[rows])]
        frames = sights.numbers[rows]
        people.append(Person2D(
            id=number, joint_set=sights.joint_set, frames=frames, times=times[frames], xy=sights.xy[rows],
            confidence=sights.confidence[rows], bbox=sights.bbox[rows], interpolated=sights.interpolated[rows],
        ))
    return people


def _tracked(sights: Sights, frames: _Frames, reporter: Reporter) -> list[Person2D]:
    """People by the tracker, which also leaves out what is nobody."""
    clip, count = frames.clip, len(sights.numbers)
    tracker = Tracker(sights.joint_set, width=clip.width, height=clip.height)
    order = np.argsort(sights.numbers, kind="stable")
    bounds = np.searchsorted(sights.numbers[order], np.arange(len(frames.times) + 1))
    for index, time, image in frames:
        rows = order[bounds[index]:bounds[index + 1]].tolist()
        found = [Keypoints2D(sights.xy[row], sights.confidence[row], sights.bbox[row], float(sights.score[row]))
                 for row in rows]
        tracker.update(index, time, found, image)
        reporter.progress("track", index + 1, len(frames.times))
    people = tracker.finish()
    kept = sum(int((~person.interpolated).sum()) for person in people)
    reporter.note(f"no identities in the file: people were tracked; {kept} of {count} detections belong to "
                  f"{len(people)} {'person' if len(people) == 1 else 'people'}")
    return people

"""People in rendered clips, whose true joints are known."""

import cv2
import numpy as np
import pytest

from vid2pose3d.motion import Keypoints2D
from vid2pose3d.skeleton import BLAZEPOSE33, COCO17
from vid2pose3d.video import VideoReader

LIMBS = [f"{side}_{part}" for side in ("left", "right")
         for part in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")]
FOUND, TRUE = BLAZEPOSE33.indices(LIMBS), COCO17.indices(LIMBS)


def _errors(people: list[Keypoints2D], joints: np.ndarray, box: np.ndarray) -> np.ndarray:
    """(12,) distances of the nearest person's limb joints, per cent of the true box's height."""
    every = [np.linalg.norm(person.xy[FOUND] - joints[TRUE], axis=-1) for person in people]
    return min(every, key=np.mean) / (box[3] - box[1]) * 100


@pytest.mark.parametrize("clip", ["walk_static", "jump_portrait", "karate_high"])
def test_one_person_is_followed(detector, frames, truth, clip):
    joints, boxes = truth(clip)
    errors = []
    for frame, image in enumerate(frames(clip, 0, 15)):
        people = detector.detect(image)
        assert len(people) == 1
        errors.append(_errors(people, joints[0, frame], boxes[0, frame]))
    assert np.median(errors) < 2
    assert np.mean(errors) < 3


def test_two_people_are_kept_apart_until_one_hides_the_other(detector, frames, truth):
    joints, boxes = truth("cross_two")
    errors = []
    for frame, image in enumerate(frames("cross_two", 30, 45), start=30):
        people = detector.detect(image)
        assert len(people) == 2
        errors.append([_errors(people, joints[i, frame], boxes[i, frame]) for i in (0, 1)])
    assert np.median(errors, axis=(0, 2)) == pytest.approx([0, 0], abs=3)


def test_person_who_was_hidden_is_found_again_quickly(detector, frames, truth):
    joints, boxes = truth("cross_two")
    found = [detector.detect(image) for image in frames("cross_two", 44, 62)]
    assert all(len(people) == 2 for people in found[-4:])
    for i in (0, 1):
        assert np.median(_errors(found[-1], joints[i, 61], boxes[i, 61])) < 3


def test_empty_room_has_nobody(detector, frames):
    assert [len(detector.detect(image)) for image in frames("empty_room", 0, 10)] == [0] * 10


def test_small_person_far_from_the_middle_is_found(detector, frames, truth):
    joints, boxes = truth("walk_static")
    image = frames("walk_static", 0, 1)[0]
    height, width = image.shape[:2]
    canvas = np.full_like(image, 128)
    canvas[-height // 3:, -width // 3:] = cv2.resize(
        image, (width - width * 2 // 3, height - height * 2 // 3), interpolation=cv2.INTER_AREA)
    people = detector.detect(canvas)
    assert len(people) == 1
    scale = np.array([width - width * 2 // 3, height - height * 2 // 3]) / [width, height]
    moved = joints[0, 0] * scale + [width * 2 // 3, height * 2 // 3]
    assert np.median(_errors(people, moved, boxes[0, 0] * np.tile(scale, 2))) < 5


def test_small_people_whom_close_views_miss_are_found(detector, shared):
    with VideoReader(shared / "clips" / "real" / "rtar_exercise_3people.avi") as reader:
        image = next(iter(reader)).image[:, ::-1]
    people = detector.detect(cv2.resize(np.ascontiguousarray(image), (307, 230), interpolation=cv2.INTER_AREA))
    assert sorted(round(person.xy[FOUND, 0].mean(), -1) for person in people) == [90, 150, 230]


def test_person_turned_upside_down_stays_followed(detector, frames):
    image = frames("walk_static", 0, 1)[0]
    height, width = image.shape[:2]
    for degrees in range(0, 181, 10):
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
        turned = cv2.warpAffine(image, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
        people = detector.detect(turned)
        assert len(people) == 1, degrees
    nose, ankle = BLAZEPOSE33.indices(["nose", "left_ankle"])
    assert people[0].xy[nose, 1] > people[0].xy[ankle, 1] + 50


def test_nobody_is_left_in_a_blank_picture(detector, frames):
    image = frames("walk_static", 0, 1)[0]
    assert detector.detect(image)
    assert detector.detect(np.full_like(image, 128)) == []


def test_result_is_within_the_promised_ranges(detector, frames):
    image = frames("walk_static", 0, 1)[0]
    person, = detector.detect(image)
    assert person.xy.shape == (33, 2)
    assert person.confidence.shape == (33,)
    assert person.confidence.min() >= 0
    assert person.confidence.max() <= 1
    assert 0.7 <= person.score <= 1
    x0, y0, x1, y1 = person.bbox
    assert 0 <= x0 < x1 <= image.shape[1]
    assert 0 <= y0 < y1 <= image.shape[0]


def test_reset_starts_afresh(detector, frames):
    first, second = frames("walk_static", 0, 1)[0], frames("jump_portrait", 0, 1)[0]
    before = detector.detect(first)
    detector.reset()
    detector.detect(second)
    detector.reset()
    again = detector.detect(first)
    assert len(again) == len(before) == 1
    assert again[0].xy == pytest.approx(before[0].xy)
    assert again[0].confidence == pytest.approx(before[0].confidence)

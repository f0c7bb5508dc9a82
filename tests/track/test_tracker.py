"""Identities over whole scenes whose truth is known."""

import gc
import weakref
from collections import Counter

import numpy as np
import pytest
from walking_people import HEIGHT, WIDTH, Scene, Walker, crowd, detection, scene

from vid2pose3d.motion import Keypoints2D, Person2D
from vid2pose3d.skeleton import COCO17
from vid2pose3d.track import Tracker
from vid2pose3d.track.similarity import box_overlap

RED = ((200, 40, 40), (30, 30, 90))
GREEN = ((40, 160, 70), (200, 190, 170))
STROLLER = Walker((-1.6, 6.0), (1.0, 0.0), clothes=RED)


def at(fps: float, seconds: float) -> list[float]:
    return list(np.arange(round(fps * seconds)) / fps)


def track(made: Scene, *, pictures: bool = False) -> list[Person2D]:
    tracker = Tracker(COCO17, width=WIDTH, height=HEIGHT)
    for step, (time, found) in enumerate(zip(made.times, made.found, strict=True)):
        tracker.update(step, time, found, made.picture(step) if pictures else None)
    return tracker.finish()


def masters(made: Scene, people: list[Person2D]) -> list[set[int]]:
    """For each track the walkers that it follows while they can be seen."""
    return [{owner for owner in made.owners(person) if owner is not None} for person in people]


def crossing(seed: int, times: list[float], *, missed: float = 0.1) -> Scene:
    """Two people pass each other; the one behind is hidden for a while."""
    rng = np.random.default_rng(seed)
    behind = Walker(
        (1.8, 6.8), (-rng.uniform(0.8, 1.3), 0.0), tall=1.6, stride=rng.uniform(0, 6), clothes=GREEN
    )
    return scene((STROLLER, behind), times, seed=seed, missed=missed, noise=0.015)


@pytest.mark.parametrize("seed", range(4))
def test_two_people_keep_their_identities_through_a_crossing(seed):
    made = crossing(seed, at(30, 3.3))
    assert not made.visible[1].all()
    people = track(made, pictures=True)
    assert masters(made, people) == [{0}, {1}] or masters(made, people) == [{1}, {0}]
    assert [person.id for person in people] == [1, 2]
    assert all(len(person) > 90 for person in people)


@pytest.mark.parametrize("seed", range(4))
def test_motion_alone_carries_identities_through_a_crossing(seed):
    made = crossing(seed, at(30, 3.3))
    assert sorted(masters(made, track(made)), key=min) == [{0}, {1}]


@pytest.mark.parametrize("fps", [8, 15, 60])
def test_a_crossing_at_other_frame_rates(fps):
    made = crossing(0, at(fps, 3.3))
    assert sorted(masters(made, track(made, pictures=True)), key=min) == [{0}, {1}]


def test_a_crossing_at_an_uneven_frame_rate():
    steps = np.random.default_rng(3).uniform(0.01, 0.09, 70)
    made = crossing(0, list(np.cumsum(steps)))
    people = track(made, pictures=True)
    assert sorted(masters(made, people), key=min) == [{0}, {1}]
    for person in people:
        np.testing.assert_array_equal(person.times, np.array(made.times)[person.frames])


def test_a_crowd_in_distinct_clothes_changes_identity_rarely():
    visible = shown = strays = tracks = 0
    for seed in range(3):
        made = crowd(seed, missed=0.05, noise=0.015, fps=15)
        for person in track(made, pictures=True):
            counts = Counter(owner for owner in made.owners(person) if owner is not None)
            tracks += 1
            shown += counts.total()
            strays += counts.total() - max(counts.values())
        visible += int(made.visible.sum())
    assert strays < 0.02 * shown
    assert shown > 0.97 * visible
    assert tracks <= 12


@pytest.mark.parametrize("fps", [10, 30, 60])
def test_a_short_gap_is_bridged_and_marked(fps):
    made = scene((STROLLER,), at(fps, 3.0))
    lost = [step for step, time in enumerate(made.times) if 1.0 <= time < 1.8]
    for step in lost:
        made.found[step] = []
    (person,) = track(made)
    np.testing.assert_array_equal(person.frames, np.arange(len(made.times)))
    np.testing.assert_array_equal(np.flatnonzero(person.interpolated), lost)
    off = np.linalg.norm(person.xy[lost] - made.xy[0, lost], axis=-1) / np.ptp(made.xy[0, ..., 1])
    trunk = COCO17.indices(("nose", "left_shoulder", "right_shoulder", "left_hip", "right_hip"))
    assert off[:, trunk].max() < 0.08
    assert person.confidence[lost].max() < 0.35
    assert person.confidence[~person.interpolated].min() > 0.6
    assert (person.bbox[lost, 0] < person.xy[lost].min(axis=1)[:, 0] + 20).all()


def test_a_long_gap_stays_a_hole_of_one_identity():
    made = scene((Walker((-2.0, 6.0), (0.8, 0.0), away=(1.5, 3.3), clothes=RED),), at(30, 5.0))
    (person,) = track(made, pictures=True)
    assert not person.interpolated.any()
    np.testing.assert_array_equal(person.frames, np.flatnonzero(made.visible[0]))
    assert np.diff(person.frames).max() > 50


def test_somebody_who_leaves_the_picture_comes_back_as_the_same():
    leaves = Walker((-2.2, 6.0), (1.0, 0.0), away=(2.0, 6.0), clothes=RED)
    stays = Walker((1.0, 6.5), (0.0, 0.0), clothes=GREEN)
    back = Walker((6.5, 6.0), (-0.9, 0.0), away=(0.0, 5.0), clothes=RED)
    made = scene((leaves, stays, back), at(15, 8.5), seed=1)
    assert made.visible[0].any() and made.visible[2].any() and not made.visible[0][60:].any()
    people = track(made, pictures=True)
    assert sorted(masters(made, people), key=len) == [{1}, {0, 2}]


def test_somebody_else_who_comes_later_is_another_person():
    first = Walker((-2.2, 6.0), (1.0, 0.0), away=(2.0, 99.0), clothes=RED)
    second = Walker((6.5, 6.0), (-0.9, 0.0), away=(0.0, 5.0), clothes=GREEN)
    made = scene((first, second), at(15, 8.5), seed=1)
    assert masters(made, track(made, pictures=True)) == [{0}, {1}]


@pytest.mark.parametrize("frames", [1, 2, 5])
def test_very_short_clips_give_their_people(frames):
    walkers = (STROLLER, Walker((1.0, 7.0), (-0.3, 0.0), clothes=GREEN))
    made = scene(walkers, at(5, frames / 5))
    people = track(made, pictures=True)
    assert sorted(masters(made, people), key=min) == [{0}, {1}]
    assert [len(person) for person in people] == [frames, frames]


def test_no_frames_and_nobody():
    assert Tracker(COCO17, width=WIDTH, height=HEIGHT).finish() == []
    tracker = Tracker(COCO17, width=WIDTH, height=HEIGHT)
    for step in range(40):
        tracker.update(step, step / 30, [], None)
    assert tracker.finish() == []


def test_doubled_detections_give_one_track_for_each_person():
    made = crossing(0, at(30, 3.3), missed=0.0)
    rng = np.random.default_rng(0)
    for found in made.found:
        found += [
            detection(one.xy + rng.normal(size=one.xy.shape) * 2.0, one.confidence, score=0.6)
            for one in found
            if rng.random() < 0.7
        ]
    assert sorted(masters(made, track(made, pictures=True)), key=min) == [{0}, {1}]


def _ghost(rng: np.random.Generator, centre: np.ndarray, shake: float) -> Keypoints2D:
    shape = STROLLER.joints(0.0)[:, :2] * 60.0
    return detection(
        shape - shape.mean(axis=0) + centre + rng.normal(size=shape.shape) * shake, np.full(17, 0.8)
    )


def test_a_flash_of_somebody_is_dropped():
    made = scene((STROLLER,), at(30, 3.0))
    rng = np.random.default_rng(0)
    for step in range(40, 47):
        made.found[step].append(_ghost(rng, np.array([520.0, 100.0]), shake=1.0))
    assert masters(made, track(made)) == [{0}]


def test_a_trembling_ghost_is_dropped_and_a_steady_person_is_not():
    for shake, tracks in ((8.0, 1), (1.0, 2)):
        made = scene((STROLLER,), at(30, 3.0))
        rng = np.random.default_rng(0)
        for step in range(20, 60):
            made.found[step].append(_ghost(rng, np.array([520.0, 100.0]), shake=shake))
        assert len(track(made)) == tracks


def test_somebody_who_ducks_behind_a_desk_stays_the_same():
    """Only joints over the desk count for the box, the others are guessed."""
    walker, times = Walker((0.0, 5.0), (0.0, 0.0)), at(30, 4)
    standing = scene((walker,), times, noise=0.0).xy[0]
    tall = np.ptp(standing[0, :, 1])
    desk = standing[0, COCO17.index("left_hip"), 1] - 0.05 * tall
    rng, tracker = np.random.default_rng(0), Tracker(COCO17, width=WIDTH, height=HEIGHT)
    for step, time in enumerate(times):
        ducked = 0.2 * tall * (1 - np.cos(2 * np.pi * time / 1.3)) / 2
        xy = standing[step] + [0, ducked] + rng.normal(0, 0.01 * tall, (17, 2))
        over = xy[:, 1] < desk
        xy[~over] += rng.normal(0, 0.04 * tall, ((~over).sum(), 2))
        found = Keypoints2D(xy=xy, confidence=np.where(over, 0.9, 0.05),
                            bbox=np.concatenate([xy[over].min(axis=0), xy[over].max(axis=0)]), score=0.9)
        tracker.update(step, time, [found])
    (person,) = tracker.finish()
    assert len(person) == len(times)
    assert not person.interpolated.any()


def test_missing_joints_stay_missing():
    made = scene((STROLLER,), at(30, 2.0))
    wrist = COCO17.index("left_wrist")
    for found in made.found:
        for one in found:
            one.xy[wrist], one.confidence[wrist] = np.nan, 0.0
    made.found[30] = []
    (person,) = track(made, pictures=True)
    assert person.interpolated[30] and len(person) == 60
    assert np.isnan(person.xy[:, wrist]).all() and (person.confidence[:, wrist] == 0).all()
    assert np.isfinite(np.delete(person.xy, wrist, axis=1)).all()


def test_keypoints_come_out_as_they_went_in():
    made = scene((STROLLER,), at(30, 1.0))
    (person,) = track(made)
    given = [found[0] for found in made.found]
    np.testing.assert_allclose(person.xy, [one.xy for one in given], atol=1e-4)
    np.testing.assert_allclose(person.confidence, [one.confidence for one in given], atol=1e-6)
    np.testing.assert_allclose(person.bbox, [one.bbox for one in given], atol=1e-4)
    assert person.joint_set is COCO17


def test_frame_numbers_need_not_start_at_zero():
    made = scene((STROLLER,), at(30, 1.0))
    tracker = Tracker(COCO17, width=WIDTH, height=HEIGHT)
    for step, (time, found) in enumerate(zip(made.times, made.found, strict=True)):
        tracker.update(100 + step, 3.4 + time, found, None)
    (person,) = tracker.finish()
    assert person.frames[0] == 100 and person.times[0] == pytest.approx(3.4)


def test_pictures_are_not_kept():
    made = scene((STROLLER,), at(30, 0.5))
    tracker = Tracker(COCO17, width=WIDTH, height=HEIGHT)
    pictures = []
    for step, (time, found) in enumerate(zip(made.times, made.found, strict=True)):
        image = made.picture(step)
        pictures.append(weakref.ref(image))
        tracker.update(step, time, found, image)
    del image
    gc.collect()
    assert [picture() for picture in pictures] == [None] * len(pictures)
    assert len(tracker.finish()) == 1


def test_frames_that_run_backwards_are_refused():
    tracker = Tracker(COCO17, width=WIDTH, height=HEIGHT)
    tracker.update(3, 0.1, [], None)
    with pytest.raises(ValueError, match="frame 3 at 0.2 s does not follow frame 3"):
        tracker.update(3, 0.2, [], None)
    with pytest.raises(ValueError, match="increasing order"):
        tracker.update(4, 0.05, [], None)


def test_detections_of_another_joint_set_are_refused():
    tracker = Tracker(COCO17, width=WIDTH, height=HEIGHT)
    wrong = detection(np.random.default_rng(0).uniform(0, 100, (33, 2)), np.ones(33))
    with pytest.raises(ValueError, match=r"coco17 needs \(17, 2\)"):
        tracker.update(0, 0.0, [wrong], None)


@pytest.mark.parametrize("seed", range(4))
def test_rendered_people_keep_their_identities(shared, seed):
    """Two rendered people cross, one fully hidden; their true 2D with noise and missed frames."""
    with np.load(shared / "clips" / "rendered" / "cross_two" / "gt.npz") as known:
        truth = known["coco17_px"].astype(float)
        depth, boxes = known["coco17_cam_mm"][..., 2].mean(axis=-1), known["bbox_px"]
        width, height = (int(side) for side in known["image_size"])
        fps = float(known["fps"])
    behind = depth > depth[::-1]
    hidden = behind & (box_overlap(boxes[0], boxes[1])[1] > 0.1)
    assert hidden.sum() > 10
    rng = np.random.default_rng(seed)
    tracker = Tracker(COCO17, width=width, height=height)
    for step in range(truth.shape[1]):
        people = [p for p in rng.permutation(2) if not hidden[p, step] and rng.random() > 0.1]
        spread = 0.012 * np.ptp(truth[:, step, :, 1], axis=-1)
        found = [
            detection(truth[p, step] + rng.normal(size=(17, 2)) * spread[p], np.full(17, 0.9)) for p in people
        ]
        tracker.update(step, step / fps, found, None)
    tracks = tracker.finish()
    assert len(tracks) == 2
    made = Scene([step / fps for step in range(truth.shape[1])], truth, ~hidden)
    assert sorted(masters(made, tracks), key=min) == [{0}, {1}]
    assert min(len(person) for person in tracks) > 95

import numpy as np
import pytest

from vid2pose3d.skeleton import (
    BLAZEPOSE33,
    BODY25,
    COCO17,
    COCO18,
    H36M17,
    HALPE26,
    MPI3DHP17,
    MPI3DHP28,
    to_h36m17,
    to_joint_set,
)
from vid2pose3d.skeleton.joint_set import JointSet

FIGURE = {  # a person facing the camera, 170 pixels tall, y down: the person's left is on the picture's right
    "nose": (0, 15), "left_ear": (7, 13), "right_ear": (-7, 13), "left_shoulder": (18, 32), "right_shoulder": (-18, 32),
    "left_elbow": (25, 60), "right_elbow": (-25, 60), "left_wrist": (28, 85), "right_wrist": (-28, 85),
    "left_hip": (10, 85), "right_hip": (-10, 85), "left_knee": (11, 125), "right_knee": (-11, 125),
    "left_ankle": (12, 165), "right_ankle": (-12, 165),
    "neck": (0, 32), "pelvis": (0, 85), "spine": (0, 60), "head_top": (0, 0),
}
HEAD = {HALPE26: (0, 0), MPI3DHP28: (0, 16)}  # the top of the head, the joint that turns it
EXPECTED = {  # y of head, neck_nose and spine, by hand from the weights of the conversions
    COCO17: (6.6, 19.85, 59.56), COCO18: (6.6, 19.85, 59.56), BODY25: (6.6, 19.85, 59.56),
    HALPE26: (0, 17.21, 59.56), BLAZEPOSE33: (8.65, 20.6, 59.56), MPI3DHP28: (0, 16, 60),
}
SOURCES = [COCO17, COCO18, BODY25, HALPE26, BLAZEPOSE33, MPI3DHP28]


def figure(joints: JointSet):
    places = {**FIGURE, "head": HEAD.get(joints, (0, 0))}
    xy = np.array([places.get(name, (0, 15)) for name in joints.joints], dtype=float)
    return xy, np.ones(len(joints))


@pytest.mark.parametrize("source", SOURCES, ids=lambda s: s.name)
def test_a_figure_keeps_its_limbs_on_their_sides_and_its_middle_in_order(source):
    xy, confidence = to_h36m17(*figure(source), source)
    for name in H36M17.joints:
        if name.startswith(("left_", "right_")):
            assert tuple(xy[H36M17.index(name)]) == FIGURE[name]
    middle = xy[H36M17.indices(("head", "neck_nose", "thorax", "spine", "pelvis"))]
    np.testing.assert_allclose(middle[:, 0], 0, atol=1e-9)
    assert (np.diff(middle[:, 1]) > 0).all()
    np.testing.assert_allclose(xy[H36M17.indices(("pelvis", "thorax"))], [(0, 85), (0, 32)], atol=1e-9)
    np.testing.assert_allclose(xy[H36M17.indices(("head", "neck_nose", "spine"))][:, 1], EXPECTED[source], atol=0.01)
    assert (confidence == 1).all()


@pytest.mark.parametrize("source", SOURCES, ids=lambda s: s.name)
def test_the_mirrored_figure_becomes_the_mirrored_pose(source):
    xy, confidence = figure(source)
    xy += np.random.default_rng(0).uniform(-5, 5, xy.shape)
    pose, _ = to_h36m17(xy, confidence, source)
    mirrored, _ = to_h36m17(xy[source.mirror] * [-1, 1], confidence, source)
    np.testing.assert_allclose(mirrored, pose[H36M17.mirror] * [-1, 1], atol=1e-9)


def test_human36m_joints_of_the_benchmark_are_those_that_its_evaluation_takes():
    """The 17 of 28 joints that MPI-INF-3DHP's evaluation calls relevant, 1-based, in its order."""
    relevant = np.array([8, 6, 15, 16, 17, 10, 11, 12, 24, 25, 26, 19, 20, 21, 5, 4, 7]) - 1
    xy = np.random.default_rng(0).normal(size=(3, 28, 2))
    found, _ = to_joint_set(xy, np.ones((3, 28)), MPI3DHP28, MPI3DHP17)
    np.testing.assert_array_equal(found, xy[:, relevant])


@pytest.mark.parametrize(("lost", "taken"), [
    (("left_ear",), "right_ear"), (("left_ear", "right_ear"), "left_eye"), (("nose", "left_eye"), "right_eye"),
])
def test_an_unseen_part_of_the_head_gives_way_to_its_neighbour(lost, taken):
    xy, confidence = figure(BODY25)
    xy[BODY25.index(taken)] = (3, 14)
    xy[BODY25.indices(lost)], confidence[BODY25.indices(lost)] = np.nan, 0
    filled, scores = to_h36m17(xy, confidence, BODY25)
    by_hand = xy.copy()
    by_hand[BODY25.indices(lost)] = (3, 14)
    by_hand[BODY25.index("right_ear")] = xy[BODY25.index("right_eye")] if "right_ear" in lost else by_hand[17]
    by_hand[BODY25.index("left_ear")] = by_hand[18]
    expected, _ = to_h36m17(by_hand, np.ones(25), BODY25)
    np.testing.assert_allclose(filled[H36M17.indices(("head", "neck_nose"))],
                               expected[H36M17.indices(("head", "neck_nose"))])
    assert scores[H36M17.index("head")] == 0.5
    assert scores[H36M17.index("pelvis")] == 1


def test_the_head_of_a_person_without_hips():
    xy, confidence = figure(COCO17)
    hips = COCO17.indices(("left_hip", "right_hip"))
    xy[hips], confidence[hips] = np.nan, 0
    joints, scores = to_h36m17(xy, confidence, COCO17)
    # As if the hips were 2.5 times as far below the shoulders as the ears are above: at 32 + 2.5 * 19 = 79.5.
    by_hand = 0.2 * 15 + 0.6 * 13 + 0.4 * 32 - 0.2 * 79.5
    np.testing.assert_allclose(joints[H36M17.index("head")], (0, by_hand), atol=1e-9)
    assert scores[H36M17.index("head")] == 0.5
    assert np.isnan(joints[H36M17.index("pelvis")]).all()


def test_a_head_that_was_not_seen_at_all_stays_unknown():
    xy, confidence = figure(COCO18)
    parts = COCO18.indices(("nose", "left_eye", "right_eye", "left_ear", "right_ear"))
    xy[parts], confidence[parts] = np.nan, 0
    joints, scores = to_h36m17(xy, confidence, COCO18)
    assert np.isnan(joints[H36M17.indices(("head", "neck_nose"))]).all()
    assert (scores[H36M17.indices(("head", "neck_nose"))] == 0).all()
    assert np.isfinite(joints[H36M17.indices(("thorax", "spine", "left_wrist"))]).all()


def test_human36m_joints_stay_as_they_are():
    xy, confidence = np.random.default_rng(0).normal(size=(4, 17, 2)), np.full((4, 17), 0.5)
    same, scores = to_h36m17(xy, confidence, H36M17)
    assert same is xy
    assert scores is confidence


def test_a_joint_is_as_sure_and_as_known_as_what_it_is_made_of():
    xy, confidence = figure(COCO17)
    confidence[COCO17.index("left_hip")] = 0.3
    xy[COCO17.index("right_shoulder")] = np.nan
    joints, scores = to_h36m17(xy, confidence, COCO17)
    assert scores[H36M17.index("pelvis")] == scores[H36M17.index("spine")] == 0.3
    assert scores[H36M17.index("head")] == 1
    assert np.isnan(joints[H36M17.indices(("thorax", "spine", "right_shoulder"))]).all()
    assert np.isfinite(joints[H36M17.indices(("pelvis", "left_shoulder", "right_elbow"))]).all()


def test_an_unknown_set_is_refused():
    other = JointSet("ape12", (("tail", None),))
    with pytest.raises(ValueError, match="ape12"):
        to_h36m17(np.zeros((1, 2)), np.zeros(1), other)


@pytest.mark.parametrize("clip", ["walk_static", "cross_two", "jump_portrait", "karate_high"])
def test_coco_joints_of_rendered_people_come_near_their_human36m_joints(shared, clip):
    with np.load(shared / "clips" / "rendered" / clip / "gt.npz") as truth:
        coco, h36m = truth["coco17_px"], truth["h36m17_px"]
    made, _ = to_h36m17(coco, np.ones(coco.shape[:-1]), COCO17)
    height = np.ptp(h36m[..., 1], axis=-1).max(axis=-1)
    error = np.median(np.linalg.norm(made - h36m, axis=-1) / height[:, None, None], axis=(0, 1))
    assert (error < 0.035).all(), dict(zip(H36M17.joints, error.round(3), strict=True))
    assert (error[H36M17.indices(("pelvis", "spine", "neck_nose", "head"))] < 0.015).all()


def test_joints_of_the_same_name_are_picked():
    rng = np.random.default_rng(0)
    xy, confidence = rng.normal(size=(4, 33, 2)), rng.uniform(size=(4, 33))
    coco, scores = to_joint_set(xy, confidence, BLAZEPOSE33, COCO17)
    np.testing.assert_array_equal(coco[:, COCO17.index("left_ear")], xy[:, BLAZEPOSE33.index("left_ear")])
    np.testing.assert_array_equal(scores[:, COCO17.index("right_ankle")], confidence[:, 28])
    for back in (to_joint_set, lambda *given: to_h36m17(*given[:3])):
        h36m = to_h36m17(xy, confidence, BLAZEPOSE33)
        other = to_joint_set(xy, confidence, BLAZEPOSE33, MPI3DHP17)
        np.testing.assert_array_equal(other[0][:, 14], h36m[0][:, 0])
        for found, expected in zip(back(*other, MPI3DHP17, H36M17), h36m, strict=True):
            np.testing.assert_array_equal(found, expected)


def test_joints_that_cannot_be_had_are_refused():
    with pytest.raises(ValueError, match="h36m17.*coco17"):
        to_joint_set(np.zeros((17, 2)), np.zeros(17), H36M17, COCO17)

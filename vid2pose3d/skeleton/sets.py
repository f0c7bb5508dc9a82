"""The joint sets that the program knows."""

from vid2pose3d.skeleton.joint_set import JointSet

H36M17 = JointSet("h36m17", (
    ("pelvis", None),
    ("right_hip", "pelvis"), ("right_knee", "right_hip"), ("right_ankle", "right_knee"),
    ("left_hip", "pelvis"), ("left_knee", "left_hip"), ("left_ankle", "left_knee"),
    ("spine", "pelvis"), ("thorax", "spine"), ("neck_nose", "thorax"), ("head", "neck_nose"),
    ("left_shoulder", "thorax"), ("left_elbow", "left_shoulder"), ("left_wrist", "left_elbow"),
    ("right_shoulder", "thorax"), ("right_elbow", "right_shoulder"), ("right_wrist", "right_elbow"),
))

MPI3DHP17 = JointSet("mpi3dhp17", (
    ("head", "neck_nose"), ("thorax", "spine"),
    ("right_shoulder", "thorax"), ("right_elbow", "right_shoulder"), ("right_wrist", "right_elbow"),
    ("left_shoulder", "thorax"), ("left_elbow", "left_shoulder"), ("left_wrist", "left_elbow"),
    ("right_hip", "pelvis"), ("right_knee", "right_hip"), ("right_ankle", "right_knee"),
    ("left_hip", "pelvis"), ("left_knee", "left_hip"), ("left_ankle", "left_knee"),
    ("pelvis", None), ("spine", "pelvis"), ("neck_nose", "thorax"),
))
"""The 17 joints that work on MPI-INF-3DHP uses, in its order, under the names of their counterparts in Human3.6M (its
own words: head top for head, neck for thorax, head for neck_nose)."""

COCO17 = JointSet("coco17", (
    ("nose", None), ("left_eye", "nose"), ("right_eye", "nose"), ("left_ear", "left_eye"), ("right_ear", "right_eye"),
    ("left_shoulder", "left_ear"), ("right_shoulder", "right_ear"),
    ("left_elbow", "left_shoulder"), ("right_elbow", "right_shoulder"),
    ("left_wrist", "left_elbow"), ("right_wrist", "right_elbow"),
    ("left_hip", "left_shoulder"), ("right_hip", "right_shoulder"),
    ("left_knee", "left_hip"), ("right_knee", "right_hip"),
    ("left_ankle", "left_knee"), ("right_ankle", "right_knee"),
))

BLAZEPOSE33 = JointSet("blazepose33", (
    ("nose", None),
    ("left_eye_inner", "nose"), ("left_eye", "left_eye_inner"), ("left_eye_outer", "left_eye"),
    ("right_eye_inner", "nose"), ("right_eye", "right_eye_inner"), ("right_eye_outer", "right_eye"),
    ("left_ear", "left_eye_outer"), ("right_ear", "right_eye_outer"),
    ("left_mouth", "nose"), ("right_mouth", "nose"),
    ("left_shoulder", None), ("right_shoulder", "left_shoulder"),
    ("left_elbow", "left_shoulder"), ("right_elbow", "right_shoulder"),
    ("left_wrist", "left_elbow"), ("right_wrist", "right_elbow"),
    ("left_pinky", "left_wrist"), ("right_pinky", "right_wrist"),
    ("left_index", "left_wrist"), ("right_index", "right_wrist"),
    ("left_thumb", "left_wrist"), ("right_thumb", "right_wrist"),
    ("left_hip", "left_shoulder"), ("right_hip", "right_shoulder"),
    ("left_knee", "left_hip"), ("right_knee", "right_hip"),
    ("left_ankle", "left_knee"), ("right_ankle", "right_knee"),
    ("left_heel", "left_ankle"), ("right_heel", "right_ankle"),
    ("left_foot_index", "left_heel"), ("right_foot_index", "right_heel"),
))

HALPE26 = JointSet("halpe26", (
    *COCO17.tree,
    ("head", "nose"), ("neck", "head"), ("pelvis", "neck"),
    ("left_big_toe", "left_ankle"), ("right_big_toe", "right_ankle"),
    ("left_small_toe", "left_big_toe"), ("right_small_toe", "right_big_toe"),
    ("left_heel", "left_ankle"), ("right_heel", "right_ankle"),
))
"""Halpe Full-Body's body and feet, which AlphaPose, RTMPose and Sports2D write; `head` is the top of the head, `pelvis`
Halpe's "hip"."""

_OPENPOSE_BODY = (
    ("nose", "neck"), ("neck", None),
    ("right_shoulder", "neck"), ("right_elbow", "right_shoulder"), ("right_wrist", "right_elbow"),
    ("left_shoulder", "neck"), ("left_elbow", "left_shoulder"), ("left_wrist", "left_elbow"),
)
_OPENPOSE_LEGS = (
    ("right_knee", "right_hip"), ("right_ankle", "right_knee"),
    ("left_knee", "left_hip"), ("left_ankle", "left_knee"),
)
_OPENPOSE_FACE = (("right_eye", "nose"), ("left_eye", "nose"), ("right_ear", "right_eye"), ("left_ear", "left_eye"))

COCO18 = JointSet("coco18", (
    *_OPENPOSE_BODY,
    ("right_hip", "neck"), *_OPENPOSE_LEGS[:2], ("left_hip", "neck"), *_OPENPOSE_LEGS[2:],
    *_OPENPOSE_FACE,
))
"""OpenPose's COCO model: COCO's joints in its own order and `neck`, the middle of the shoulders."""

BODY25 = JointSet("body25", (
    *_OPENPOSE_BODY, ("pelvis", "neck"),
    ("right_hip", "pelvis"), *_OPENPOSE_LEGS[:2], ("left_hip", "pelvis"), *_OPENPOSE_LEGS[2:],
    *_OPENPOSE_FACE,
    ("left_big_toe", "left_ankle"), ("left_small_toe", "left_big_toe"), ("left_heel", "left_ankle"),
    ("right_big_toe", "right_ankle"), ("right_small_toe", "right_big_toe"), ("right_heel", "right_ankle"),
))
"""OpenPose's BODY_25; `pelvis` is its "MidHip", the middle of the hips, and `neck` the middle of the shoulders."""

MPI3DHP28 = JointSet("mpi3dhp28", (
    ("spine3", "spine2"), ("spine4", "spine3"), ("spine2", "spine"), ("spine", "pelvis"), ("pelvis", None),
    ("neck", "spine4"), ("head", "neck"), ("head_top", "head"),
    ("left_clavicle", "spine4"), ("left_shoulder", "left_clavicle"), ("left_elbow", "left_shoulder"),
    ("left_wrist", "left_elbow"), ("left_hand", "left_wrist"),
    ("right_clavicle", "spine4"), ("right_shoulder", "right_clavicle"), ("right_elbow", "right_shoulder"),
    ("right_wrist", "right_elbow"), ("right_hand", "right_wrist"),
    ("left_hip", "pelvis"), ("left_knee", "left_hip"), ("left_ankle", "left_knee"), ("left_foot", "left_ankle"),
    ("left_toe", "left_foot"),
    ("right_hip", "pelvis"), ("right_knee", "right_hip"), ("right_ankle", "right_knee"), ("right_foot", "right_ankle"),
    ("right_toe", "right_foot"),
))
"""All joints of MPI-INF-3DHP, under its own names (mpii_get_joint_set.m of its release)."""

JOINT_SETS = {s.name: s for s in (H36M17, MPI3DHP17, MPI3DHP28, COCO17, COCO18, HALPE26, BODY25, BLAZEPOSE33)}


def joint_set(name: str) -> JointSet:
    """The joint set of that name. Raises ValueError, listing the known ones, where there is none."""
    if name not in JOINT_SETS:
        raise ValueError(f"unknown joint set {name!r}; known are {', '.join(JOINT_SETS)}")
    return JOINT_SETS[name]

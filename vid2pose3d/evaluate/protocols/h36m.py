"""Human3.6M as VideoPose3D, D3DP and FinePOSE evaluate it."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from zlib import crc32

import numpy as np

from vid2pose3d.data.chunks import evaluation_windows
from vid2pose3d.data.h36m import FPS, TEST_SUBJECTS, Sequence3D, load_h36m, sample_poses
from vid2pose3d.errors import InputError
from vid2pose3d.evaluate.benchmark import (
    STRUCTURES,
    Benchmark,
    KnownCamera,
    WindowBatch,
    clusters_of,
    require_joints,
    require_known,
)
from vid2pose3d.evaluate.settings import EvaluateSettings
from vid2pose3d.lift import Lifter
from vid2pose3d.lift.inputs import person_input
from vid2pose3d.models.released import H36M_ACTIONS
from vid2pose3d.skeleton import H36M17

FILE_3D = "data_3d_h36m.npz"
_PREFIX_2D = "data_2d_h36m_"
_BATCH = 4
"""Windows of one sequence that the release lifts together, on which P-Best depends."""
_TITLES = ("Direct.", "Discuss", "Eat", "Greet", "Phone", "Photo", "Pose", "Purch.", "Sit", "SitD.", "Smoke", "Wait",
           "WalkD.", "Walk", "WalkT.")
COLUMNS = dict(zip(H36M_ACTIONS, _TITLES, strict=True))
"""Actions in the papers' order, and their short names there."""


def h36m(lifter: Lifter, settings: EvaluateSettings) -> Benchmark:
    """The test subjects, action by action. Raises InputError for data or weights that do not fit."""
    require_joints(lifter, "h36m", H36M17, "use weights of Human3.6M, or another protocol")
    require_known("subjects", settings.subjects, TEST_SUBJECTS, "the protocol's test subjects")
    require_known("actions", settings.actions, H36M_ACTIONS, "Human3.6M")
    path_3d, path_2d = find_files(settings.data, settings.keypoints)
    subjects = settings.subjects or TEST_SUBJECTS
    wanted = [action for action in H36M_ACTIONS if not settings.actions or action in settings.actions]
    sequences = [sequence for sequence in load_h36m(path_3d, path_2d, subjects) if sequence.action in wanted]
    missing = [action for action in wanted if action not in {sequence.action for sequence in sequences}]
    if missing:
        raise InputError(f"{path_3d}: has no {', '.join(missing)} of {' and '.join(subjects)}; give the complete "
                         "benchmark file, or name what is there with --actions")
    step = max(1, round(FPS / lifter.fps))
    training = sample_poses(path_3d)
    truth = training if len(training) else np.concatenate([sequence.joints for sequence in sequences])
    detector = path_2d.stem.removeprefix(_PREFIX_2D)
    return Benchmark(
        title=f"Human3.6M, {' and '.join(subjects)}, 2D {detector}", columns={name: COLUMNS[name] for name in wanted},
        average="columns", as_released=True, batches=lambda: _batches(lifter, sequences, step),
        windows=sum(len(_windows(len(sequence.joints), lifter.frames, step)) for sequence in sequences),
        joints=H36M17, clusters=clusters_of(truth),
        facts=(*_FACTS, *_step_fact(step, lifter),
               f"PSS: {STRUCTURES} clusters of the {'training' if len(training) else 'test'} subjects' true poses"))


_FACTS = (
    "Avg is the mean of the actions' errors, each over all frames, sequences and cameras of the action",
    f"windows are consecutive, the last one is a sequence's last frames: overlapping frames count twice; {_BATCH} "
    "windows of a sequence to a batch; mirrored test-time augmentation; the root's estimate is set to zero",
    "J-Agg knows the true root position and camera, as in the papers; no video has them",
    "oracle rows look at the truth: bounds, not results. P-Best takes one hypothesis for each batch, J-Best one for "
    "each joint of each frame",
    "P-MPJPE: oracles choose among aligned hypotheses, as released; J-Agg is the assembled pose, aligned; 'J-Agg as "
    "released' takes joints of separately aligned hypotheses",
)


def _step_fact(step: int, lifter: Lifter) -> list[str]:
    if step == 1:
        return []
    return [f"all frames are lifted, but a window holds one frame in {step}, to come near the weights' {lifter.fps:g} "
            "frames a second; MPJVE and acceleration error are between those"]


def find_files(data: Path, keypoints: str | None) -> tuple[Path, Path]:
    """The 3D and the 2D file. data: their folder, or the 3D file. Raises InputError where one is missing."""
    path_3d = data / FILE_3D if data.is_dir() else data
    if not path_3d.is_file():
        raise InputError(f"--data {data}: there is no {FILE_3D}; give the folder that holds it and a "
                         f"{_PREFIX_2D}*.npz in VideoPose3D's layout")
    there = {path.stem.removeprefix(_PREFIX_2D): path for path in sorted(path_3d.parent.glob(f"{_PREFIX_2D}*.npz"))}
    if not there:
        raise InputError(f"--data {data}: there is no {_PREFIX_2D}*.npz beside {FILE_3D}; put one in VideoPose3D's "
                         "layout there")
    if keypoints is None and len(there) > 1:
        raise InputError(f"--data {data}: has several 2D files; choose with --keypoints {' or '.join(there)}")
    chosen = keypoints or next(iter(there))
    if chosen not in there:
        raise InputError(f"--keypoints {chosen}: there is no {_PREFIX_2D}{chosen}.npz in {path_3d.parent}; there is "
                         f"{', '.join(there)}")
    return path_3d, there[chosen]


def _windows(length: int, frames: int, step: int) -> np.ndarray:
    """Frame indices (W, F) of windows over every `step`-th frame, from each of the first `step` frames on."""
    parts = [np.arange(first, length, step) for first in range(min(step, length))]
    return np.concatenate([part[evaluation_windows(len(part), frames)] for part in parts])


def _batches(lifter: Lifter, sequences: Sequence[Sequence3D], step: int) -> Iterator[WindowBatch]:
    cameras: dict[tuple[str, str], int] = {}
    for sequence in sequences:
        recording = (sequence.subject, sequence.name)
        camera = cameras[recording] = cameras.get(recording, -1) + 1
        number = crc32(f"{sequence.subject} {sequence.name} {camera}".encode())
        windows = _windows(len(sequence.joints), lifter.frames, step)
        for first in range(0, len(windows), _BATCH):
            yield _batch(lifter, sequence, windows[first:first + _BATCH], (number, first))


def _batch(lifter: Lifter, sequence: Sequence3D, index: np.ndarray, number: tuple[int, ...]) -> WindowBatch:
    xy, lens = sequence.xy[index], sequence.camera.lens
    x2d, camera_from_view = xy, np.broadcast_to(np.eye(3), (len(xy), 3, 3))
    if lifter.config.input == "person":
        given = person_input((xy - lens[2:4]) / lens[:2], np.ones(xy.shape[:-1]))
        x2d, camera_from_view = given.x2d, given.camera_from_view
    sight = KnownCamera(sequence.root[index].astype(np.float64), xy, lens)
    return WindowBatch(sequence.action, number, [sequence.action], x2d, camera_from_view,
                       sequence.joints[index].astype(np.float64), np.ones(index.shape, dtype=bool), sight)

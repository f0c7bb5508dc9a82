"""MPI-INF-3DHP as D3DP and FinePOSE evaluate it: true annotations in millimetres, not the height-normalised ones."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from zlib import crc32

import numpy as np

from vid2pose3d.data.chunks import counted_once, evaluation_windows
from vid2pose3d.data.h36m import denormalise_screen
from vid2pose3d.data.mpi3dhp import CAMERAS, Sequence3DHP, load_test
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
from vid2pose3d.skeleton import MPI3DHP17

FILE = "data_test_3dhp_ori.npz"
_BATCH = 2
"""Windows of one sequence that the release lifts together, on which P-Best depends."""
_METRES = 1e-3


def mpi3dhp(lifter: Lifter, settings: EvaluateSettings) -> Benchmark:
    """The test sequences TS1 to TS6. Raises InputError for data or weights that do not fit."""
    require_joints(lifter, "3dhp", MPI3DHP17, "use weights of MPI-INF-3DHP, or another protocol")
    require_known("sequences", settings.sequences, list(CAMERAS), "MPI-INF-3DHP's test set")
    path = _find_file(settings.data)
    wanted = [name for name in CAMERAS if not settings.sequences or name in settings.sequences]
    found = {sequence.name: sequence for sequence in load_test(path)}
    missing = [name for name in wanted if name not in found]
    if missing:
        raise InputError(f"{path}: lacks {', '.join(missing)}; give the complete benchmark file, or name what is there "
                         "with --sequences")
    sequences = [found[name] for name in wanted]
    unusable = [sequence.name for sequence in sequences if not sequence.valid.any()]
    if unusable:
        raise InputError(f"{path}: {unusable[0]} has no valid frame; take a fresh copy")
    truth = np.concatenate([sequence.joints[sequence.valid] for sequence in sequences])
    return Benchmark(
        title=f"MPI-INF-3DHP, {', '.join(wanted)}, true 2D", columns={name: name for name in wanted},
        average="columns", as_released=True, batches=lambda: _batches(lifter, sequences),
        windows=sum(len(evaluation_windows(len(sequence.joints), lifter.frames)) for sequence in sequences),
        joints=MPI3DHP17, clusters=clusters_of(truth), facts=_FACTS)


_FACTS = (
    "Avg is the mean of the sequences; only valid frames count, each once",
    "errors are to the true annotations in millimetres; numbers on the height-normalised ones are not comparable",
    "PCK and AUC: 14 joints, without pelvis, spine and head; strictly below the threshold. MPJPE: 17 joints",
    f"windows are consecutive, the last one is a sequence's last frames and wins where it overlaps; {_BATCH} windows "
    "of a sequence to a batch; mirrored test-time augmentation; the root's estimate is set to zero",
    "J-Agg knows the true root position and camera, as in the papers; no video has them",
    "oracle rows look at the truth: bounds, not results. P-Best takes one hypothesis for each batch, J-Best one for "
    "each joint of each frame",
    "P-MPJPE: oracles choose among aligned hypotheses, as D3DP on Human3.6M; J-Agg is the assembled pose, aligned; "
    "'J-Agg as released' takes joints of separately aligned hypotheses",
    f"PSS: {STRUCTURES} clusters of the valid test frames' true poses",
)


def _find_file(data: Path) -> Path:
    path = data / FILE if data.is_dir() else data
    if not path.is_file():
        raise InputError(f"--data {data}: there is no {FILE}; give that file of D3DP's release, or its folder")
    return path


def _batches(lifter: Lifter, sequences: Sequence[Sequence3DHP]) -> Iterator[WindowBatch]:
    for sequence in sequences:
        windows = evaluation_windows(len(sequence.joints), lifter.frames)
        scored = counted_once(windows) & sequence.valid[windows]
        for first in range(0, len(windows), _BATCH):
            part = slice(first, first + _BATCH)
            yield _batch(sequence, windows[part], scored[part], (crc32(sequence.name.encode()), first))


def _batch(sequence: Sequence3DHP, index: np.ndarray, scored: np.ndarray, number: tuple[int, ...]) -> WindowBatch:
    xy = sequence.xy[index]
    sight = KnownCamera(_METRES * sequence.root[index].astype(np.float64), denormalise_screen(xy, *sequence.size),
                        CAMERAS[sequence.name].lens)
    return WindowBatch(sequence.name, number, [None], xy, np.broadcast_to(np.eye(3), (len(xy), 3, 3)),
                       _METRES * sequence.joints[index].astype(np.float64), scored, sight)

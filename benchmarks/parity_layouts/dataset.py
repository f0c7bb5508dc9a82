"""Recordings of the released data path: cameras, normalisation, joints, chunks, windows and the noise schedule."""

import re
from collections.abc import Iterator

import numpy as np

from parity_layouts.recorded import Check, Recorded
from vid2pose3d.data import h36m
from vid2pose3d.data.chunks import ChunkBatches, evaluation_windows, training_chunks
from vid2pose3d.diffusion import CosineSchedule, ddim_times
from vid2pose3d.skeleton import H36M17

_STEPS = 1000


def recognises(recorded: Recorded) -> bool:
    return "cam/world" in recorded and "chunk/pairs" in recorded


def compare(recorded: Recorded) -> Iterator[Check]:
    """Yield what the package computes for the arrays of the recording."""
    place = recorded["cam/R_quat_wxyz"], recorded["cam/t_m"]
    yield Check("cam/camera", h36m.world_to_camera(recorded["cam/world"], *place))
    yield Check("cam/back", h36m.camera_to_world(recorded["cam/camera"], *place))
    for key in recorded.keys("norm/out_"):
        width, height = map(int, key.removeprefix("norm/out_").split("x"))
        yield Check(key, h36m.normalise_screen(recorded["norm/px"], width, height))
    yield from _skeleton()
    yield from _chunks(recorded)
    yield from _schedule(recorded)


def _skeleton() -> Iterator[Check]:
    yield Check("skel/kept_of_32", np.array(h36m.KEPT_JOINTS))
    yield Check("skel/parents17", np.array(H36M17.parents))
    for side in ("left", "right"):
        yield Check(f"skel/{side}", np.array([i for i, joint in enumerate(H36M17.joints) if joint.startswith(side)]))


def _chunks(recorded: Recorded) -> Iterator[Check]:
    lengths = recorded["chunk/lens"].tolist()
    joints, xy, lenses = ([recorded[f"chunk/{name}_{i}"] for i in range(len(lengths))] for name in ("p3", "p2", "cam"))
    size, frames = recorded["chunk/batch0_3d"].shape[:2]
    yield Check("chunk/pairs", np.array(training_chunks(lengths, frames)))
    batches = ChunkBatches(joints, xy, lenses, frames=frames, batch=size)
    yield Check("chunk/num_batches", np.array(len(batches)))
    names: dict[int, str] = {}
    for i, batch in enumerate(batches.epoch()):
        if f"chunk/batch{i}_3d" not in recorded:
            break
        yield Check(f"chunk/batch{i}_cam", batch.lens)
        yield Check(f"chunk/batch{i}_3d", batch.joints)
        yield Check(f"chunk/batch{i}_2d", batch.xy)
        actions = recorded[f"chunk/batch{i}_act"]
        yield Check(f"chunk/batch{i}_act", np.array([names.setdefault(number, str(action)) for number, action
                                                     in zip(batch.sequences, actions, strict=True)]))
    for i, sequence in enumerate(joints):
        yield Check(f"evalwin/3d_{i}", sequence[evaluation_windows(len(sequence), frames)])


def _schedule(recorded: Recorded) -> Iterator[Check]:
    for key in recorded.keys("sched/"):
        kind, number = re.fullmatch(r"sched/(alphas_cumprod_T|times_K)(\d+)", key).groups()  # type: ignore[union-attr]
        if kind == "times_K":
            yield Check(key, np.array(ddim_times(_STEPS, int(number))))
        else:
            yield Check(key, CosineSchedule(int(number)).alphas_cumprod.numpy())

"""Lift a benchmark batch by batch, score each batch, and write the tables."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from vid2pose3d import __version__
from vid2pose3d.device import choose_device
from vid2pose3d.errors import InputError
from vid2pose3d.evaluate.benchmark import Benchmark, WindowBatch
from vid2pose3d.evaluate.protocols import PROTOCOLS
from vid2pose3d.evaluate.score import score
from vid2pose3d.evaluate.settings import EvaluateSettings
from vid2pose3d.evaluate.tables import Report, Totals, write_csv, write_json
from vid2pose3d.lift import Lifter
from vid2pose3d.outputs import output_set
from vid2pose3d.refine.refiner import Refiner
from vid2pose3d.reporter import Reporter
from vid2pose3d.skeleton import H36M17
from vid2pose3d.weights import DEFAULT

JSON_NAME, CSV_NAME = "evaluation.json", "evaluation.csv"
_KEPT_PROMPTS = 16

Actions = Callable[[WindowBatch], list[str | None]]
"""The prompts of a batch: one for all of its windows, or one for each."""


def evaluate(settings: EvaluateSettings, folder: Path, *, overwrite: bool,
             reporter: Reporter) -> tuple[Report, list[Path]]:
    """Score weights by a protocol; the tables as `evaluation.json` and `evaluation.csv` in `folder`.

    Raises InputError for what the user can mend; then, as after any other exception, `folder` is as it was.
    """
    settings.check()
    with output_set(folder, [JSON_NAME, CSV_NAME], overwrite=overwrite) as outputs:
        device = choose_device(settings.device)
        lifter = Lifter.load(settings.weights or DEFAULT, device=device)
        benchmark = PROTOCOLS[settings.protocol](lifter, settings)
        policy, actions = prompt_policy(lifter, settings)
        reporter.note(f"prompts: {policy}")
        refiner = _refiner(lifter, benchmark, settings, device, reporter)
        if lifter.deterministic:
            settings = replace(settings, hypotheses=1, iterations=1)
            reporter.note("these weights give one pose: H = K = 1")
        totals = run_benchmark(lifter, benchmark, actions, hypotheses=settings.hypotheses,
                               iterations=settings.iterations, seed=settings.seed, refiner=refiner,
                               progress=lambda done: reporter.progress("evaluate", done, benchmark.windows))
        report = Report(
            settings.protocol, benchmark.title, {**_record(settings), "device": str(device)},
            {"name": lifter.name, "sha256": lifter.sha256}, policy, benchmark.columns,
            "All" if benchmark.average == "windows" else "Avg", [*benchmark.facts, *_refiner_fact(refiner)],
            totals.tables(benchmark))
        write_json(outputs.add(JSON_NAME), report)
        write_csv(outputs.add(CSV_NAME), report)
        return report, outputs.publish()


def run_benchmark(lifter: Lifter, benchmark: Benchmark, actions: Actions, *, hypotheses: int, iterations: int,
                  seed: int, refiner: Refiner | None = None,
                  progress: Callable[[int], None] | None = None) -> Totals:
    """Sums of all errors, with a `refiner` also of what it makes of the J-Agg poses. Memory holds one batch."""
    totals, done = Totals(), 0
    for batch, poses in lifted_batches(lifter, benchmark, actions, hypotheses=hypotheses, iterations=iterations,
                                       seed=seed):
        totals.add(batch.column, score(poses, batch, benchmark, refiner))
        done += len(poses)
        if progress:
            progress(done)
    return totals


def lifted_batches(lifter: Lifter, benchmark: Benchmark, actions: Actions, *, hypotheses: int, iterations: int,
                   seed: int) -> Iterator[tuple[WindowBatch, np.ndarray]]:
    """Each batch with its hypotheses (B, H, F, J, 3), metres, camera frame, relative to the pelvis.

    A batch's noise is the same whichever others there are.
    """
    root = benchmark.joints.index("pelvis")
    encode = lru_cache(_KEPT_PROMPTS)(lambda texts: lifter.encode(list(texts)))
    for batch in benchmark.batches():
        windows, frames, joints = batch.x2d.shape[:3]
        noise = np.random.default_rng([seed, *batch.number]).standard_normal(
            (iterations, windows, hypotheses, frames, joints, 3), dtype=np.float32)
        poses = lifter.draw(batch.x2d, noise, encode(tuple(actions(batch))))
        poses = poses @ batch.camera_from_view[:, None, None].swapaxes(-1, -2)
        if benchmark.as_released:
            poses[..., root, :] = 0
        else:
            poses -= poses[..., root, None, :]
        yield batch, poses


def prompt_policy(lifter: Lifter, settings: EvaluateSettings) -> tuple[str, Actions]:
    """What the weights are told, in words and as a function of the batch."""
    if not lifter.takes_action:
        return "none, these weights take no action", lambda batch: [None]
    if settings.action is not None:
        return f"{settings.action!r} for all", lambda batch: [settings.action]
    if settings.prompts == "neutral":
        return "the neutral prompt for all", lambda batch: [None]
    if settings.protocol == "own":
        return "each clip's true label", lambda batch: batch.actions
    return "each sequence's true action, as in the released evaluation", lambda batch: batch.actions


def _refiner(lifter: Lifter, benchmark: Benchmark, settings: EvaluateSettings, device: torch.device,
             reporter: Reporter) -> Refiner | None:
    if not settings.refine and settings.refiner is None:
        return None
    refiner = Refiner.load(settings.refiner, base=lifter.name, base_sha256=lifter.sha256, device=device,
                           reporter=reporter)
    if benchmark.joints is not H36M17:
        raise InputError(f"--refiner {refiner.name}: refines {H36M17.name} poses, and --protocol {settings.protocol} "
                         f"has {benchmark.joints.name}; leave it out")
    refiner.check_input(lifter.config.input, lifter.name)
    return refiner


def _refiner_fact(refiner: Refiner | None) -> list[str]:
    if refiner is None:
        return []
    return [f"J-Agg + refiner: {refiner.name} (sha256 {refiner.sha256[:12]}), K = {refiner.iterations}"]


def _record(settings: EvaluateSettings) -> dict[str, Any]:
    """Every option used, in the words of the command line."""
    refiner = settings.refiner and str(settings.refiner)
    return {**asdict(settings), "data": str(settings.data), "refiner": refiner, "version": __version__}

"""The protocols of `evaluate`, by name."""

from collections.abc import Callable

from vid2pose3d.evaluate.benchmark import Benchmark
from vid2pose3d.evaluate.protocols.h36m import h36m
from vid2pose3d.evaluate.protocols.mpi3dhp import mpi3dhp
from vid2pose3d.evaluate.protocols.own import own
from vid2pose3d.evaluate.settings import EvaluateSettings, Protocol
from vid2pose3d.lift import Lifter

PROTOCOLS: dict[Protocol, Callable[[Lifter, EvaluateSettings], Benchmark]] = {"h36m": h36m, "3dhp": mpi3dhp, "own": own}

__all__ = ["PROTOCOLS"]

"""Finds BlazePose's two networks inside the installed `mediapipe` package, which is never imported."""

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vid2pose3d.errors import InputError

CURE = "run: pip install --no-deps mediapipe==0.10.21"


@dataclass(frozen=True)
class ModelFile:
    """A network file inside the carrier package, as this program knows it."""

    path: str
    size: int
    """Bytes."""
    sha256: str


PERSON_MODEL = ModelFile(
    "modules/pose_detection/pose_detection.tflite", 2959046,
    "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c")
LANDMARK_MODEL = ModelFile(
    "modules/pose_landmark/pose_landmark_full.tflite", 6440512,
    "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f")


def carrier_folder() -> Path:
    """Folder of the installed `mediapipe` package. Raises InputError where it is not installed."""
    spec = importlib.util.find_spec("mediapipe")
    if spec is None or not spec.submodule_search_locations:
        raise InputError(f"the package mediapipe, which holds blazepose's networks, is not installed; {CURE}")
    return Path(spec.submodule_search_locations[0])


def read_model(model: ModelFile, folder: Path) -> bytes:
    """Content of one network below `folder`. Raises InputError where it is missing or not the known file."""
    path = folder / model.path
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = error.strerror or error
        raise InputError(f"cannot read the blazepose network {path}: {reason}; {CURE}") from error
    if len(content) != model.size:
        raise InputError(f"the blazepose network {path} has {len(content)} bytes, not {model.size}; {CURE}")
    if hashlib.sha256(content).hexdigest() != model.sha256:
        raise InputError(f"the blazepose network {path} has the wrong SHA-256 sum; {CURE}")
    return content


class Network:
    """One network on LiteRT: a float32 input, several float32 outputs by name."""

    def __init__(self, content: bytes, *, threads: int | None = None) -> None:
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError as error:
            raise InputError("the detector blazepose needs the package ai-edge-litert, which cannot be "
                             f"imported ({error}); run: pip install ai-edge-litert") from error
        self._interpreter = Interpreter(model_content=content, num_threads=threads)
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._outputs = {d["name"]: d["index"] for d in self._interpreter.get_output_details()}

    def run(self, batch: np.ndarray, *outputs: str) -> list[np.ndarray]:
        """The named outputs for a (1, H, W, 3) float32 input."""
        self._interpreter.set_tensor(self._input, batch)
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(self._outputs[name]) for name in outputs]

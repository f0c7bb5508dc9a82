"""One network of an ONNX file on ONNX Runtime."""

import importlib.util
from pathlib import Path

import numpy as np

from vid2pose3d.errors import InputError

CURE = "run: pip install 'vid2pose3d[onnx]'"
_TYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16}


def check_packages() -> None:
    """Raises InputError where ONNX Runtime is not installed."""
    missing = [name for name in ("onnxruntime", "onnx") if importlib.util.find_spec(name) is None]
    if missing:
        raise InputError(f"the detector onnx needs the package {missing[0]}, which is not installed; {CURE}")


class Network:
    """A network with one picture input (N, 3, height, width)."""

    def __init__(self, path: Path, *, option: str, device: str, threads: int | None) -> None:
        """Raises InputError, naming `option`, for a file that is missing, damaged or no such network."""
        import onnxruntime

        self.path, self._option = path, option
        if not path.is_file():
            raise InputError(f"{option} {path}: there is no such file; give an ONNX file")
        settings = onnxruntime.SessionOptions()
        settings.log_severity_level = 3
        settings.intra_op_num_threads = threads or 0
        try:
            self._session = onnxruntime.InferenceSession(path, settings, providers=_providers(device))
        except Exception as error:  # ONNX Runtime's errors share no other base
            reason = str(error).splitlines()[0][:120]
            raise InputError(f"{option} {path}: no network that ONNX Runtime can run ({reason}); give an ONNX file as "
                             "MMDeploy or YOLOX export it") from error
        inputs = self._session.get_inputs()
        if len(inputs) != 1 or len(inputs[0].shape) != 4 or inputs[0].shape[1] != 3 or inputs[0].type not in _TYPES:
            described = ", ".join(f"{value.name} {value.shape}" for value in inputs)
            raise self.unfit(f"takes {described} instead of one picture N x 3 x height x width")
        self._input, self._type = inputs[0].name, _TYPES[inputs[0].type]
        batch, _, height, width = inputs[0].shape
        self.batch: int | None = batch if isinstance(batch, int) else None
        """Pictures that it takes at once; None: any number."""
        fixed = isinstance(height, int) and isinstance(width, int)
        self.size: tuple[int, int] | None = (width, height) if fixed else None
        """(width, height) of its picture; None: any."""
        self.outputs = [value.name for value in self._session.get_outputs()]

    def run(self, pictures: np.ndarray) -> dict[str, np.ndarray]:
        """Outputs by name, in single precision or whole numbers, for (N, 3, height, width) pictures.

        Where the network takes a fixed number of pictures, the last run is filled up with repetitions.
        """
        step = self.batch or len(pictures)
        parts: list[list[np.ndarray]] = []
        for begin in range(0, len(pictures), step):
            part = pictures[begin:begin + step].astype(self._type)
            filled = np.concatenate([part, np.repeat(part[-1:], step - len(part), axis=0)])
            found = self._session.run(None, {self._input: filled})
            parts.append([value[:len(part)] for value in found])
        joined = [np.concatenate(values) for values in zip(*parts, strict=True)]
        return {name: value.astype(np.float32) if value.dtype == np.float16 else value
                for name, value in zip(self.outputs, joined, strict=True)}

    def unfit(self, what: str) -> InputError:
        """The error for a network that is not of the kind that its option needs."""
        return InputError(f"{self._option} {self.path}: {what}; give a network as MMDeploy or YOLOX export it")


def _providers(device: str) -> list[str]:
    """Raises InputError for --device cuda where this build of ONNX Runtime has no CUDA."""
    import onnxruntime

    cuda = "CUDAExecutionProvider" in onnxruntime.get_available_providers()
    if device == "cuda" and not cuda:
        raise InputError("--device cuda: this ONNX Runtime has no CUDA; run: pip install onnxruntime-gpu, or use "
                         "--device cpu")
    return (["CUDAExecutionProvider"] if cuda and device in ("auto", "cuda") else []) + ["CPUExecutionProvider"]

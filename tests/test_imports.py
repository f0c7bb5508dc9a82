"""Which part of the package may import which, and what an import costs."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "vid2pose3d"

LAYERS = (
    {"__main__"},
    {"cli"},
    {"pipeline", "finding", "drawing", "given_keypoints", "refining", "train", "convert"},
    {"evaluate", "quality"},
    {"detect", "track", "lift", "refine", "weights", "place", "export", "render", "data",
     "camera_motion"},
    {"models", "diffusion", "text"},
    {"skeleton", "camera", "motion", "errors", "files", "video", "documents", "tracks_json", "plain_npz", "device",
     "settings", "outputs", "palette", "reporter", "stopwatch", "native_log", "pickled", "torchvision_import",
     "vectors", "__init__"},
)
"""From the top down: a part imports parts of lower layers, never those above it."""

TOGETHER = ({"lift", "weights"}, {"lift", "refine"}, {"refine", "weights"})
"""Parts of the layer of the stages that know each other; all others are strangers to their neighbours."""

STAGES = 4


def _part(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def _imported(path: Path) -> set[str]:
    """The parts of the package that the module at `path` imports, also inside functions."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    inside = {name.split(".")[1] for name in names if name.startswith("vid2pose3d.")}
    return inside - {"__version__", _part(path)}


def _layer(part: str) -> int:
    found = [number for number, layer in enumerate(LAYERS) if part in layer]
    assert found, f"{part} belongs to no layer; add it to LAYERS"
    return found[0]


MODULES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=[str(path.relative_to(PACKAGE)) for path in MODULES])
def test_imports_point_downwards(path: Path) -> None:
    own = _layer(_part(path))
    for other in _imported(path):
        below = _layer(other)
        assert below >= own, f"{_part(path)} imports {other} from a layer above"
        if below == own == STAGES:
            assert {_part(path), other} in TOGETHER, f"the stage {_part(path)} imports the stage {other}"


def _loaded_by(code: str) -> set[str]:
    """Top-level packages that are loaded after running `code` in a new interpreter."""
    script = f"import sys\n{code}\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    command = [sys.executable, "-c", script]
    return set(subprocess.run(command, capture_output=True, text=True, check=True, cwd=PACKAGE.parent).stdout.split())


def test_help_loads_nothing_heavy() -> None:
    heavy = {"torch", "numpy", "scipy", "cv2", "av", "matplotlib", "open_clip", "ai_edge_litert"}
    assert not heavy & _loaded_by("import vid2pose3d.cli.app")


def test_main_job_needs_no_optional_package() -> None:
    optional = {"mediapipe", "mmpose", "mmdet", "mmengine", "mmcv", "lightning", "lightning_fabric", "onnx",
                "onnxscript", "onnxruntime", "ezc3d", "pygltflib"}
    assert not optional & _loaded_by("import vid2pose3d.pipeline")

"""Networks of MMPose's and MMDetection's model zoos by name: their configurations and their weights files."""

import hashlib
import importlib.util
import os
import re
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vid2pose3d.errors import InputError
from vid2pose3d.files import replacing

POSES = {
    "hrnet-w32": "td-hm_hrnet-w32_8xb64-210e_coco-256x192",
    "hrnet-w48": "td-hm_hrnet-w48_8xb32-210e_coco-256x192",
    "mspn": "td-hm_mspn50_8xb32-210e_coco-256x192",
    "rtmpose-m": "rtmpose-m_8xb256-420e_aic-coco-256x192",
}
"""Short names of networks that find joints; the first is the default."""
PERSONS = {"rtmdet": "rtmdet_m_8xb32-300e_coco", "faster-rcnn": "faster-rcnn_r50_fpn_1x_coco"}
"""Short names of networks that find people; the first is the default."""
_SUM = re.compile(r"-([0-9a-f]{8})(?:_\d{8})?\.pth$")
_CHUNK = 1 << 20
_TIMEOUT = 30.0
"""Seconds without an answer after which a download is given up."""

Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True)
class Model:
    """A network that can be built."""

    name: str
    config: Path
    url: str | None
    """Where its weights are; None for a configuration of the user's own."""


def find_model(name: str, package: Literal["mmpose", "mmdet"], *, option: str) -> Model:
    """The network of a short name, of a name in the zoo, or of a configuration file.

    option: what stands before the name on the command line. Raises InputError, listing the short names, where there
    is none.
    """
    short = POSES if package == "mmpose" else PERSONS
    if name.endswith(".py"):
        if Path(name).is_file():
            return Model(Path(name).stem, Path(name), None)
        raise InputError(f"{option}{name}: there is no such file; give a configuration, or one of {', '.join(short)}")
    full = short.get(name, name)
    folder = _configs(package)
    config = next(folder.glob(f"**/{full}.py"), None)
    if config is None:
        raise InputError(f"{option}{name}: unknown; give one of {', '.join(short)}, a name in {package}'s model zoo, "
                         "or a configuration file")
    return Model(full, config, _url(full, config.parent))


def checkpoint_of(model: Model, given: Path | None, *, option: str, progress: Progress | None) -> Path:
    """The weights file: the given one, that in the cache, or a fresh download into it.

    Raises InputError where there is none: it says which file to fetch, from where, and where to put it.
    """
    if given is not None:
        if not given.is_file():
            raise InputError(f"{option} {given}: there is no such file; give the weights of {model.name}")
        return given
    if model.url is None:
        raise InputError(f"{model.config} comes without weights; give them with {option}")
    path = cache() / model.url.rpartition("/")[2]
    if not path.is_file():
        _download(model.url, path, option=option, progress=progress)
    elif not _intact(path):
        raise InputError(f"{path}: damaged, its SHA-256 does not begin as its name says; delete it and run again")
    return path


def cache() -> Path:
    """Where downloaded weights are kept."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vid2pose3d" / "checkpoints"


def _configs(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / ".mim" / "configs"


def _url(name: str, folder: Path) -> str | None:
    """What the zoo's description beside the configuration says of the weights."""
    import yaml

    for file in sorted(folder.glob("*.yml")):
        described = yaml.safe_load(file.read_text(encoding="utf-8"))
        for model in described.get("Models", []) if isinstance(described, dict) else described:
            if model["Name"] == name and "Weights" in model:
                return str(model["Weights"])
    return None


def _download(url: str, path: Path, *, option: str, progress: Progress | None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary:
        try:
            with urllib.request.urlopen(url, timeout=_TIMEOUT) as answer, temporary.open("wb") as file:
                total = int(answer.headers.get("Content-Length") or 0) or None
                done = 0
                while part := answer.read(_CHUNK):
                    file.write(part)
                    done += len(part)
                    if progress is not None:
                        progress("download", done >> 20, total and total >> 20)
        except OSError as error:
            reason = getattr(error, "reason", None) or error
            raise InputError(f"cannot download {url} ({reason}); fetch it by other means and save it as {path}, or "
                             f"give weights with {option}") from error
        if (total and done < total) or not _intact(temporary, name=path.name):
            raise InputError(f"{url}: what came is damaged; run again, or fetch it by other means and save it as "
                             f"{path}")


def _intact(path: Path, *, name: str | None = None) -> bool:
    """Whether the file's SHA-256 begins as its name says, by the zoo's habit; True where the name says nothing."""
    said = _SUM.search(name or path.name)
    with path.open("rb") as file:
        return said is None or hashlib.file_digest(file, "sha256").hexdigest().startswith(said.group(1))

"""Weights files: from the user, from the cache, by download."""

import hashlib
from pathlib import Path

import pytest

from vid2pose3d.detect.mmpose import zoo
from vid2pose3d.errors import InputError

CONTENT = b"parameters" * 300_000
DIGEST = hashlib.sha256(CONTENT).hexdigest()[:8]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "vid2pose3d" / "checkpoints"


def model(tmp_path: Path, name: str, content: bytes = CONTENT) -> zoo.Model:
    """A network whose weights lie where a file: address says."""
    source = tmp_path / "zoo" / name
    source.parent.mkdir()
    source.write_bytes(content)
    return zoo.Model("net", tmp_path / "net.py", source.as_uri())


@pytest.mark.parametrize("name", [f"net-{DIGEST}_20220909.pth", f"net_20220902_112414-{DIGEST}.pth", "net.pth"])
def test_download_once_into_the_cache(tmp_path: Path, cache: Path, name: str) -> None:
    told: list[tuple[str, int, int | None]] = []
    network = model(tmp_path, name)
    path = zoo.checkpoint_of(network, None, option="--w", progress=lambda *step: told.append(step))
    assert path == cache / name
    assert path.read_bytes() == CONTENT
    assert told[-1] == ("download", 2, 2)
    (tmp_path / "zoo" / name).unlink()
    assert zoo.checkpoint_of(network, None, option="--w", progress=None) == path


def test_damaged_download_is_not_kept(tmp_path: Path, cache: Path) -> None:
    network = model(tmp_path, f"net-{DIGEST}_20220909.pth", CONTENT[:-1])
    with pytest.raises(InputError, match=r"what came is damaged; .*save it as .*net-"):
        zoo.checkpoint_of(network, None, option="--w", progress=None)
    assert list(cache.iterdir()) == []


def test_damaged_file_in_the_cache(tmp_path: Path, cache: Path) -> None:
    network = model(tmp_path, f"net-{DIGEST}_20220909.pth")
    zoo.checkpoint_of(network, None, option="--w", progress=None).write_bytes(b"other")
    with pytest.raises(InputError, match=r"damaged, its SHA-256 .*; delete it and run again"):
        zoo.checkpoint_of(network, None, option="--w", progress=None)


def test_offline_says_what_to_fetch_and_where_to_put_it(tmp_path: Path, cache: Path) -> None:
    url = f"http://127.0.0.1:9/zoo/net-{DIGEST}_20220909.pth"
    with pytest.raises(InputError) as raised:
        zoo.checkpoint_of(zoo.Model("net", tmp_path / "net.py", url), None, option="--w", progress=None)
    message = str(raised.value)
    assert f"cannot download {url}" in message
    assert f"save it as {cache / url.rpartition('/')[2]}" in message
    assert "give weights with --w" in message


def test_given_file_comes_first(tmp_path: Path) -> None:
    path = tmp_path / "mine.pth"
    network = zoo.Model("net", tmp_path / "net.py", "http://127.0.0.1:9/net.pth")
    with pytest.raises(InputError, match=r"--w .*mine.pth: there is no such file; give the weights of net"):
        zoo.checkpoint_of(network, path, option="--w", progress=None)
    path.write_bytes(b"")
    assert zoo.checkpoint_of(network, path, option="--w", progress=None) == path


def test_own_configuration_needs_weights(tmp_path: Path) -> None:
    config = tmp_path / "net.py"
    config.write_text("")
    found = zoo.find_model(str(config), "mmpose", option="--detector mmpose:")
    with pytest.raises(InputError, match=r"net.py comes without weights; give them with --w"):
        zoo.checkpoint_of(found, None, option="--w", progress=None)
    with pytest.raises(InputError, match=r"absent.py: there is no such file; .* hrnet-w32, hrnet-w48, mspn"):
        zoo.find_model("absent.py", "mmpose", option="--detector mmpose:")


@pytest.mark.parametrize(("package", "short"), [("mmpose", zoo.POSES), ("mmdet", zoo.PERSONS)])
def test_every_short_name_is_in_the_zoo(package: str, short: dict[str, str]) -> None:
    pytest.importorskip(package, exc_type=ImportError)
    for name, full in short.items():
        found = zoo.find_model(name, package, option="--o ")
        assert found.name == full
        assert found.config.is_file()
        assert found.url is not None
        assert found.url.startswith("https://download.openmmlab.com/")
        # The name of the file says how its SHA-256 begins.
        assert zoo._SUM.search(found.url.rpartition("/")[2])
    with pytest.raises(InputError, match="--o abacus: unknown; give one of"):
        zoo.find_model("abacus", package, option="--o ")

#!/usr/bin/env bash
# Makes the clone's own environment, .venv, or reuses the one that is there and up to date.
# Usage: bash scripts/setup.sh [dev]      "dev" adds what the tests need.
# PYTHON names the interpreter to use, TORCH_INDEX the package index of PyTorch.
set -euo pipefail
cd -P "$(dirname "${BASH_SOURCE[0]}")/.."

extra="${1:-}"
stamp=".venv/vid2pose3d-setup"
wanted="$(cat pyproject.toml constraints.txt scripts/setup.sh | cksum) $PWD"
if [ -x .venv/bin/vid2pose3d ] && [ -f "$stamp" ] && [ "$(head -n 1 "$stamp")" = "$wanted" ] &&
   { [ -z "$extra" ] || grep -qx "$extra" "$stamp"; }; then
    exit 0
fi

usable() {
    "$1" -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null
}

find_python() {
    local name
    if [ -n "${PYTHON:-}" ]; then
        if usable "$PYTHON"; then echo "$PYTHON"; return; fi
        echo "setup: PYTHON=$PYTHON is $("$PYTHON" --version 2>/dev/null || echo "not an interpreter");" \
             "it must be Python 3.11 or 3.12 with the module venv" >&2
        return 1
    fi
    for name in python3.11 python3.12 python3; do
        if usable "$name"; then echo "$name"; return; fi
    done
    echo "setup: found no Python 3.11 or 3.12 with the module venv (python3 is" \
         "$(python3 --version 2>/dev/null || echo missing)); on Debian 12: apt install python3 python3-venv;" \
         "elsewhere set PYTHON to the interpreter" >&2
    return 1
}

# Linux wheels of torch on PyPI bring gigabytes of CUDA libraries. PyTorch's own index has the small CPU build, so it
# is asked first where it answers. TORCH_INDEX names another index, e.g. https://download.pytorch.org/whl/cu130.
torch_index() {
    local url="${TORCH_INDEX:-https://download.pytorch.org/whl/cpu}"
    if .venv/bin/python -c 'import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=5)' \
        "$url/torch/" 2>/dev/null; then
        echo "--extra-index-url $url"
    elif [ "$(uname -sm)" = "Linux x86_64" ]; then
        echo "setup: $url does not answer; torch comes from the indexes that pip is set up for, perhaps with CUDA" >&2
    fi
}

# An environment that was moved along with the clone has scripts that still point to the old place.
if ! .venv/bin/python -c '' 2>/dev/null || ! grep -qF "$PWD/.venv" .venv/pyvenv.cfg; then
    python="$(find_python)"
    echo "setup: making .venv with $("$python" --version)" >&2
    rm -rf .venv
    "$python" -m venv .venv
fi
rm -f "$stamp"

pip() { .venv/bin/python -m pip --disable-pip-version-check --quiet "$@"; }
echo "setup: installing packages (about 2 GB on disk, a few minutes)" >&2
# shellcheck disable=SC2046
pip install -c constraints.txt torch torchvision $(torch_index)
pip install -c constraints.txt -e ".${extra:+[$extra]}"
# mediapipe only carries the two BlazePose network files and is never imported. Its own pins (numpy < 2 among them)
# clash with ours, so it comes without its dependencies and cannot be listed in pyproject.toml.
pip install --no-deps mediapipe==0.10.21

printf '%s\n%s\n' "$wanted" "$extra" > "$stamp"

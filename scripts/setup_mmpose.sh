#!/usr/bin/env bash
# Adds what --detector mmpose needs to the clone's own environment, .venv: wheels only, no compiler.
# Usage: bash scripts/setup_mmpose.sh [dev]      "dev" as for scripts/setup.sh, which this runs first.
set -euo pipefail
cd -P "$(dirname "${BASH_SOURCE[0]}")/.."
bash scripts/setup.sh "${1:-}"

stamp=".venv/vid2pose3d-setup"
wanted="mmpose $(cksum < scripts/setup_mmpose.sh)"
if grep -qxF "$wanted" "$stamp"; then
    exit 0
fi

pip() { .venv/bin/python -m pip --disable-pip-version-check --quiet "$@"; }
echo "setup: installing MMPose and MMDetection (about 70 MB, a minute)" >&2
pip install --only-binary :all: -c constraints.txt -e ".[mmpose]"
# Their own requirements would bring a second OpenCV, and packages that cannot be built or loaded any more (chumpy,
# xtcocotools) and are not needed to run a network.
pip install --only-binary :all: --no-deps mmengine==0.10.7 mmcv-lite==2.1.0 mmdet==3.3.0 mmpose==1.3.2

echo "$wanted" >> "$stamp"

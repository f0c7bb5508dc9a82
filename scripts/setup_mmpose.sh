#!/usr/bin/env bash
# Adds what --detector mmpose needs to the clone's own environment, .venv: wheels only, no compiler.
set -euo pipefail
cd -P "$(dirname "${BASH_SOURCE[0]}")/.."
bash scripts/setup.sh

pip() { .venv/bin/python -m pip --disable-pip-version-check --quiet "$@"; }
echo "setup: installing MMPose and MMDetection" >&2
pip install -c constraints.txt -e ".[mmpose]"
# Their own requirements would bring a second OpenCV, and packages that cannot be built or loaded any more (chumpy,
# xtcocotools) and are not needed to run a network.
pip install --no-deps mmengine==0.10.7 mmcv-lite==2.1.0 mmdet==3.3.0 mmpose==1.3.2

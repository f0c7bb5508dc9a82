#!/usr/bin/env bash
# Sets up .venv and runs the main job on the example clip; results land in out/.
set -euo pipefail
cd -P "$(dirname "${BASH_SOURCE[0]}")/.."
bash scripts/setup.sh
.venv/bin/vid2pose3d run examples/walk_static.mp4 --action walking -o out --overwrite

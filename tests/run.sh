#!/usr/bin/env bash
# Sets up .venv with the test tools and MMPose, then checks style, types and behaviour. Arguments go to pytest.
set -euo pipefail
cd -P "$(dirname "${BASH_SOURCE[0]}")/.."
bash scripts/setup_mmpose.sh dev
.venv/bin/ruff check .
.venv/bin/mypy vid2pose3d
export OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-passive}"   # threads that spin are slow on a busy machine
.venv/bin/pytest -q "$@"

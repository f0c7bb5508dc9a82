"""The main job over some clips: people, frames covered, seconds per clip second by stage, peak memory.

    python benchmarks/clips.py -o RESULTS CLIP... [-- OPTIONS OF RUN]

Each clip runs in a process of its own. Results stay in RESULTS/<clip's name>. Prints a Markdown table.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

STAGES = ("load", "decode", "detect", "track", "lift", "place", "overlay", "write")


def main() -> None:
    arguments, _, passed_on = (" ".join(sys.argv[1:]) + " ").partition(" -- ")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path, nargs="+")
    parser.add_argument("-o", "--out", type=Path, required=True)
    options = parser.parse_args(arguments.split())
    print(f"| clip | seconds | people (frames, bridged) | {' | '.join(STAGES)} | all | MiB | warnings |")
    print("|" + "---|" * (len(STAGES) + 6))
    for clip in options.clips:
        name = clip.parent.name if clip.stem == "clip" else clip.stem
        print(_row(name, *_run(clip, options.out / name, passed_on.split())), flush=True)


def _run(clip: Path, folder: Path, options: list[str]) -> tuple[dict[str, Any], float]:
    """The run's summary and its peak memory, MiB."""
    command = [sys.executable, "-m", "vid2pose3d", "run", str(clip), "-o", str(folder), "--json", "--overwrite",
               *options]
    watched = ("import resource, subprocess, sys; code = subprocess.run(sys.argv[1:]).returncode;"
               "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr); sys.exit(code)")
    done = subprocess.run([sys.executable, "-c", watched, *command], capture_output=True, text=True, check=False)
    *said, peak = done.stderr.strip().splitlines()
    if done.returncode:
        return {"error": said[-1] if said else f"exit code {done.returncode}"}, int(peak) / 1024
    return json.loads(done.stdout), int(peak) / 1024


def _row(name: str, summary: dict[str, Any], peak: float) -> str:
    if "error" in summary:
        return f"| {name} | {summary['error']} |"
    seconds = summary["video"]["duration"] or 1.0
    people = ", ".join(f"{p['frames']} ({p['interpolated']})" for p in summary["people"]) or "nobody"
    spent = " | ".join(f"{summary['timing'].get(stage, 0.0) / seconds:.2f}" for stage in STAGES)
    warnings = "; ".join(summary["warnings"])
    return (f"| {name} | {seconds:.2f} ({summary['video']['frames']} frames) | {people} | {spent} "
            f"| {summary['seconds'] / seconds:.2f} | {peak:.0f} | {warnings} |")


if __name__ == "__main__":
    main()

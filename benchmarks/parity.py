"""Does the package reproduce what was recorded from the released code?

    python benchmarks/parity.py FILE.npz ... [--arrays] [--json]

Recognises what a file holds by its keys and its configuration: a denoiser with its sampler and training step,
STCFormer, the refiner's formulas, aggregation and metrics, or the data path. Prints the largest absolute error of each
group of arrays, poses in metres.
Exits with 1 where an error exceeds the tolerance, with 2 where a file cannot be read or recognised.
"""

import argparse
import json
import sys
import zipfile
from pathlib import Path
from types import ModuleType

from parity_layouts import aggregation, dataset, denoiser, refiner, stcformer
from parity_layouts.recorded import Recorded

LAYOUTS: dict[str, ModuleType] = {"denoiser": denoiser, "stcformer": stcformer, "refiner": refiner,
                                  "aggregation": aggregation, "data": dataset}
TOLERANCE = 1e-5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE.npz")
    parser.add_argument("--arrays", action="store_true", help="one line for each array instead of each group")
    parser.add_argument("--tolerance", type=float, default=TOLERANCE, help="metres (default %(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    options = parser.parse_args()
    codes, results = [0], {}
    if not options.json:
        print("| file | layout | arrays | number | max error | |\n|---|---|---|---|---|---|")
    for path in options.files:
        try:
            layout, errors, unchecked = errors_of(path)
        except ValueError as problem:
            print(problem, file=sys.stderr)
            codes.append(2)
            continue
        groups = errors if options.arrays else _grouped(errors)
        results[str(path)] = {"layout": layout, "errors": {key: max(found) for key, found in groups.items()},
                              "unchecked": unchecked}
        for key, found in groups.items():
            verdict = "ok" if max(found) <= options.tolerance else "FAILED"
            codes.append(int(verdict != "ok"))
            if not options.json:
                print(f"| {path.name} | {layout} | {key} | {len(found)} | {max(found):.2g} | {verdict} |", flush=True)
        if unchecked:
            print(f"{path}: not compared: {', '.join(unchecked)}", file=sys.stderr)
    if options.json:
        print(json.dumps(results, indent=1))
    return max(codes)


def errors_of(path: Path) -> tuple[str, dict[str, list[float]], list[str]]:
    """The layout of a file, the errors by array, and the arrays that were neither used nor compared.

    Raises ValueError, in one line, for a file that cannot be read or recognised.
    """
    if not zipfile.is_zipfile(path):
        raise ValueError(f"{path}: not a readable .npz file")
    try:
        recorded = Recorded(path)
    except (OSError, ValueError, zipfile.BadZipFile, EOFError) as error:
        raise ValueError(f"{path}: not a readable .npz file of plain arrays ({error})") from error
    for name, layout in LAYOUTS.items():
        if layout.recognises(recorded):
            errors: dict[str, list[float]] = {}
            try:
                for check in layout.compare(recorded):
                    errors.setdefault(check.key, []).append(recorded.error(check))
            except KeyError as error:
                raise ValueError(f"{path}: of the layout {name!r}, but lacks {error}") from error
            unused = set(recorded.keys()) - recorded.used
            return name, errors, sorted(key for key in unused if not key.startswith("in/"))
    raise ValueError(f"{path}: unknown layout; known are {', '.join(LAYOUTS)}, recognised by their keys "
                     f"(this file has {', '.join(recorded.keys()[:6])}, ...)")


def _grouped(errors: dict[str, list[float]]) -> dict[str, list[float]]:
    """Errors by the folder of the array."""
    groups: dict[str, list[float]] = {}
    for key, found in errors.items():
        groups.setdefault(key.rpartition("/")[0] or key, []).extend(found)
    return groups


if __name__ == "__main__":
    sys.exit(main())

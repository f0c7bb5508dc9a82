"""The results of an evaluation: sums over batches, the tables made of them, and their files."""

import csv
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from vid2pose3d.evaluate.benchmark import Benchmark
from vid2pose3d.evaluate.score import METRICS, MODES, Share

SCHEMA = "vid2pose3d-evaluation/1"
_DIGITS = 4


@dataclass
class Row:
    """One way to make a pose of the hypotheses."""

    aggregation: str
    title: str
    oracle: bool
    values: dict[str, float | None]
    """By column; None where nothing could be scored."""
    average: float | None


@dataclass
class Table:
    """One metric."""

    metric: str
    title: str
    unit: str
    rows: list[Row]


@dataclass
class Report:
    """Everything that an evaluation says."""

    protocol: str
    title: str
    settings: dict[str, Any]
    weights: dict[str, str]
    prompts: str
    columns: dict[str, str]
    """What the tables' columns are, and their short titles."""
    average: str
    """Title of the last column."""
    facts: list[str]
    tables: list[Table]


@dataclass
class Totals:
    """Sums over batches by column, metric and mode."""

    shares: dict[tuple[str, str, str], Share] = field(default_factory=dict)

    def add(self, column: str, scores: dict[tuple[str, str], Share]) -> None:
        """Add the scores of a batch."""
        for key, (total, count) in scores.items():
            before, counted = self.shares.get((column, *key), (0.0, 0))
            self.shares[column, *key] = (before + total, counted + count)

    def tables(self, benchmark: Benchmark) -> list[Table]:
        """A table for each metric, with a row for each mode that it has."""
        tables = []
        for metric, said in METRICS.items():
            modes = [mode for mode in MODES if any(key[1:] == (metric, mode) for key in self.shares)]
            tables.append(Table(metric, said.title, said.unit, [self._row(benchmark, metric, mode) for mode in modes]))
        return tables

    def _row(self, benchmark: Benchmark, metric: str, mode: str) -> Row:
        shares = {column: self.shares.get((column, metric, mode), (0.0, 0)) for column in benchmark.columns}
        values = {column: _quotient(*share) for column, share in shares.items()}
        known = [value for value in values.values() if value is not None]
        if benchmark.average == "windows":
            average = _quotient(sum(total for total, _ in shares.values()), sum(count for _, count in shares.values()))
        else:
            average = _quotient(sum(known), len(known)) if len(known) == len(values) else None
        said = MODES[mode]
        return Row(mode, said.title, said.oracle, values, average)


def _quotient(total: float, count: int) -> float | None:
    return total / count if count else None


def document(report: Report) -> dict[str, Any]:
    """The report as plain data for JSON; unknown values are null."""
    return _rounded({"schema": SCHEMA, **asdict(report)})


def write_json(path: Path, report: Report) -> None:
    """Write `document(report)`."""
    path.write_text(json.dumps(document(report), indent=2) + "\n", encoding="utf-8")


def write_csv(path: Path, report: Report) -> None:
    """One line for each metric and mode: the columns, their average, and what the numbers hang on."""
    constants = {
        "protocol": report.protocol, "data": report.title, "weights": report.weights["name"],
        "sha256": report.weights["sha256"], "hypotheses": report.settings["hypotheses"],
        "iterations": report.settings["iterations"], "seed": report.settings["seed"], "prompts": report.prompts,
        "facts": "; ".join(report.facts),
    }
    lines = [{"metric": table.metric, "unit": table.unit, "aggregation": row.aggregation, "title": row.title,
              "oracle": row.oracle, **_rounded(row.values), report.average: _rounded(row.average), **constants}
             for table in report.tables for row in table.rows]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, _DIGITS)
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_rounded(inner) for inner in value]
    return value

"""Averages by hand, and the files read back."""

import csv
import json

import numpy as np
import pytest

from vid2pose3d.evaluate.benchmark import Benchmark, clusters_of
from vid2pose3d.evaluate.tables import Report, Totals, write_csv, write_json
from vid2pose3d.skeleton import H36M17

CLUSTERS = clusters_of(np.random.default_rng(0).normal(size=(60, 17, 3)))


def benchmark(average):
    return Benchmark("test", {"Eating": "Eat", "Walking": "Walk"}, average, True, lambda: [], 0, H36M17, CLUSTERS, ())


def totals():
    """Eating: 10 mm over 100 frames in two batches; Walking: 40 mm over one frame, J-Best 30, no velocity."""
    sums = Totals()
    for column, mean, best, velocity in (("Eating", (400.0, 40), (200.0, 40), (3.0, 2)),
                                         ("Eating", (600.0, 60), (300.0, 60), (0.0, 1)),
                                         ("Walking", (40.0, 1), (30.0, 1), (0.0, 0))):
        sums.add(column, {("mpjpe", "p_agg"): mean, ("mpjpe", "j_best"): best, ("mpjve", "p_agg"): velocity})
    return sums


def report(average="columns"):
    return Report("h36m", "title", {"hypotheses": 5, "iterations": 2, "seed": 3}, {"name": "w", "sha256": "ab" * 32},
                  "true actions", {"Eating": "Eat", "Walking": "Walk"}, "Avg", ["a fact", "another, with a comma"],
                  totals().tables(benchmark(average)))


def rows(tables, metric):
    return {row.aggregation: row for table in tables if table.metric == metric for row in table.rows}


def test_actions_count_alike_however_many_frames_they_have():
    found = rows(totals().tables(benchmark("columns")), "mpjpe")
    assert found["p_agg"].values == {"Eating": 10.0, "Walking": 40.0}
    assert found["p_agg"].average == 25.0
    assert found["j_best"].average == 17.5
    assert list(found) == ["p_agg", "j_best"]


def test_windows_count_alike_where_the_protocol_says_so():
    found = rows(totals().tables(benchmark("windows")), "mpjpe")
    assert found["p_agg"].average == pytest.approx(1040 / 101)


def test_what_could_not_be_scored_is_unknown_and_so_is_its_average():
    found = rows(totals().tables(benchmark("columns")), "mpjve")["p_agg"]
    assert found.values == {"Eating": 1.0, "Walking": None}
    assert found.average is None
    assert rows(totals().tables(benchmark("windows")), "mpjve")["p_agg"].average == 1.0


def test_csv_reads_back(tmp_path):
    write_csv(tmp_path / "t.csv", report())
    with open(tmp_path / "t.csv", newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert [(line["metric"], line["aggregation"]) for line in lines] == [
        ("mpjpe", "p_agg"), ("mpjpe", "j_best"), ("mpjve", "p_agg")]
    first, oracle, velocity = lines
    assert (float(first["Eating"]), float(first["Walking"]), float(first["Avg"])) == (10, 40, 25)
    assert (first["oracle"], oracle["oracle"], oracle["title"]) == ("False", "True", "J-Best (oracle)")
    assert (velocity["unit"], velocity["Walking"], velocity["Avg"]) == ("mm/frame", "", "")
    assert (first["weights"], first["sha256"], first["hypotheses"], first["iterations"], first["seed"]) == (
        "w", "ab" * 32, "5", "2", "3")
    assert (first["prompts"], first["facts"]) == ("true actions", "a fact; another, with a comma")


def test_json_reads_back_without_nan(tmp_path):
    write_json(tmp_path / "t.json", report())
    found = json.loads((tmp_path / "t.json").read_text(), parse_constant=pytest.fail)
    assert found["schema"] == "vid2pose3d-evaluation/1"
    assert found["weights"]["sha256"] == "ab" * 32
    table = next(table for table in found["tables"] if table["metric"] == "mpjve")
    assert table["rows"][0]["values"] == {"Eating": 1.0, "Walking": None}
    assert found["columns"] == {"Eating": "Eat", "Walking": "Walk"}

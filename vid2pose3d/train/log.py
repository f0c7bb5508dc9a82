"""The log of a run: a table for people and spreadsheets, and curves for TensorBoard."""

import csv
from collections.abc import Sequence
from pathlib import Path

from tensorboardX import SummaryWriter

COLUMNS = ("step", "seconds", "learning_rate", "loss_mm", "val_mpjpe_mm", "val_p_mpjpe_mm", "val_mpjpe_untold_mm")
"""Of a lifter."""


class RunLog:
    """`folder/log.csv` of some columns and TensorBoard event files in `folder/tensorboard`, prolonged by a resumed run.

    step: what was done before; later rows of a run that was stopped between checkpoints are repeated by this one and
    are taken out.
    """

    def __init__(self, folder: Path, *, step: int, columns: Sequence[str] = COLUMNS) -> None:
        self._path, self._columns = folder / "log.csv", columns
        kept = [row for row in self._rows() if int(row["step"]) <= step]
        with open(self._path, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(kept)
        self._seconds = float(kept[-1]["seconds"]) if kept else 0.0
        self._curves = SummaryWriter(str(folder / "tensorboard"), purge_step=step + 1,
                                     flush_secs=10)

    def _rows(self) -> list[dict[str, str]]:
        if not self._path.exists():
            return []
        with open(self._path, newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def add(self, step: int, seconds: float, *values: float) -> None:
        """One row, in the order of the columns; seconds: of this part of the run."""
        row = (step, self._seconds + seconds, *values)
        with open(self._path, "a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerow([f"{value:.6g}" for value in row])
        for name, value in zip(self._columns[2:], values, strict=True):
            self._curves.add_scalar(name, value, step)

    def close(self) -> None:
        """Write what TensorBoard's curves still wait for."""
        self._curves.close()

    @property
    def seconds(self) -> float:
        """Seconds of all earlier parts of the run."""
        return self._seconds

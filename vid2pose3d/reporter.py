"""Who is told how long work goes."""

from collections.abc import Callable
from typing import Protocol


class Reporter(Protocol):
    """The console, or whatever else shows a user what happens."""

    def progress(self, stage: str, done: int, total: int | None) -> None:
        """`done` of `total` (None: unknown) units of `stage` are finished."""
        ...

    def note(self, text: str) -> None:
        """Something was assumed or decided."""
        ...

    def warn(self, text: str) -> None:
        """The user should look at something."""
        ...

    def close(self) -> None:
        """No more progress comes."""
        ...


def by_person(stage: str, people: int, reporter: Reporter) -> list[Callable[[int, int], None]]:
    """For each person what tells how much of a stage is done: "lift 1/3" and so on."""
    def told(name: str) -> Callable[[int, int], None]:
        return lambda done, total: reporter.progress(name, done, total)

    return [told(f"{stage} {number}/{people}") for number in range(1, people + 1)]

"""Who is told how long work goes."""

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

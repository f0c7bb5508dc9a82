"""Who is told how a training goes."""

from typing import Protocol


class Reporter(Protocol):
    """The console, or whatever else shows progress."""

    def progress(self, stage: str, done: int, total: int | None) -> None: ...

    def note(self, text: str) -> None: ...

    def close(self) -> None: ...

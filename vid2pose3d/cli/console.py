"""What the program says while it works: progress and notes on stderr."""

from rich.console import Console as RichConsole
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


class Console:
    """Notes, warnings, errors and one progress bar per stage, all on stderr; also collects the warnings and notes."""

    def __init__(self) -> None:
        self.quiet = False
        self.verbose = False
        self.notes: list[str] = []
        self.warnings: list[str] = []
        self._stderr = RichConsole(stderr=True, highlight=False, soft_wrap=True)
        self._progress: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def configure(self, *, quiet: bool, verbose: bool) -> None:
        """Begin a command."""
        self.quiet, self.verbose = quiet, verbose
        self.notes.clear()
        self.warnings.clear()

    def note(self, text: str) -> None:
        """Something that was assumed or decided."""
        self.notes.append(text)
        self._say(f"note: {text}")

    def warn(self, text: str) -> None:
        """Something that the user should look at."""
        self.warnings.append(text)
        self._say(f"warning: {text}", style="yellow")

    def detail(self, text: str) -> None:
        """Something for -v only."""
        if self.verbose:
            self._say(text, style="dim")

    def say(self, text: str) -> None:
        self._say(text)

    def error(self, text: str) -> None:
        """One line, shown even with -q."""
        self.close()
        self._stderr.print(f"vid2pose3d: {' '.join(text.split())}", style="red", markup=False)

    def progress(self, stage: str, done: int, total: int | None) -> None:
        """Draw how far `stage` is; `total` may be unknown."""
        if self.quiet or not self._stderr.is_terminal:
            return
        if self._progress is None:
            self._progress = Progress(
                TextColumn("{task.description:<12}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
                TimeRemainingColumn(), console=self._stderr,
            )
            self._progress.start()
        if stage not in self._tasks:
            self._tasks[stage] = self._progress.add_task(stage, total=total)
        self._progress.update(self._tasks[stage], completed=done, total=total)

    def close(self) -> None:
        """Stop drawing progress."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None
            self._tasks.clear()

    def _say(self, text: str, *, style: str | None = None) -> None:
        if not self.quiet:
            self._stderr.print(text, style=style, markup=False)


console = Console()
"""The one console of the process."""

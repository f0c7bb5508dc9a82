"""What the pages say can be followed: their links lead somewhere, and their commands and options exist."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from vid2pose3d.cli.app import app

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "weights").rglob("*.md")])
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]


def anchors(page: Path) -> set[str]:
    """Those that GitHub makes of the headings: lower case, no punctuation, hyphens for spaces."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        assert target.exists(), f"{page.name}: {link}"
        assert not anchor or anchor in anchors(target), f"{page.name}: {link}"


def commands(page: Path) -> Iterator[list[str]]:
    """The program's command lines in a page's blocks of code and in its running text, as words."""
    text = re.sub(r"\\\n", " ", page.read_text(encoding="utf-8"))
    blocks = "\n".join(re.findall(r"```\w*\n(.*?)```", text, flags=re.DOTALL))
    running = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    for line in [*blocks.splitlines(), *re.findall(r"`([^`]+)`", running)]:
        if re.match(r"(\.venv/bin/)?vid2pose3d ", line.strip()):
            yield shlex.split(re.sub(r"[\[\]]|\\?\||\.\.\.", " ", line.strip()), comments=True)[1:]


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_commands_and_their_options_exist(page: Path) -> None:
    for words in commands(page):
        command = typer.main.get_command(app)
        while hasattr(command, "commands") and words and words[0] in command.commands:
            command = command.commands[words.pop(0)]
        known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
        known |= {"-h", "--help"}
        complete = not hasattr(command, "commands") or not words or words[0] == "COMMAND" or words[0].startswith("-")
        assert complete, f"{page.name}: {words}"
        for word in words:
            assert not word.startswith("-") or word in known, f"{page.name}: {command.name} {word}"


def test_the_commands_are_found() -> None:
    found = [" ".join(words) for words in commands(ROOT / "README.md")]
    assert "run clip.mp4 --action walking -o results" in found
    assert len(found) > 15

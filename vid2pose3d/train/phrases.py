"""Other words for the actions and labels of motion capture, as users might say them."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Phrases:
    """Phrases by coarse action and by label; none for those that nobody wrote any for."""

    general: dict[str, list[str]]
    """True of every clip of an action."""
    examples: dict[str, list[str]]
    """True of some clips of an action: they tell actions apart, but not what one clip shows."""
    labels: dict[str, list[str]]
    """Say what a label says."""

    def by_action(self, action_of: dict[str, str]) -> list[tuple[str, str]]:
        """Every phrase with its action, once. action_of: labels, which count as phrases too, with their actions."""
        pairs = [(phrase, action) for kind in (self.general, self.examples)
                 for action, phrases in kind.items() for phrase in phrases]
        pairs += list(action_of.items())
        pairs += [(phrase, action_of[label]) for label, phrases in self.labels.items() if label in action_of
                  for phrase in phrases]
        return list(dict.fromkeys(pairs))


@cache
def phrases() -> Phrases:
    """The phrases that ship with the package."""
    text = (files("vid2pose3d.train") / "paraphrases.json").read_text(encoding="utf-8")
    stored = json.loads(text)
    return Phrases(general={action: kinds["general"] for action, kinds in stored["actions"].items()},
                   examples={action: kinds["examples"] for action, kinds in stored["actions"].items()},
                   labels=stored["labels"])

"""Import open_clip, which takes seconds, only when it is needed and also beside a torchvision for another torch."""

import importlib
from functools import cache
from types import ModuleType

from vid2pose3d.torchvision_import import import_torchvision


@cache
def open_clip() -> ModuleType:
    """The open_clip module; it imports torchvision, whose operators it does not need for text."""
    import_torchvision()
    return importlib.import_module("open_clip")

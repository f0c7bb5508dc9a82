"""Text on pictures, in a font that knows more letters than OpenCV's own."""

import warnings
from functools import lru_cache
from pathlib import Path

import numpy as np

from vid2pose3d.render.colours import DARK, Colour

_FONT = "fonts/ttf/DejaVuSans-Bold.ttf"
_PANEL_OPACITY = 0.65


def draw_panel(image: np.ndarray, text: str, corner: tuple[int, int], *, size: int, colour: Colour,
               background: Colour = DARK, opacity: float = _PANEL_OPACITY) -> None:
    """Draw `text` on a filled box whose top-left corner is at pixel `corner`, in place.

    image: (H, W, 3) uint8 RGB. size: letter height in pixels. What lies outside the picture is cut off.
    """
    box = np.pad(_letters(text, size), _margin(size))
    coverage = np.full(box.shape, opacity, np.float32)
    paint = np.array(background, np.float32) + (np.array(colour, np.float32) - background) * box[..., None]
    _blend(image, paint, np.maximum(coverage, box), corner)


def panel_size(text: str, size: int) -> tuple[int, int]:
    """Width and height in pixels of the box that `draw_panel` fills."""
    height, width = _letters(text, size).shape
    return width + 2 * _margin(size), height + 2 * _margin(size)


def fit_text(text: str, size: int, room: int) -> str:
    """`text`, or as much of it as a box of `room` pixels holds, with an ellipsis."""
    width = panel_size(text, size)[0]
    while width > room and len(text) > 2:
        text = text[: max(1, min(len(text) - 2, int(len(text) * room / width)))].rstrip() + "…"
        width = panel_size(text, size)[0]
    return text


def _margin(size: int) -> int:
    return max(2, size // 3)


@lru_cache(maxsize=256)
def _letters(text: str, size: int) -> np.ndarray:
    """(h, w) float32 ink, 0..1."""
    import matplotlib
    from matplotlib.ft2font import FT2Font

    font = FT2Font(str(Path(matplotlib.get_data_path()) / _FONT))
    font.set_size(size, 72)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a letter that the font lacks becomes a box
        font.set_text(text, 0.0)
        font.draw_glyphs_to_bitmap(antialiased=True)
    return np.array(font.get_image(), np.float32) / 255


def _blend(image: np.ndarray, paint: np.ndarray, coverage: np.ndarray, corner: tuple[int, int]) -> None:
    """Mix paint (h, w, 3) into the picture by coverage (h, w), 0..1, at `corner`; cut off at its edges."""
    x, y = corner
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + paint.shape[1], image.shape[1]), min(y + paint.shape[0], image.shape[0])
    if left >= right or top >= bottom:
        return
    area = image[top:bottom, left:right]
    part = (slice(top - y, bottom - y), slice(left - x, right - x))
    area[:] = (area + (paint[part] - area) * coverage[part][..., None]).round().astype(np.uint8)

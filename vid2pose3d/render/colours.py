"""Colours that tell people, and their left from their right, apart."""

from typing import Literal

from vid2pose3d.palette import PALETTE, Colour, person_colour

__all__ = ["DARK", "LIGHT", "PALETTE", "Colour", "Side", "mix", "person_colour", "readable_on", "shade", "side_of"]

Side = Literal["left", "right", "middle"]

DARK: Colour = (20, 20, 20)
LIGHT: Colour = (250, 250, 250)


def shade(colour: Colour, side: Side) -> Colour:
    """A person's left limbs are lighter, the right ones darker."""
    if side == "left":
        return mix(colour, LIGHT, 0.45)
    return mix(colour, DARK, 0.45) if side == "right" else colour


def mix(colour: Colour, other: Colour, part: float) -> Colour:
    """`colour` with `part` (0..1) of `other`."""
    red, green, blue = (round((1 - part) * a + part * b) for a, b in zip(colour, other, strict=True))
    return red, green, blue


def readable_on(colour: Colour) -> Colour:
    """Dark or light, whichever is easier to read on `colour` (BT.601 luma)."""
    luma = 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]
    return DARK if luma > 110 else LIGHT


def side_of(joint: str) -> Side:
    """The side of the body that a joint's name tells."""
    if joint.startswith("left_"):
        return "left"
    return "right" if joint.startswith("right_") else "middle"

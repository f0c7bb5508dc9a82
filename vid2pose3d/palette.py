"""The colours that tell people apart, the same in pictures and in scenes."""

Colour = tuple[int, int, int]
"""Red, green, blue: 0..255."""

# Okabe and Ito's palette for every kind of colour vision, without black, in an order that keeps neighbours
# far apart; white takes the eighth place.
PALETTE: tuple[Colour, ...] = (
    (230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66),
    (204, 121, 167), (0, 114, 178), (213, 94, 0), (255, 255, 255),
)


def person_colour(person_id: int) -> Colour:
    """The colour of a person; the ninth person has the first one's again."""
    return PALETTE[(person_id - 1) % len(PALETTE)]

"""Time stamps that are missing, repeated or reset."""

from fractions import Fraction

import pytest

from vid2pose3d.video.timeline import Timeline

STEP = Fraction(1, 10)


def placed(stamps: list[float | None]) -> tuple[list[float], int]:
    timeline = Timeline(STEP)
    exact = [None if stamp is None else Fraction(stamp).limit_denominator(100) for stamp in stamps]
    times = [timeline.place(stamp) for stamp in exact]
    return [float(time) for time in times], timeline.repaired


@pytest.mark.parametrize(("stamps", "times", "repaired"), [
    ([3.0, 3.1, 3.5], [0.0, 0.1, 0.5], 0),
    ([None, None, None], [0.0, 0.1, 0.2], 3),
    ([1.0, None, 1.2], [0.0, 0.1, 0.2], 1),
    ([1.0, 1.1, 1.1, 1.2], [0.0, 0.1, 0.15, 0.2], 1),
    ([8.0, 8.1, 0.0, 0.1], [0.0, 0.1, 0.2, 0.3], 1),
])
def test_times_start_at_zero_and_increase(stamps, times, repaired):
    assert placed(stamps) == (pytest.approx(times), repaired)

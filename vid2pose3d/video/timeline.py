"""Time stamps that always increase, from stamps that may be missing, repeated or reset."""

from fractions import Fraction


class Timeline:
    """Turns each frame's stored time stamp into exact seconds since the first frame."""

    def __init__(self, step: Fraction) -> None:
        """`step`: seconds between frames where the stamps do not say."""
        self._step = step
        self._offset: Fraction | None = None
        self._last: Fraction | None = None
        self.repaired = 0
        """Number of stamps that could not be used as they were."""

    def place(self, stamp: Fraction | None) -> Fraction:
        """Seconds from the first frame to the next one, whose stored stamp is `stamp` seconds or missing."""
        expected = Fraction(0) if self._last is None else self._last + self._step
        time = self._from_stamp(stamp, expected)
        if stamp is None or time != stamp + (self._offset or 0):
            self.repaired += 1
        self._last = time
        return time

    def _from_stamp(self, stamp: Fraction | None, expected: Fraction) -> Fraction:
        if stamp is None:
            return expected
        if self._offset is None:
            self._offset = expected - stamp
        time = stamp + self._offset
        if self._last is None or time > self._last:
            return time
        if self._last - time > self._step:
            # The recorder's clock was reset: go on from here with the new clock.
            self._offset += expected - time
            self.repaired += 1
            return expected
        # Half a step leaves the next frame's own stamp usable.
        return self._last + self._step / 2

"""Cuts what comes out of a pipe into lines, whatever is written into it."""

import time


class Allowance:
    """How many lines may pass: `per_s` on average, `burst` at once. One thread."""

    def __init__(self, per_s: float, burst: float) -> None:
        self._per_s = per_s
        self._burst = burst
        self._left = burst
        self._at = time.monotonic()

    def has_some(self) -> bool:
        """Whether a line may pass now."""
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self._at) * self._per_s)
        self._at = now
        return self._left >= 1.0

    def use(self, lines: int) -> None:
        """Count lines that have passed; more than there were are paid for later, up to one burst."""
        self._left = max(-self._burst, self._left - lines)


class Lines:
    """Makes lines of chunks. One thread.

    A line longer than `longest` bytes is cut. Chunks that come while the allowance is used up are counted in
    `dropped` by their lines and not looked at, which costs next to nothing.
    """

    def __init__(self, longest: int, allowance: Allowance) -> None:
        self._longest = longest
        self._allowance = allowance
        self._held = b""
        self._skipping = False
        self.dropped = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """The lines that end in this chunk, without their ends."""
        if not self._allowance.has_some():
            self._drop(chunk)
            return []
        *whole, tail = chunk.split(b"\n")
        lines: list[bytes] = []
        for each in whole:
            if not self._skipping:
                lines.append((self._held + each)[: self._longest])
            self._skipping = False
            self._held = b""
        self._keep(tail)
        self._allowance.use(len(lines))
        return lines

    def rest(self) -> bytes:
        """What came after the last end of a line."""
        held, self._held = self._held, b""
        return held

    def _keep(self, tail: bytes) -> None:
        if not self._skipping and len(self._held) < self._longest:
            self._held = (self._held + tail)[: self._longest]

    def _drop(self, chunk: bytes) -> None:
        self.dropped += chunk.count(b"\n")
        self._held = b""
        # The rest of a line whose beginning was not looked at is no line.
        self._skipping = not chunk.endswith(b"\n")

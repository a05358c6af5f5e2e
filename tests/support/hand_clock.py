"""A clock that stands still until it is moved."""


class HandClock:
    def __init__(self, start_s: float = 1_700_000_000.0) -> None:
        self._now_s = start_s

    def now(self) -> float:
        return self._now_s

    def pass_s(self, seconds: float) -> None:
        self._now_s += seconds

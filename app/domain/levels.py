"""Meter ballistics."""

from dataclasses import dataclass

FLOOR_DBFS = -60.0
FALL_DB_PER_S = 20.0 / 1.7
"""The fall of a peak programme meter of IEC 60268-10 type I: 20 dB in 1.7 s."""
HOLD_S = 2.0
CLIP_DBFS = -0.1
WATCH_DBFS = -20.0
HOT_DBFS = -9.0


@dataclass(slots=True)
class Meter:
    """What a meter shows of one lane: instant attack, steady fall, held peak, latched clip."""

    shown_dbfs: float = FLOOR_DBFS
    rms_dbfs: float = FLOOR_DBFS
    held_dbfs: float = FLOOR_DBFS
    clipped: bool = False
    _shown_at: float | None = None
    _held_until: float = 0.0

    def read(self, at: float, peak_dbfs: float, rms_dbfs: float) -> None:
        """Take a reading of the time `at`."""
        self.fall(at)
        self.shown_dbfs = max(self.shown_dbfs, peak_dbfs)
        self.rms_dbfs = max(self.rms_dbfs, rms_dbfs)
        self.clipped = self.clipped or peak_dbfs >= CLIP_DBFS
        if peak_dbfs >= self.held_dbfs:
            self.held_dbfs, self._held_until = peak_dbfs, at + HOLD_S

    def fall(self, at: float) -> None:
        """Let the bars fall to the time `at`; a time before the last one changes nothing.

        A view lets them fall to now, and a reading that comes then is a little older.
        """
        since = at if self._shown_at is None else self._shown_at
        if at < since:
            return
        self._shown_at = at
        fallen_db = (at - since) * FALL_DB_PER_S
        self.shown_dbfs = max(FLOOR_DBFS, self.shown_dbfs - fallen_db)
        self.rms_dbfs = max(FLOOR_DBFS, self.rms_dbfs - fallen_db)
        held_fallen_db = max(0.0, at - max(since, self._held_until)) * FALL_DB_PER_S
        self.held_dbfs = max(self.shown_dbfs, self.held_dbfs - held_fallen_db)

    def clear_clip(self) -> None:
        self.clipped = False

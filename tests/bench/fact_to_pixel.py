"""How long a fact takes from a tier's thread to the painted script.

    python -m tests.bench.fact_to_pixel

Prints a JSON list of milliseconds, one for each fact.
"""

import json
import os
import random
import sys
import threading
import time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from app.domain.facts import CallerSaid
from app.runtime.mailbox import Mailbox
from app.ui.call_feed import CallFeed
from app.ui.frame_pump import FramePump
from app.ui.theme import ThemeChoice, theme
from app.ui.views.transcript import Transcript
from tests.support.sample_call import sample_facts

FACTS = 300
CALL = "measured"


class Pixels(QObject):
    """Notes when the script has been painted with the newest words."""

    def __init__(self, script: Transcript, feed: CallFeed) -> None:
        super().__init__()
        self._feed = feed
        self.posted: dict[str, float] = {}
        self.took_ms: list[float] = []
        self._after = QTimer(self)
        self._after.setSingleShot(True)
        self._after.timeout.connect(self._painted)
        for widget in (script, *script.findChildren(QWidget)):
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() is QEvent.Type.Paint:
            self._after.start(0)
        return False

    def _painted(self) -> None:
        caller = self._feed.call.turns[-1].caller
        posted_at = self.posted.pop(caller.text, None) if caller else None
        if posted_at is not None:
            self.took_ms.append((time.perf_counter() - posted_at) * 1000)


def main() -> None:
    application = QApplication([])
    theme.start(application, ThemeChoice.DARK)
    mailbox = Mailbox()
    pump, feed = FramePump(mailbox), CallFeed()
    feed.begin(CALL)
    feed.absorb({CALL: sample_facts()})
    script = Transcript()
    script.resize(860, 560)
    script.set_call(feed.call)
    feed.changed.connect(script.apply)
    pump.batch.connect(feed.absorb)
    pixels = Pixels(script, feed)
    script.show()
    pump.start()
    poster = threading.Thread(target=post, args=(mailbox, pixels))
    poster.start()
    poll = QTimer()
    poll.timeout.connect(lambda: None if poster.is_alive() else application.quit())
    poll.start(300)
    application.exec()
    sys.stdout.write(json.dumps(pixels.took_ms) + "\n")


def post(mailbox: Mailbox, pixels: Pixels) -> None:
    randomly = random.Random(3)
    for number in range(FACTS):
        time.sleep(randomly.uniform(0.04, 0.08))
        text = f"OK thank you {number}"
        pixels.posted[text] = time.perf_counter()
        mailbox.post(CALL, CallerSaid(at=time.time(), text=text, final=False))
    time.sleep(0.2)


if __name__ == "__main__":
    main()

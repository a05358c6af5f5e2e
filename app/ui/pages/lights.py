"""What a call needs from this computer: microphone, speaker and server, each a light with words."""

from PySide6.QtCore import QRectF, Qt, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.domain.errors import UserError
from app.domain.levels import FLOOR_DBFS, HOT_DBFS, WATCH_DBFS, Meter
from app.ui.audio.devices import AudioDevice, AudioDevices, Search
from app.ui.controls import Dot, ElidedLabel, Role, column, label, row
from app.ui.paint import draw_rounded
from app.ui.plain_text import shown_lines
from app.ui.tokens import SPACE_S, Radius, Token

SEARCH_WORDS = {
    Search.RUNNING: ("Looking for audio devices", ""),
    Search.UNANSWERED: (
        "Audio devices do not answer",
        "The sound server hangs. Restart it, or type as the caller.",
    ),
    Search.LOST: (
        "The sound server went away",
        "Start Greenroom again to speak and hear. Typing works.",
    ),
    Search.IMPOSSIBLE: (
        "No sound on this computer",
        "A system library is missing: greenroom doctor names it. Typing works.",
    ),
}
NO_MICROPHONE = ("No microphone", "Without a microphone you can type as the caller.")
NO_SPEAKER = ("No speaker", "Without a speaker you can read what the agent says.")


class LevelBar(QWidget):
    """A small live level of the microphone, with the fall of a meter."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(60, 8)
        self.setAccessibleName("Microphone level")
        self._meter = Meter()
        self.share = 0.0
        """Of the scale from -60 to 0 dBFS."""

    def read(self, now: float, peak_dbfs: float | None) -> None:
        """Take a reading at a time in seconds; None while the microphone is closed."""
        if peak_dbfs is None:
            self._meter.fall(now)
        else:
            self._meter.read(now, peak_dbfs, peak_dbfs)
        share = (self._meter.shown_dbfs - FLOOR_DBFS) / -FLOOR_DBFS
        moved = round(share * self.width()) != round(self.share * self.width())
        self.share = share
        if moved:
            self.update()

    @property
    def ink(self) -> Token:
        shown = self._meter.shown_dbfs
        return Token.BAD if shown >= HOT_DBFS else Token.WARN if shown >= WATCH_DBFS else Token.OK

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        box = QRectF(self.rect())
        draw_rounded(painter, box, Radius.BAR, Token.LINE)
        if self.share > 0:
            box.setWidth(max(4.0, box.width() * min(1.0, self.share)))
            draw_rounded(painter, box, Radius.BAR, self.ink)


class Light(QWidget):
    """A dot and a sentence."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        layout = row(self, gap=7)
        self._dot = Dot()
        self._words = ElidedLabel("", Role.SECONDARY)
        layout.addWidget(self._dot)
        layout.addWidget(self._words)

    def say(self, words: str, ink: Token) -> None:
        self._dot.set_ink(ink)
        self._words.set_text(words)
        self.setAccessibleName(words)

    @property
    def words(self) -> str:
        return self._words.text()


class Lights(QWidget):
    """The row of lights, and below it what to do about those that are not green."""

    def __init__(self, audio: AudioDevices) -> None:
        super().__init__()
        self._audio = audio
        self._server_hint = ""
        self.microphone, self.speaker, self.server = Light(), Light(), Light()
        self.level = LevelBar()
        self.hint = label("", Role.SECONDARY, wrap=True)
        self.hint.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout = column(self, gap=SPACE_S)
        lights = row(gap=18)
        first = row(gap=SPACE_S)
        first.addWidget(self.microphone)
        first.addWidget(self.level)
        lights.addLayout(first)
        lights.addWidget(self.speaker)
        lights.addWidget(self.server)
        lights.addStretch(1)
        layout.addLayout(lights)
        layout.addWidget(self.hint)
        self.server.say("livekit-server: looking", Token.TEXT3)
        audio.changed.connect(self.refresh)
        self.refresh()

    def tick(self, now: float) -> None:
        self.level.read(now, self._audio.take_peak_dbfs())

    def show_server(self, version: str) -> None:
        self._server_hint = ""
        self.server.say(f"livekit-server {version}", Token.OK)
        self._show_hints()

    def show_server_missing(self, error: UserError) -> None:
        self._server_hint = error.hint
        self.server.say(error.title, Token.BAD)
        self._show_hints()

    @Slot()
    def refresh(self) -> None:
        """Show the audio devices as they are now."""
        audio = self._audio
        words = SEARCH_WORDS.get(audio.search)
        self.speaker.setVisible(words is None)
        self.level.setVisible(words is None and audio.microphone is not None)
        if words is not None:
            looking = audio.search is Search.RUNNING
            self.microphone.say(words[0], Token.TEXT3 if looking else Token.WARN)
        else:
            _show_device(self.microphone, "Microphone", audio.microphone, NO_MICROPHONE)
            _show_device(self.speaker, "Speaker", audio.speaker, NO_SPEAKER)
        self._show_hints()

    def _show_hints(self) -> None:
        hints = [self._server_hint, *self._audio_hints()]
        text = "\n".join(hint for hint in hints if hint)
        self.hint.setText(shown_lines(text, 600))
        self.hint.setVisible(bool(text))

    def _audio_hints(self) -> list[str]:
        if words := SEARCH_WORDS.get(self._audio.search):
            return [words[1]]
        missing: list[str] = []
        if self._audio.microphone is None:
            missing.append(NO_MICROPHONE[1])
        if self._audio.speaker is None:
            missing.append(NO_SPEAKER[1])
        return missing


def _show_device(
    light: Light, kind: str, device: AudioDevice | None, missing: tuple[str, str]
) -> None:
    if device is None:
        light.say(missing[0], Token.WARN)
    else:
        light.say(f"{kind}: {device.name}", Token.OK)

"""What the stages of a turn are called and how they look, wherever they are drawn."""

from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QRectF
from PySide6.QtGui import QBrush, QColor, QPainter

from app.domain.facts import OwnerKind, Stage
from app.domain.turns import LiveStage, Turn
from app.ui.paint import color_of, hatch
from app.ui.plain_text import shown
from app.ui.tokens import Token
from app.ui.views.figures import seconds

_CONFIG = "config: "
"""How Pipecat marks an owner that is a setting."""


@dataclass(frozen=True, slots=True)
class StageLook:
    """What a stage is called, its colour, and whether the time is as a rule spent by a setting."""

    label: str
    ink: Token
    setting: bool = False
    waited_for: str = ""
    """What a caller waits for meanwhile, as in `waiting for the LLM`."""


_LOOKS = {
    "endpointing_wait": StageLook("Silence wait", Token.ST_SILENCE, True, "the end of the silence"),
    "transcription": StageLook("Transcribe", Token.ST_STT, False, "the transcription"),
    "turn_detection": StageLook("Turn decision", Token.ST_TURN, True, "the turn decision"),
    "llm_inference": StageLook("LLM", Token.ST_LLM, False, "the LLM"),
    "function_handler": StageLook("Tool", Token.ST_TOOL, False, "the tool"),
    "sentence_aggregation": StageLook("Sentence hold", Token.ST_SENTENCE, True, "the sentence"),
    "speech_synthesis": StageLook("Voice", Token.ST_VOICE, False, "the voice"),
    "output_transport": StageLook("Output", Token.ST_OUT, False, "the output"),
    "pipeline": StageLook("Pipeline", Token.ST_SILENCE, False, "the pipeline"),
    "first_request": StageLook("First request", Token.ST_TURN, False, "the first request"),
    "turn_completion": StageLook("Turn completion", Token.ST_TURN, True, "the turn decision"),
    "waiting_for_user": StageLook("Waiting for the caller", Token.ST_SILENCE, True, "the caller"),
    "llm_tool_call": StageLook("LLM writes the tool call", Token.ST_LLM, False, "the LLM"),
    "awaiting_speakable_text": StageLook("Waiting for text", Token.ST_SENTENCE, False, "the text"),
}
"""By the keys of Pipecat's `LatencyContribution`."""
LEGEND = tuple(_LOOKS)[:9]
"""The keys that a legend names: one for each colour and pattern."""
TO_THE_EAR = StageLook("To the listener’s ear", Token.ST_NET)


@dataclass(frozen=True, slots=True)
class Part:
    """A stage as it is drawn, of a finished turn or of the one in hand."""

    label: str
    ink: Token
    hatched: bool
    owner: str
    start_ms: float
    duration_ms: float

    @property
    def end_ms(self) -> float:
        return self.start_ms + self.duration_ms

    def text(self) -> str:
        """The part, what it took and whose it is: `Silence wait 0.20 s · setting VAD stop_secs`."""
        return f"{self.label} {seconds(self.duration_ms)} · {self.owner}"


def look_of(key: str, label: str = "") -> StageLook:
    """How a stage looks; one that is not known yet keeps its own label."""
    name = label or key.replace("_", " ")
    known = _LOOKS.get(key)
    if known is not None:
        return known
    word = shown(name, 40)
    return StageLook(word.capitalize(), Token.ST_SILENCE, False, word)


def part_of(stage: Stage) -> Part:
    look = look_of(stage.key, stage.label)
    hatched = stage.owner_kind is OwnerKind.SETTING
    owner = _owner_text(stage.owner)
    length_ms = max(0.0, stage.duration_ms)
    return Part(look.label, look.ink, hatched, owner, stage.start_ms, length_ms)


def parts_of(turn: Turn) -> tuple[Part, ...]:
    """The parts of a turn that was answered, laid end to end."""
    return tuple(part_of(stage) for stage in turn.stages)


def waiting_since(turn: Turn) -> float | None:
    """When the caller of the turn in hand stopped: the earliest that is known of it."""
    known = [stage.entered_at for stage in turn.live_stages[:1]]
    if turn.caller is not None and turn.caller.stopped_at is not None:
        known.append(turn.caller.stopped_at)
    return min(known, default=None)


def live_parts(turn: Turn, now: float) -> tuple[Part, ...]:
    """The parts of the turn in hand as far as it has come; the last one grows with `now`."""
    stages = turn.live_stages
    if not stages:
        return ()
    start = waiting_since(turn) or stages[0].entered_at
    ends = [stage.entered_at for stage in stages[1:]] + [max(now, stages[-1].entered_at)]
    return tuple(_live_part(stage, start, end) for stage, end in zip(stages, ends, strict=True))


def brush_of(part: Part, ratio: float) -> QBrush:
    return look_brush(part.ink, hatched=part.hatched, ratio=ratio)


def look_brush(ink: Token, *, hatched: bool, ratio: float) -> QBrush:
    """The fill of a stage: hatched where a setting spends the time."""
    return hatch(ink, ratio) if hatched else _solid(color_of(ink).rgba())


def fill_bar(
    painter: QPainter, parts: tuple[Part, ...], box: QRectF, ms_per_px: float, ratio: float
) -> None:
    """Fill `box` from the left with parts at a scale, cut at its right end."""
    left_ms = parts[0].start_ms if parts else 0.0
    for part in parts:
        x = box.x() + (part.start_ms - left_ms) / ms_per_px
        right = min(box.right(), x + part.duration_ms / ms_per_px)
        if x < right:
            painter.fillRect(QRectF(x, box.y(), right - x, box.height()), brush_of(part, ratio))


@lru_cache(64)
def _solid(rgba: int) -> QBrush:
    return QBrush(QColor.fromRgba(rgba))


def _live_part(stage: LiveStage, start: float, end: float) -> Part:
    look = look_of(stage.key)
    hatched = stage.owner.startswith(_CONFIG) or look.setting
    begun_ms = (stage.entered_at - start) * 1000
    length_ms = max(0.0, (end - stage.entered_at) * 1000)
    return Part(look.label, look.ink, hatched, _owner_text(stage.owner), begun_ms, length_ms)


def _owner_text(owner: str) -> str:
    name = shown(owner, 80)
    return f"setting {name.removeprefix(_CONFIG)}" if name.startswith(_CONFIG) else name

"""The figures of a report: durations in words, and the stages of a turn as a bar."""

from collections.abc import Iterable

from app.domain.facts import OwnerKind, Stage, Tap
from app.domain.stages import KINDS, StageHue, StageKind, stage_kind
from app.domain.turns import GOOD_MS, WATCH_MS, Gap, Turn
from app.storage.markup import Markup, element

LEAST_SCALE_MS = 2000.0
NONE = "–"
LEGEND = (*tuple(KINDS.values())[:9], StageKind("To the listener’s ear", StageHue.NET))
HATCH_PX = 5
CONFIG = "config: "
"""How Pipecat marks an owner that is a setting."""


def seconds(ms: float | None) -> str:
    """Such as `1.16 s`; a dash where nothing was measured."""
    return NONE if ms is None else f"{ms / 1000:.2f} s"


def delay(ms: float | None, *, uncertain: bool = False) -> Markup:
    """A delay in its colour; marked where the reading is uncertain."""
    if ms is None:
        return element("span", NONE, class_="dim", title="not measured")
    judged = "ok" if ms < GOOD_MS else "warn" if ms < WATCH_MS else "bad"
    about = "≈ " if uncertain else ""
    title = "uncertain: the jitter buffer was high or moving" if uncertain else None
    return element("span", f"{about}{seconds(ms)}", class_=judged, title=title)


def gap_delay(gap: Gap | None) -> Markup:
    return delay(None) if gap is None else delay(gap.ms, uncertain=gap.uncertain)


def scale_of(turns: Iterable[Turn]) -> float:
    """The milliseconds that all bars of a report are as wide as."""
    ends = [ms for turn in turns for ms in (turn.reported_ms, turn.heard_ms) if ms is not None]
    return max([LEAST_SCALE_MS, *ends])


def bar(turn: Turn, scale_ms: float, height: int, *, guides: bool) -> Markup:
    """The stages of a turn end to end, and the way on to the listener's ear."""
    marks = [_guide(ms, scale_ms, height) for ms in (GOOD_MS, WATCH_MS) if guides]
    begin_ms = 0.0
    for stage in turn.stages:
        marks.append(_segment(stage, begin_ms, scale_ms, height))
        begin_ms += stage.duration_ms
    if guides:
        marks += _way_to_the_ear(turn, scale_ms, height)
    return element("svg", *marks, width="100%", height=height, role="img", aria_label=_spoken(turn))


def legend() -> Markup:
    """A swatch and a name for each colour and pattern."""
    items = [element("li", _swatch(kind), kind.label) for kind in LEGEND]
    return element("ul", *items, class_="legend")


def hatchings() -> Markup:
    """The patterns for time that a setting costs, to be in the page once."""
    patterns = [
        element(
            "pattern",
            element("rect", class_=f"{hue} ground", width=HATCH_PX, height=HATCH_PX),
            element("rect", class_=hue.value, width=HATCH_PX / 2, height=HATCH_PX),
            id=f"hatch-{hue}",
            width=HATCH_PX,
            height=HATCH_PX,
            patternUnits="userSpaceOnUse",
            patternTransform="rotate(45)",
        )
        for hue in StageHue
    ]
    return element("svg", element("defs", *patterns), width=0, height=0, aria_hidden="true")


def stage_text(stage: Stage) -> str:
    """Such as `Silence wait 0.20 s, setting VAD stop_secs`."""
    label = stage_kind(stage.key, stage.label).label
    setting = stage.owner.startswith(CONFIG)
    owner = f"setting {stage.owner.removeprefix(CONFIG)}" if setting else stage.owner
    return f"{label} {seconds(stage.duration_ms)}, {owner}"


def _segment(stage: Stage, begin_ms: float, scale_ms: float, height: int) -> Markup:
    hue = stage_kind(stage.key, stage.label).hue
    return element(
        "rect",
        element("title", stage_text(stage)),
        x=_percent(begin_ms, scale_ms),
        width=_percent(stage.duration_ms, scale_ms),
        height=height,
        rx=2,
        **_fill(hue, hatched=stage.owner_kind is OwnerKind.SETTING),
    )


def _guide(ms: float, scale_ms: float, height: int) -> Markup:
    x = _percent(ms, scale_ms)
    return element("line", class_="guide", x1=x, x2=x, y1=-3, y2=height + 3)


def _way_to_the_ear(turn: Turn, scale_ms: float, height: int) -> list[Markup]:
    heard = turn.gaps.get(Tap.LISTENER)
    if heard is None or turn.reported_ms is None:
        return []
    begin, end = _percent(turn.reported_ms, scale_ms), _percent(heard.ms, scale_ms)
    middle = height / 2
    title = element("title", f"Heard after {seconds(heard.ms)}")
    return [
        element("line", class_="way", x1=begin, x2=end, y1=middle, y2=middle),
        element("circle", title, class_="ear", cx=end, cy=middle, r=3.5),
    ]


def _swatch(kind: StageKind) -> Markup:
    rect = element("rect", width=11, height=11, rx=2.5, **_fill(kind.hue, hatched=kind.setting))
    return element("svg", rect, width=11, height=11, aria_hidden="true")


def _fill(hue: StageHue, *, hatched: bool) -> dict[str, str]:
    return {"fill": f"url(#hatch-{hue})"} if hatched else {"class_": hue.value}


def _percent(ms: float, scale_ms: float) -> str:
    return f"{100 * ms / scale_ms:.2f}%"


def _spoken(turn: Turn) -> str:
    """What a screen reader says of a bar."""
    return "; ".join(stage_text(stage) for stage in turn.stages) or "not measured"

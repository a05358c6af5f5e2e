"""report.html: a call on one page that needs nothing but itself and, to be heard, its recording."""

from datetime import datetime, tzinfo

from app.domain.call import Call
from app.domain.cost import cost_of
from app.domain.facts import Tap
from app.domain.stages import stage_kind
from app.domain.turns import Percentiles, Turn, percentiles
from app.runtime.resources import resource
from app.storage.documents import was_spoken
from app.storage.markup import Markup, element, joined
from app.storage.report_figures import (
    bar,
    delay,
    gap_delay,
    hatchings,
    legend,
    scale_of,
    seconds,
    stage_text,
)

CLOCKS = {
    Tap.LISTENER: "At the listener’s ear",
    Tap.AGENT: "In the agent’s audio",
    Tap.CALLER: "At the caller",
}
NOT_UNDERSTOOD = "(not understood)"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; media-src 'self' file:"


def report_html(call: Call, audio: str | None, zone: tzinfo | None = None) -> str:
    """The page. `audio` is the name of the recording beside it; times are in `zone`, or in this computer's."""
    turns = [turn for turn in call.exchanges if was_spoken(turn)]
    body = element(
        "main",
        _head(call, turns, zone),
        _tiles(turns),
        _audio(audio),
        _section("Transcript", _script(call)),
        _section("Latency", legend(), _latency_table(turns), _stage_table(turns)),
        _marks(call),
        _section("The call", _facts(call)),
    )
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", f"{call.room} – Greenroom"),
        element("style", Markup(resource("report/report.css").read_text(encoding="utf-8"))),
    )
    page = element("html", head, element("body", hatchings(), body), lang="en")
    return f"<!doctype html>\n{page}\n"


def _section(title: str, *content: Markup) -> Markup:
    return element("section", element("h2", title), *content)


# Head


def _head(call: Call, turns: list[Turn], zone: tzinfo | None) -> Markup:
    chips = [element("li", text, class_=kind) for text, kind in _chips(call, turns)]
    when = "" if call.opened_at is None else f"{_date(call.opened_at, zone)} · "
    return element(
        "header",
        element("h1", call.room),
        element("p", f"{when}{call.agent_name} · {call.server}", class_="dim"),
        element("ul", *chips, class_="chips"),
    )


def _chips(call: Call, turns: list[Turn]) -> list[tuple[str, str | None]]:
    chips: list[tuple[str, str | None]] = [(_count(len(turns), "turn"), None)]
    if call.opened_at is not None and call.closed_at is not None:
        chips.insert(0, (f"{_clock(call.closed_at, call.opened_at)} long", None))
    if unanswered := sum(not turn.answered for turn in turns):
        chips.append((f"{unanswered} not answered", "bad"))
    if cut_off := sum(turn.agent is not None and turn.agent.interrupted for turn in turns):
        chips.append((f"{cut_off} cut off", "warn"))
    if call.alerts:
        chips.append((_count(len(call.alerts), "alert"), "warn"))
    if call.flags:
        chips.append((_count(len(call.flags), "flag"), None))
    return chips


def _tiles(turns: list[Turn]) -> Markup:
    reported = [turn.reported_ms for turn in turns if turn.reported_ms is not None]
    tiles = [_tile("Reported by the agent", percentiles(reported), 0)]
    for tap in (Tap.AGENT, Tap.LISTENER):
        gaps = [turn.gaps[tap] for turn in turns if tap in turn.gaps]
        uncertain = sum(gap.uncertain for gap in gaps)
        tiles.append(_tile(CLOCKS[tap], percentiles([gap.ms for gap in gaps]), uncertain))
    return element("div", *tiles, class_="tiles")


def _tile(title: str, figures: Percentiles, uncertain: int) -> Markup:
    p95 = "p95 from 5 turns" if figures.p95 is None else f"p95 {seconds(figures.p95)}"
    doubt = f", {uncertain} uncertain" if uncertain else ""
    return element(
        "div",
        element("span", title, class_="small"),
        element("b", delay(figures.p50)),
        element("span", f"median · {p95} · n = {figures.n}{doubt}", class_="small"),
    )


def _audio(audio: str | None) -> Markup:
    if audio is None:
        return element("p", "This call has no recording.", class_="dim")
    return joined(
        element("audio", controls="", preload="metadata", src=audio),
        element("p", "Left: the caller. Right: the agent.", class_="small"),
    )


# Transcript


def _script(call: Call) -> Markup:
    turns = [turn for turn in call.turns if was_spoken(turn)]
    if not turns:
        return element("p", "Nobody said anything.", class_="dim")
    scale_ms = scale_of(turns)
    cells = [cell for turn in turns for cell in (_caller(call, turn), _agent(call, turn, scale_ms))]
    return element("div", *cells, class_="script")


def _caller(call: Call, turn: Turn) -> Markup:
    caller = turn.caller
    if caller is None:
        return element("div", "The agent speaks first.", class_="none")
    at = turn.opened_at if caller.started_at is None else caller.started_at
    name = "Caller, typed" if caller.typed else "Caller"
    who = _who(name, _clock(at, call.opened_at), f"turn {turn.index}")
    return element("div", who, element("p", caller.text or NOT_UNDERSTOOD), class_="caller")


def _agent(call: Call, turn: Turn, scale_ms: float) -> Markup:
    agent = turn.agent
    if agent is None:
        return element("div", "No answer.", class_="none")
    at = turn.opened_at if agent.started_at is None else agent.started_at
    who = _who("Agent", _clock(at, call.opened_at), delay(turn.reported_ms))
    cut_off = element("span", " Cut off by the caller.", class_="warn")
    said = element("p", agent.text, cut_off if agent.interrupted else "")
    stages = bar(turn, scale_ms, 5, guides=False) if turn.stages else ""
    return element("div", who, said, stages, class_="agent")


def _who(name: str, clock: str, right: str) -> Markup:
    parts = (element("b", name), element("span", clock), element("span", right))
    return element("div", *parts, class_="who")


# Latency


def _latency_table(turns: list[Turn]) -> Markup:
    scale_ms = scale_of(turns)
    taps = [tap for tap in CLOCKS if tap is not Tap.CALLER or any(tap in t.gaps for t in turns)]
    head = ["Turn", "Reported", *(CLOCKS[tap] for tap in taps)]
    titles = [element("th", title, class_="num") for title in head]
    guides = f"Stages (the width is {seconds(scale_ms)}; guides at 0.8 s and 1.5 s)"
    titles += [element("th", guides), element("th", "Longest")]
    rows = [_latency_row(turn, taps, scale_ms) for turn in turns]
    return _table(titles, rows)


def _latency_row(turn: Turn, taps: list[Tap], scale_ms: float) -> Markup:
    figures = [
        str(turn.index),
        delay(turn.reported_ms),
        *(gap_delay(turn.gaps.get(t)) for t in taps),
    ]
    cells = [element("td", figure, class_="num") for figure in figures]
    longest = "" if turn.slowest is None else stage_text(turn.slowest)
    cells.append(element("td", bar(turn, scale_ms, 14, guides=True), class_="bar"))
    cells.append(element("td", longest, class_="small"))
    return element("tr", *cells)


def _stage_table(turns: list[Turn]) -> Markup:
    """Median and p95 of each stage, in the order of their first appearance."""
    taken: dict[str, list[float]] = {}
    for stage in (stage for turn in turns for stage in turn.stages):
        label = stage_kind(stage.key, stage.label).label
        taken.setdefault(label, []).append(stage.duration_ms)
    if not taken:
        return Markup()
    titles = [element("th", "Stage")]
    titles += [element("th", title, class_="num") for title in ("Median", "p95", "n")]
    return joined(element("h2", "Stages"), _table(titles, [_stage_row(*s) for s in taken.items()]))


def _stage_row(label: str, durations_ms: list[float]) -> Markup:
    figures = percentiles(durations_ms)
    shown = (seconds(figures.p50), seconds(figures.p95), str(figures.n))
    return element("tr", element("td", label), *(element("td", s, class_="num") for s in shown))


def _table(titles: list[Markup], rows: list[Markup]) -> Markup:
    head = element("thead", element("tr", *titles))
    return element("div", element("table", head, element("tbody", *rows)), class_="scroll")


# Alerts, flags, facts


def _marks(call: Call) -> Markup:
    marks = [(alert.at, alert.severity.value, alert.text) for alert in call.alerts]
    marks += [(flag.at, "flag", flag.note or "Flag") for flag in call.flags]
    if not marks:
        return Markup()
    items = [
        element(
            "li",
            element("time", _clock(at, call.opened_at)),
            element("span", text, class_={"bad": "bad", "watch": "warn"}.get(kind)),
        )
        for at, kind, text in sorted(marks)
    ]
    return _section("Alerts and flags", element("ul", *items, class_="marks"))


def _facts(call: Call) -> Markup:
    cost = cost_of(call)
    services = [f"{s.part}: {s.name}{f' ({s.model})' if s.model else ''}" for s in call.services]
    people = [f"{p.name or p.identity} ({p.role})" for p in call.participants.values()]
    listeners = [f"{listener.who}, {listener.how}" for listener in call.listeners]
    facts = {
        "Call": call.id,
        "Server": call.server,
        "Agent": f"{call.agent_name} ({call.agent_kind})",
        "Services": "; ".join(services),
        "Participants": "; ".join(people),
        "Listening in": "; ".join(listeners),
        "Cost": f"{cost.words}. {cost.note}",
        "Versions": "; ".join(f"{name} {version}" for name, version in call.versions.items()),
        "Ended": call.close_reason,
    }
    known = [(name, value) for name, value in facts.items() if value]
    return element("dl", *(e for n, v in known for e in (element("dt", n), element("dd", v))))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _date(at: float, zone: tzinfo | None) -> str:
    moment = datetime.fromtimestamp(at, zone).astimezone(zone)
    return f"{moment:%A, %d %B %Y, %H:%M %Z}".replace(" 0", " ")


def _clock(at: float, opened_at: float | None) -> str:
    """A moment as the time since the call opened, such as `0:21`."""
    whole = max(0, int(at - (at if opened_at is None else opened_at)))
    return f"{whole // 60}:{whole % 60:02}"

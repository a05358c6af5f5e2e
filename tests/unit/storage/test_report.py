import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC
from html.parser import HTMLParser

from app.domain.call import Call
from app.domain.facts import (
    AgentInterrupted,
    CallerSaid,
    Fact,
    Flagged,
    ListeningStarted,
    ParticipantJoined,
    Role,
)
from app.runtime.resources import resource
from app.storage.report import report_html
from app.ui.tokens import COLORS, Scheme
from tests.unit.domain.conversation import T0, answer, closed, exchange, opened, question

HOSTILE = '<script>alert(1)</script><img src=x onerror=alert(1)>" onload="alert(1)'
VOID = {"meta", "link", "br", "img"}


class Page(HTMLParser):
    """A page taken apart: how often each element occurs, its headings, its rows, its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str | None]] = []
        self.headings: list[str] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] += 1
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] += 1
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" in self._open:
            return
        if self._open and self._open[-1] in ("h1", "h2"):
            self.headings.append(data)
        self.text += data


def page(*facts: Fact, audio: str | None = "call.wav") -> Page:
    call = Call()
    call.apply(facts)
    return Page(report_html(call, audio, UTC))


def a_call() -> Sequence[Fact]:
    return [
        opened(),
        ListeningStarted(at=T0, identity="ear", who="This computer", how="hidden"),
        ParticipantJoined(at=T0, identity="caller", name="Ada", role=Role.CALLER),
        *answer(T0 + 1, "Hello.", None),
        *exchange(T0 + 10, "How high is it?", "330 metres."),
        *exchange(T0 + 20, "Who built it?", "Eiffel.", delay_s=2.0),
        Flagged(at=T0 + 25, note="too slow"),
        *question(T0 + 40, "Anybody there?"),
        closed(T0 + 75, "The demo is over."),
    ]


def test_the_page_has_its_parts_in_their_order():
    found = page(*a_call())

    assert found.headings == [
        "local-ab12",
        "Transcript",
        "Latency",
        "Stages",
        "Alerts and flags",
        "The call",
    ]
    assert found.elements["table"] == 2
    assert found.elements["audio"] == 1
    assert found.elements["tr"] == 1 + 3 + 1 + 3
    assert found.elements["svg"] > 6


def test_it_needs_no_script_and_nothing_from_elsewhere():
    found = page(*a_call())

    assert found.elements["script"] == 0
    assert [value for _, name, value in found.attributes if name in ("src", "href")] == ["call.wav"]
    assert not [name for _, name, _ in found.attributes if name.startswith("on")]
    assert "@import" not in resource("report/report.css").read_text()
    assert "url(" not in resource("report/report.css").read_text()


def test_the_head_says_when_how_long_and_what_went_wrong():
    text = page(*a_call()).text

    assert "Friday, 15 January 2027, 8:00 UTC · Local agent · This computer" in text
    for chip in ("1:15 long", "3 turns", "1 not answered", "2 alerts", "1 flag"):
        assert chip in text


def test_percentiles_stand_with_their_number():
    text = page(*a_call()).text

    assert "median · p95 from 5 turns · n = 2" in text
    five = [f for i in range(5) for f in exchange(T0 + 10 * i, "How high?", "330 metres.")]
    assert "median · p95 1.00 s · n = 5" in page(*five).text


def test_the_transcript_has_both_sides_and_says_what_is_missing():
    text = page(*a_call()).text

    for said in (
        "The agent speaks first.",
        "Hello.",
        "How high is it?",
        "330 metres.",
        "No answer.",
    ):
        assert said in text
    assert "In turn 2 the caller waited 2.0 s" in text
    assert "too slow" in text


def test_a_cut_off_answer_and_typed_text_are_marked():
    cut_off = answer(T0 + 3, "The tower was built by", T0 + 2)[:-3]
    typed = CallerSaid(at=T0 + 10, text="And when?", final=True, typed=True)
    text = page(*question(T0, "Tell me all"), *cut_off, AgentInterrupted(at=T0 + 4), typed).text

    assert "Cut off by the caller." in text
    assert "1 cut off" in text
    assert "Caller, typed" in text


def test_the_facts_of_the_call_are_told():
    text = page(*a_call()).text

    for fact in (
        "20261122-100000-ab12",
        "stt: WhisperSTT (tiny.en); tts: Piper",
        "Ada (caller)",
        "This computer, hidden",
        "$0.00. All services run on this computer.",
        "greenroom 0.1.0; python 3.11.7",
        "The demo is over.",
    ):
        assert fact in text
    assert "unknown. The prices" in page(opened(agent_kind="cloud")).text


def test_a_call_without_a_recording_says_so():
    found = page(*a_call(), audio=None)

    assert found.elements["audio"] == 0
    assert "This call has no recording." in found.text


def test_a_call_in_which_nobody_spoke_is_still_a_page():
    found = page(opened())

    assert "Nobody said anything." in found.text
    assert "Stages" not in found.headings
    assert page().headings[0:2] == ["Transcript", "Latency"]


def test_foreign_text_is_text():
    found = page(
        opened(),
        ParticipantJoined(at=T0, identity="x", name=HOSTILE, role=Role.CALLER),
        *exchange(T0 + 10, HOSTILE, HOSTILE),
        Flagged(at=T0 + 25, note=HOSTILE),
    )

    assert found.elements["script"] == found.elements["img"] == 0
    assert not [name for _, name, _ in found.attributes if name.startswith("on")]
    assert found.text.count("<script>alert(1)</script>") == 4


def test_a_caller_who_was_not_understood_is_there():
    text = page(*(f for f in exchange(T0, "?", "Sorry?") if not isinstance(f, CallerSaid))).text

    assert "(not understood)" in text


def test_the_tokens_are_those_of_the_panel():
    css = resource("report/report.css").read_text()
    light, dark = css.split("@media (prefers-color-scheme: dark)")
    for part, scheme in ((light, Scheme.LIGHT), (dark, Scheme.DARK)):
        tokens = dict(re.findall(r"--([a-z0-9-]+): (#[0-9A-F]{6})", part))
        assert len(tokens) > 20
        assert tokens == {name: COLORS[scheme][name] for name in tokens}  # pyright: ignore[reportArgumentType]

from app.domain.facts import (
    CallOpened,
    ErrorRaised,
    Fact,
    Flagged,
    Lane,
    LevelMeasured,
    Service,
)
from app.runtime.mailbox import Mailbox
from app.runtime.redaction import MASK, Redactor
from app.session.sink import CallSink


class Kept:
    def __init__(self) -> None:
        self.facts: list[Fact] = []

    def post(self, fact: Fact) -> None:
        self.facts.append(fact)


def test_a_fact_reaches_library_and_panel_but_a_level_only_the_panel() -> None:
    library, panel = Kept(), Mailbox()
    sink = CallSink(library, panel.sink("a"), Redactor())
    flag = Flagged(at=1.0, note="odd")
    level = LevelMeasured(at=1.0, lane=Lane.CALLER, peak_dbfs=-9.0, rms_dbfs=-20.0)

    sink.post(flag)
    sink.sample(Lane.CALLER, level)

    assert library.facts == [flag]
    assert panel.drain()["a"] == [flag, level]


def test_the_library_has_a_fact_before_the_panel_shows_it() -> None:
    order: list[str] = []

    class Noting:
        def __init__(self, name: str) -> None:
            self.name = name

        def post(self, fact: Fact) -> None:
            order.append(self.name)

        def sample(self, key: object, fact: Fact) -> None:
            order.append(self.name)

    CallSink(Noting("library"), Noting("panel"), Redactor()).post(Flagged(at=1.0, note=""))

    assert order == ["library", "panel"]


def test_a_known_secret_reaches_neither_library_nor_panel() -> None:
    redactor = Redactor()
    redactor.register("canary-value")
    library, panel = Kept(), Mailbox()
    sink = CallSink(library, panel.sink("a"), redactor)

    sink.post(
        CallOpened(
            at=1.0,
            call_id="a",
            room="r",
            server="s",
            agent_name="canary-value",
            agent_kind="preset",
            services=(Service(part="llm", name="X", model="m-canary-value"),),
            versions=(("pipecat", "1.14"),),
        )
    )
    sink.post(Flagged(at=2.0, note="my password: hunter2222"))
    sink.post(
        ErrorRaised(
            at=3.0, message="no token=abcdefgh1234", category="x", processor="p", usable=True
        )
    )

    opened, flagged, error = library.facts
    assert isinstance(opened, CallOpened)
    assert isinstance(error, ErrorRaised)
    assert (opened.agent_name, opened.services[0].model) == (MASK, f"m-{MASK}")
    assert opened.versions == (("pipecat", "1.14"),)
    assert flagged == Flagged(at=2.0, note="my password: hunter2222")
    assert error.message == f"no token={MASK}"
    assert panel.drain()["a"] == library.facts

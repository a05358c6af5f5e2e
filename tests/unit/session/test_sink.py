from app.domain.facts import Fact, Flagged, Lane, LevelMeasured
from app.runtime.mailbox import Mailbox
from app.session.sink import CallSink


class Kept:
    def __init__(self) -> None:
        self.facts: list[Fact] = []

    def post(self, fact: Fact) -> None:
        self.facts.append(fact)


def test_a_fact_reaches_library_and_panel_but_a_level_only_the_panel() -> None:
    library, panel = Kept(), Mailbox()
    sink = CallSink(library, panel)
    flag = Flagged(at=1.0, note="odd")
    level = LevelMeasured(at=1.0, lane=Lane.CALLER, peak_dbfs=-9.0, rms_dbfs=-20.0)

    sink.post(flag)
    sink.sample(Lane.CALLER, level)

    assert library.facts == [flag]
    assert panel.drain() == [flag, level]


def test_the_library_has_a_fact_before_the_panel_shows_it() -> None:
    order: list[str] = []

    class Noting:
        def __init__(self, name: str) -> None:
            self.name = name

        def post(self, fact: Fact) -> None:
            order.append(self.name)

        def sample(self, key: object, fact: Fact) -> None:
            order.append(self.name)

    CallSink(Noting("library"), Noting("panel")).post(Flagged(at=1.0, note=""))

    assert order == ["library", "panel"]

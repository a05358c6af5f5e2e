"""What an agent says leaves as captions: the newest of each answer, in order, whatever becomes of one of them."""

import asyncio

from app.agent.captions import Caption, CaptioningSink, Captions
from app.domain import facts as f
from tests.support.posted import Posted, until


class Line:
    """A connection that lets captions through when it is open."""

    def __init__(self) -> None:
        self.sent: list[Caption] = []
        self.begun = 0
        self.open = asyncio.Event()
        self.open.set()
        self.broken = False

    async def send(self, caption: Caption) -> None:
        self.begun += 1
        await self.open.wait()
        if self.broken:
            raise ConnectionError("the stream was closed")
        self.sent.append(caption)

    @property
    def texts(self) -> list[tuple[str, bool]]:
        return [(caption.text, caption.final) for caption in self.sent]


async def test_an_answer_is_one_segment() -> None:
    line = Line()
    captions = Captions(line.send)
    for text, final in (("We open", False), ("We open at nine.", True), ("Yes.", True)):
        captions.say(text, final=final)
        count = len(line.sent) + 1
        await until(lambda count=count: len(line.sent) == count, 2)

    assert line.texts == [("We open", False), ("We open at nine.", True), ("Yes.", True)]
    first, second, other = (caption.segment for caption in line.sent)
    assert first == second != other


async def test_of_what_waits_only_the_newest_of_an_answer_leaves() -> None:
    line = Line()
    line.open.clear()
    captions = Captions(line.send)
    captions.say("One", final=False)
    await until(lambda: line.begun, 2)
    captions.say("One two", final=False)
    captions.say("One two three.", final=True)
    captions.say("Four", final=False)

    line.open.set()

    await until(lambda: len(line.sent) == 3, 2)
    assert line.texts == [("One", False), ("One two three.", True), ("Four", False)]


async def test_a_lost_caption_is_the_only_one_lost() -> None:
    line = Line()
    captions = Captions(line.send)
    line.broken = True
    captions.say("One.", final=True)
    await until(lambda: line.begun, 2)

    line.broken = False
    captions.say("Two.", final=True)

    await until(lambda: line.sent, 2)
    assert line.texts == [("Two.", True)]


async def test_closed_it_sends_nothing_more() -> None:
    line = Line()
    line.open.clear()
    captions = Captions(line.send)
    captions.say("One.", final=True)
    captions.say("Two.", final=True)
    await until(lambda: line.begun, 2)

    captions.close()
    line.open.set()
    await asyncio.sleep(0)

    assert (line.begun, line.sent) == (1, [])


class Voice:
    def __init__(self) -> None:
        self.shown: list[tuple[str, bool]] = []

    def caption(self, text: str, *, final: bool) -> None:
        self.shown.append((text, final))


def test_only_what_the_agent_says_is_shown_and_every_fact_goes_on() -> None:
    kept, voice = Posted(), Voice()
    sink = CaptioningSink(kept, voice)
    facts = [
        f.CallerSaid(at=1.0, text="When do you open?", final=True),
        f.AgentSaid(at=2.0, text="", final=False),
        f.AgentSaid(at=3.0, text="At nine.", final=True),
    ]

    for fact in facts:
        sink.post(fact)
    sink.sample("key", facts[0])

    assert kept.facts == facts
    assert kept.samples == [("key", facts[0])]
    assert voice.shown == [("At nine.", True)]

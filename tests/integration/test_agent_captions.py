"""What a local agent says is there to read for whoever is in its room, with nothing but LiveKit's SDK."""

import asyncio
from dataclasses import dataclass

from livekit import rtc

from app.agent.local_models import LoadedModels
from app.agent.preset_file import find_preset, load_preset
from app.agent.room_client import CAPTIONS_TOPIC
from app.domain import facts as f
from app.domain.access import ServerAccess
from tests.support.agents import IDENTITY, agent_in, caller_for
from tests.support.posted import until


@dataclass(frozen=True, slots=True)
class Read:
    """One caption as a client gets it."""

    sender: str
    text: str
    segment: str
    final: bool
    track_sid: str


class Reader:
    """Reads all captions that come to a room."""

    def __init__(self, room: rtc.Room) -> None:
        self.read: list[Read] = []
        self._reading: set[asyncio.Task[None]] = set()
        room.register_text_stream_handler(CAPTIONS_TOPIC, self._begin)

    @property
    def finals(self) -> list[Read]:
        return [caption for caption in self.read if caption.final]

    def _begin(self, reader: rtc.TextStreamReader, sender: str) -> None:
        task = asyncio.get_running_loop().create_task(self._take(reader, sender))
        self._reading.add(task)
        task.add_done_callback(self._reading.discard)

    async def _take(self, reader: rtc.TextStreamReader, sender: str) -> None:
        told = reader.info.attributes or {}
        self.read.append(
            Read(
                sender,
                await reader.read_all(),
                told["lk.segment_id"],
                told["lk.transcription_final"] == "true",
                told["lk.transcribed_track_id"],
            )
        )


async def test_what_the_agent_says_can_be_read_in_its_room(
    livekit_server: ServerAccess, room: str, local_models: LoadedModels
):
    preset = load_preset(find_preset("local"))
    async with agent_in(livekit_server, room, local_models, preset) as talk:
        caller = caller_for(livekit_server, room)
        reader = Reader(caller.room)
        await caller.join()
        await talk.answers(1)
        await until(lambda: reader.finals, 5, "the caption of the greeting")
        talk.agent.type_as_caller("Do you have meeting rooms?").result(5)
        await talk.answers(2)
        await until(lambda: len(reader.finals) == 2, 5, "the caption of the answer")
        (agent,) = caller.room.remote_participants.values()
        tracks = set(agent.track_publications)
        await caller.leave()

    said = [fact.text for fact in talk.sink.of(f.AgentSaid) if fact.final]
    assert said[0] == preset.greeting
    assert [caption.text for caption in reader.finals] == said
    assert {(caption.sender, caption.track_sid) for caption in reader.read} == {(IDENTITY, *tracks)}
    greeting, answer = (caption.segment for caption in reader.finals)
    assert {caption.segment for caption in reader.read} == {greeting, answer}
    # It is there to read while it is being said.
    assert not reader.read[0].final
    assert preset.greeting.startswith(reader.read[0].text)

"""Joining a room with somebody else's token, on a server that Greenroom has no key of or knows as a profile."""

import asyncio
import logging
import secrets
import wave
from collections.abc import AsyncIterator, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from livekit import api

from app.domain import facts as f
from app.domain.access import ServerAccess
from app.domain.call import Call
from app.domain.call_plan import CallPlan
from app.domain.errors import UserError
from app.domain.facts import AgentState, Edge, Lane, Tap
from app.domain.servers import ServerColour, ServerKind, ServerProfile
from app.media import tokens
from app.media.rooms import Rooms
from app.runtime.clock import AnchoredClock
from app.runtime.redaction import RedactingFormatter, Redactor
from app.session.live_call import LiveCall
from app.session.server_book import ServerBook
from app.session.server_desk import StudioServerDesk
from app.session.server_keys import ServerKeys
from app.session.studio import Studio
from app.storage.secret_store import SecretStore
from app.storage.server_profiles import ServerProfiles
from tests.integration.test_mouth import devices, voice
from tests.support.livekit import AnsweringAgent, Participant, Pcm, silence, tone
from tests.support.posted import Posted, until

T = TypeVar("T")
ROOM = "theirs"


class Office:
    """A panel's session, with what a call told."""

    def __init__(self, folder: Path) -> None:
        redactor = Redactor()
        self.facts = Posted()
        self.studio = Studio(AnchoredClock(), folder, redactor, lambda _: None)
        self.studio.start()
        keys = ServerKeys(SecretStore(redactor.register), redactor.register)
        book = ServerBook(ServerProfiles(folder), keys, environment={}, lk_file=folder / "none")
        self.servers = StudioServerDesk(book, self.studio)

    def call(self, plan: CallPlan) -> LiveCall:
        return LiveCall(self.studio, plan, None, None, self.facts)

    async def start(self, plan: CallPlan) -> LiveCall:
        call = self.call(plan)
        await self.do(call.start(with_operator=plan.speaking))
        return call

    async def do(self, coro: Coroutine[Any, Any, T]) -> T:
        return await asyncio.wrap_future(self.studio.media.submit(coro))

    def told(self) -> Call:
        call = Call()
        call.apply(list(self.facts.facts))
        return call

    def edges(self, lane: Lane, tap: Tap) -> list[Edge]:
        return [e.edge for e in self.facts.of(f.SpeechEdge) if (e.lane, e.tap) == (lane, tap)]


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    office = Office(tmp_path)
    yield office
    await office.studio.close()


@pytest.fixture
async def agent(self_hosted: ServerAccess) -> AsyncIterator[AnsweringAgent]:
    """Of a room that somebody else has opened."""
    await Rooms(self_hosted).create(ROOM)
    agent = AnsweringAgent(tokens.agent_access(self_hosted, ROOM, "bot", "Front desk"))
    await agent.join()
    yield agent
    await agent.leave()
    await Rooms(self_hosted).delete(ROOM)


def token_of(
    server: ServerAccess,
    ttl: timedelta = timedelta(minutes=5),
    *,
    speaks: bool = True,
    hears: bool = True,
) -> str:
    """A token as somebody else's service mints it."""
    token = api.AccessToken(server.api_key, server.api_secret).with_identity("ann").with_ttl(ttl)
    grant = api.VideoGrants(room_join=True, room=ROOM, can_publish=speaks, can_subscribe=hears)
    return token.with_name("Ann").with_grants(grant).to_jwt()


async def inside(server: ServerAccess) -> dict[str, int]:
    """Who is in the room, and how many tracks each has."""
    return {person.identity: len(person.tracks) for person in await Rooms(server).people(ROOM)}


def all_kept(folder: Path) -> bytes:
    """What lies in any file of it."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def channels(path: Path) -> tuple[Pcm, Pcm]:
    with wave.open(str(path)) as file:
        frames = np.frombuffer(file.readframes(file.getnframes()), np.int16).reshape(-1, 2)
    return frames[:, 0], frames[:, 1]


def peak_of(pcm: Pcm) -> int:
    return int(np.max(np.abs(pcm.astype(np.int32)), initial=0))


async def test_a_token_that_may_only_listen_watches_the_room(
    office: Office, self_hosted: ServerAccess, agent: AnsweringAgent
) -> None:
    caller = Participant(tokens.caller_access(self_hosted, ROOM, "caller"))
    await caller.join()
    plan = await office.servers.join_plan(token_of(self_hosted, speaks=False), self_hosted.url)

    call = await office.start(plan)
    await until(lambda: office.told().agent_state is AgentState.LISTENING, 5, "the call")
    people = await inside(self_hosted)
    await caller.say(np.concatenate([tone(0.8), silence(0.3)]))
    await until(lambda: Edge.OFFSET in office.edges(Lane.AGENT, Tap.LISTENER), 8, "an answer")
    await office.do(call.end("You stopped watching."))

    assert (plan.server, plan.speaking, call.mouth) == ("127.0.0.1", False, None)
    assert people["ann"] == 0, "it publishes nothing"
    assert set(people) == {"bot", "caller", "ann"}, "and there is no second connection"
    (listening,) = office.facts.of(f.ListeningStarted)
    assert listening.how.startswith("as the participant of a pasted token")
    assert {fact.lane for fact in office.facts.sampled(f.LevelMeasured)} == {
        Lane.CALLER,
        Lane.AGENT,
    }
    heard_caller, heard_agent = channels(call.recording_path)
    assert peak_of(heard_caller) > 3000
    assert peak_of(heard_agent) > 3000
    assert set(await inside(self_hosted)) == {"bot", "caller"}
    await caller.leave()


async def test_a_token_that_may_speak_speaks_and_listens_by_one_connection(
    office: Office, self_hosted: ServerAccess, agent: AnsweringAgent
) -> None:
    plan = await office.servers.join_plan(token_of(self_hosted), self_hosted.url)
    call = await office.start(plan)
    mouth = call.mouth
    assert mouth is not None
    played: list[Pcm] = []

    spoken = np.concatenate([silence(0.5), voice(1.5), silence(1.0)])
    with devices(mouth, spoken, played):
        await until(lambda: Edge.OFFSET in office.edges(Lane.AGENT, Tap.LISTENER), 12, "an answer")
    people = await inside(self_hosted)
    await office.do(call.end("You ended the call."))

    assert people == {"bot": 1, "ann": 1}
    assert peak_of(np.concatenate(played)) > 1000, "we hear who answers what they have heard of us"
    joined = {(fact.identity, fact.role) for fact in office.facts.of(f.ParticipantJoined)}
    assert joined == {("bot", f.Role.AGENT), ("ann", f.Role.CALLER)}
    assert {fact.lane for fact in office.facts.sampled(f.LevelMeasured)} == {
        Lane.CALLER,
        Lane.AGENT,
        Lane.OPERATOR,
    }
    assert Edge.OFFSET in office.edges(Lane.CALLER, Tap.CALLER)
    assert not office.edges(Lane.CALLER, Tap.LISTENER), "nobody hears us there: not measured"
    ours, theirs = channels(call.recording_path)
    assert peak_of(ours) > 1000
    assert peak_of(theirs) > 3000
    summaries = {fact.lane: fact.rms_dbfs for fact in office.facts.of(f.LaneSummarised)}
    assert summaries[Lane.CALLER] is not None
    assert summaries[Lane.AGENT] is not None
    assert set(await inside(self_hosted)) == {"bot"}


async def test_a_token_of_a_known_server_needs_no_address(
    office: Office, self_hosted: ServerAccess, agent: AnsweringAgent
) -> None:
    profile = ServerProfile("Hosted", self_hosted.url, ServerKind.SELF_HOSTED, ServerColour.RED)
    await office.servers.put(profile, self_hosted.api_key, self_hosted.api_secret)

    plan = await office.servers.join_plan(token_of(self_hosted), "")
    call = await office.start(plan)
    await office.do(call.end("You ended the call."))

    (opened,) = office.facts.of(f.CallOpened)
    assert (opened.server, opened.room, opened.agent_kind) == ("Hosted", ROOM, "watched")
    assert call.identities == {"ann"}


async def test_says_why_a_token_is_of_no_use_before_it_is_tried(
    office: Office, self_hosted: ServerAccess
) -> None:
    expired = token_of(self_hosted, ttl=timedelta(seconds=-5))
    deaf = token_of(self_hosted, hears=False)

    for token, url, complaint in (
        (expired, self_hosted.url, "expired"),
        (deaf, self_hosted.url, "may not hear"),
        (token_of(self_hosted), "", "not the address"),
        (token_of(self_hosted), "ws://192.0.2.1", "not encrypted"),
        ("hello", self_hosted.url, "not a token"),
    ):
        with pytest.raises(UserError, match=complaint):
            await office.servers.join_plan(token, url)


async def test_a_token_that_the_server_refuses_is_told_of_and_found_nowhere(
    office: Office, self_hosted: ServerAccess, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    forged = ServerAccess(self_hosted.url, self_hosted.api_key, secrets.token_urlsafe(48))
    token = token_of(forged)
    plan = await office.servers.join_plan(token, self_hosted.url)

    with pytest.raises(UserError, match="ann could not join the room theirs") as refused:
        await office.start(plan)

    assert refused.value.hint.startswith("The server rejects the token")
    assert office.told().closed_at is not None
    assert token not in f"{plan!r} {refused.value} {office.facts.facts!r}"
    assert office.studio.redactor.redact(f"say {token}") == "say •••"
    await asyncio.to_thread(office.studio.library.close)
    kept = all_kept(tmp_path)
    assert b"theirs" in kept
    signature = token.rpartition(".")[2]
    assert signature.encode() not in kept
    assert signature in caplog.text, "LiveKit's SDK writes it into its log"
    written = RedactingFormatter(office.studio.redactor, "%(message)s")
    assert signature not in "".join(map(written.format, caplog.records))

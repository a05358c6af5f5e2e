"""A guest joins by a link with a real browser."""

# soundfile leaves parts of its signatures open.
# pyright: reportUnknownMemberType=false

import asyncio
import logging
import os
import signal
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile
from livekit import api, rtc
from livekit.protocol.room import ListParticipantsRequest

from app.agent.local_models import LoadedModels
from app.domain import facts as f
from app.domain.access import ServerAccess
from app.domain.rooms import InviteView
from app.media import tokens
from app.media.invitation import LINK_LIFE_S
from app.media.invite import Invites
from app.media.network import network_address
from app.media.rooms import Rooms
from app.media.server import EmbeddedServer
from app.media.server_binary import find_livekit_server
from app.runtime.clock import AnchoredClock
from tests.support.agents import agent_in, question, silent_preset
from tests.support.chromium import Page, browser
from tests.support.guest import Guest, LateClock, clock, guests_in, invites, ticket_of
from tests.support.livekit import RATE_HZ, AnsweringAgent, Participant, silence
from tests.support.posted import report, until, until_async

__all__ = ["clock", "invites"]

pytestmark = pytest.mark.timeout(240)
HIGHEST_BAR = "Math.max(...[...document.querySelectorAll('#bars i')].map(bar => parseFloat(bar.style.height)))"
QUIET_PX = 7
HEARD_PX = 14


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where the browser's pictures go: a folder that GREENROOM_PICTURES names, to look at, or nowhere."""
    folder = Path(os.environ.get("GREENROOM_PICTURES", tmp_path)) / "join"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


async def test_a_browser_joins_is_answered_and_is_put_out(
    livekit_server: ServerAccess,
    room: str,
    local_models: LoadedModels,
    invites: Invites,
    pictures: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
):
    caplog.set_level(logging.DEBUG, logger="app")
    microphone = spoken(tmp_path, "opening_hours", after_s=6)
    invite = await invites.invite(livekit_server, room, on_network=False)

    async with (
        agent_in(livekit_server, room, local_models, silent_preset()) as talk,
        browser(microphone) as page,
    ):
        await page.open(await invites.open_url(invite))
        await page.until_text("state", "voice agent", 20)
        assert await page.value("location.hash + location.search") == ""
        assert await page.text("room") == room
        await both(page, pictures / "ready")
        await page.click("join")
        await page.until("!document.getElementById('controls').hidden", 30)
        await page.until_text("state", "listening", 10)
        await page.until("parseFloat(document.getElementById('meter').ariaValueNow) > -30", 20)
        await page.until_text("state", "The agent is speaking", 60)
        await page.until(f"{HIGHEST_BAR} > {HEARD_PX}", 10)
        await both(page, pictures / "speaking")
        await talk.answers(1)
        await page.until_text("state", "listening", 10)
        await page.until(f"{HIGHEST_BAR} < {QUIET_PX}", 10)
        await until(lambda: talk.call().exchanges[0].agent, 5, "the texts")
        (turn,) = talk.call().exchanges
        assert turn.agent is not None
        await page.until_text("caption", f"“{turn.agent.text}”", 5)
        await revoked_while_inside(invites, invite, page, livekit_server, room)
        await both(page, pictures / "revoked")

    assert turn.caller is not None
    assert turn.agent is not None
    report(f"the browser was heard saying {turn.caller.text!r}, and heard {turn.agent.text!r}")
    assert "Monday" in turn.caller.text
    assert "nine" in turn.agent.text
    joined = [fact for fact in talk.sink.of(f.ParticipantJoined) if fact.identity != "agent"]
    assert all(fact.identity.startswith("guest-") for fact in joined)
    assert ticket_of(invite) not in caplog.text
    assert "eyJ" not in caplog.text
    # The page's own policy let it do all that it does.
    assert not [said for said in page.said if "Content Security" in said or "exception" in said]


async def revoked_while_inside(
    invites: Invites, invite: InviteView, page: Page, server: ServerAccess, room: str
) -> None:
    """Who is inside is put out at once and told why, and the link lets nobody in again."""
    began = asyncio.get_running_loop().time()
    await invites.revoke(invite)
    await page.until_text("trouble", "This invitation was withdrawn.", 5)
    report(f"told {asyncio.get_running_loop().time() - began:.1f} s after the revocation")
    assert not await guests_in(server, room)
    assert await page.text("join") == ""
    await page.open(invite.url)
    await page.until_text("trouble", "This invitation was withdrawn.", 10)
    assert await page.text("join") == ""


async def test_the_page_says_what_goes_on(
    livekit_server: ServerAccess,
    room: str,
    invites: Invites,
    clock: LateClock,
    pictures: Path,
    tmp_path: Path,
):
    invite = await invites.invite(livekit_server, room, on_network=False)

    async with (
        an_agent(livekit_server, room) as agent,
        browser(spoken(tmp_path, "closing_time", after_s=1)) as page,
    ):
        await joined_with_keys(page, invite)
        await caption_is_shown(page, agent, pictures)
        await mutes_and_unmutes(page, livekit_server, room, pictures)
        await gives_its_place_to_who_joins_after_it(page, invite, pictures)
        await leaves(page, livekit_server, room)
        await has_no_microphone(page, pictures)
        clock.late_s = LINK_LIFE_S
        await page.open(invite.url)
        await page.until_text("trouble", "This link has expired.", 10)
        assert await page.text("join") == ""
        await both(page, pictures / "expired")
        clock.late_s = 0.0
        await page.open(invite.url.replace("#t=", "#t=x"))
        await page.until_text("trouble", "This link is not known here.", 10)
        await page.open(invite.url)
        await page.until_text("state", "voice agent", 10)
        await revoked_before_joining(page, invites, livekit_server, room)
        await page.open(invite.url)
        await page.until_text("state", "voice agent", 10)
        await Rooms(livekit_server).delete(room)
        await page.click("join")
        await page.until_text("trouble", "The room is closed.", 20)
        assert not await Rooms(livekit_server).people(room)
        await invites.close()
        await page.until_text("trouble", "The room is closed.", 1)
        await page.click("join")
        await page.until_text("trouble", "does not answer", 20)
        await both(page, pictures / "gone")


async def revoked_before_joining(
    page: Page, invites: Invites, server: ServerAccess, room: str
) -> None:
    invite = await invites.invite(server, room, on_network=False)
    await page.open(invite.url)
    await page.until_text("state", "voice agent", 10)
    await invites.revoke(invite)
    await page.until_text("trouble", "This invitation was withdrawn.", 5)


async def joined_with_keys(page: Page, invite: InviteView) -> None:
    await page.open(invite.url)
    await page.until("!document.getElementById('join').hidden", 20)
    await page.press("Tab")
    await page.press("Enter")
    await page.until_text("state", "The agent is listening", 30)
    assert await page.value("document.activeElement.id") == "mute"


async def caption_is_shown(page: Page, agent: Participant, pictures: Path) -> None:
    words = "We open at nine on weekdays, and at ten on <b>Saturday</b>."
    await agent.room.local_participant.send_text(words, topic="lk.transcription")
    await page.until_text("caption", f"“{words}”", 10)
    assert await page.value("document.getElementById('caption').children.length") == 0
    await both(page, pictures / "caption")


async def mutes_and_unmutes(page: Page, server: ServerAccess, room: str, pictures: Path) -> None:
    await page.press("Enter")
    await page.until("document.getElementById('mute').ariaPressed === 'true'", 5)
    await until_muted(server, room)
    await page.until_text("mute", "Unmute", 5)
    await both(page, pictures / "muted")
    await page.click("mute")
    await page.until_text("state", "The agent is listening", 5)
    await page.until_text("mute", "Mute", 5)


async def until_muted(server: ServerAccess, room: str) -> None:
    """Wait until the server knows that the guest's microphone is muted."""
    await until_async(lambda: muted_microphones(server, room), 5, "the mute")


async def muted_microphones(server: ServerAccess, room: str) -> list[str]:
    token = tokens.administer_room_token(server, room)
    async with api.LiveKitAPI.with_token(token, server.url) as lk:
        found = await lk.room.list_participants(ListParticipantsRequest(room=room))
    return [track.sid for who in found.participants for track in who.tracks if track.muted]


async def gives_its_place_to_who_joins_after_it(
    page: Page, invite: InviteView, pictures: Path
) -> None:
    async with Guest(invite) as other:
        await other.join()
        await page.until_text("trouble", "Somebody has joined with this link elsewhere.", 10)
        await both(page, pictures / "replaced")
        await page.click("join")
        await page.until_text("state", "The agent is listening", 30)
        assert await other.put_out_with() == rtc.DisconnectReason.DUPLICATE_IDENTITY


async def leaves(page: Page, server: ServerAccess, room: str) -> None:
    await page.click("leave")
    await page.until_text("state", "You have left", 10)
    await page.until("document.getElementById('voices').children.length === 0", 5)

    async def is_out() -> bool:
        return not await guests_in(server, room)

    await until_async(is_out, 5, "the leaving")
    assert await page.text("join") == "Join again"


async def has_no_microphone(page: Page, pictures: Path) -> None:
    gone = "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', '{}'))"
    for name, sentence in (
        ("NotFoundError", "No microphone was found."),
        ("NotAllowedError", "The browser may not use your microphone."),
        ("NotReadableError", "The microphone cannot be used."),
    ):
        await page.value(f"({gone.replace('{}', name)}, 1)")
        await page.click("join")
        await page.until_text("trouble", sentence, 10)
        assert await page.text("join") == "Try again"
    await both(page, pictures / "no-microphone")


@pytest.fixture
async def mortal() -> AsyncIterator[tuple[EmbeddedServer, ServerAccess]]:
    """A server that the test may kill, with a room `library`."""
    server = EmbeddedServer(find_livekit_server(), AnchoredClock())
    access = await server.start()
    await server.rooms.create("library")
    yield server, access
    await server.stop()


async def test_a_browser_joins_over_the_network_with_tls_and_outlives_the_server(
    mortal: tuple[EmbeddedServer, ServerAccess], invites: Invites, tmp_path: Path
):
    server, access = mortal
    before = listening()
    invite = await invites.invite(access, "library", on_network=True)
    address = network_address()
    assert invite.url.startswith(f"https://{address}:")
    assert invite.reach == "this network"
    assert {host for host, _ in listening() - before} == {address}

    async with (
        an_agent(access, "library") as agent,
        browser(spoken(tmp_path, "closing_time", 4), "--ignore-certificate-errors") as page,
    ):
        await page.open(await invites.open_url(invite))
        await page.until("!document.getElementById('join').hidden", 20)
        await page.click("join")
        await page.until_text("state", "The agent is listening", 30)
        agent.greet()
        await page.until(f"{HIGHEST_BAR} > {HEARD_PX}", 10)
        await page.until_text("state", "The agent is speaking", 20)
        assert {host for host, _ in listening() - before} == {address}
        await page.until(f"{HIGHEST_BAR} < {QUIET_PX}", 10)
        await comes_back_after_a_crash(server, page, agent)
        await invites.revoke(invite)
        await page.until_text("trouble", "This invitation was withdrawn.", 5)

    # Nothing needs the port any more.
    await until(lambda: not listening() - before, 15, "closing the port")


async def comes_back_after_a_crash(
    server: EmbeddedServer, page: Page, agent: AnsweringAgent
) -> None:
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    began = asyncio.get_running_loop().time()
    await page.until_text("state", "Reconnecting", 10)
    await page.until_text("state", "The agent is listening", 20)
    report(f"back {asyncio.get_running_loop().time() - began:.1f} s after the server was killed")
    agent.greet()
    await page.until(f"{HIGHEST_BAR} > {HEARD_PX}", 10)


def spoken(folder: Path, name: str, after_s: float) -> Path:
    """A WAV file with one of the shipped questions, after and before silence."""
    path = folder / f"{name}.wav"
    pcm = np.concatenate([silence(after_s), question(name), silence(1)])
    soundfile.write(path, pcm, RATE_HZ, subtype="PCM_16")
    return path


@asynccontextmanager
async def an_agent(server: ServerAccess, room: str) -> AsyncGenerator[AnsweringAgent]:
    agent = AnsweringAgent(tokens.agent_access(server, room, "agent"))
    await agent.join()
    yield agent
    await agent.leave()


async def both(page: Page, name: Path) -> None:
    """The page as it is now, in dark and in light."""
    for theme in ("dark", "light"):
        await page.picture(name.with_name(f"{name.name}-{theme}.png"), dark=theme == "dark")


def listening() -> set[tuple[str, int]]:
    """The addresses at which this process takes TCP connections."""
    found = psutil.Process().net_connections("tcp")
    return {(each.laddr.ip, each.laddr.port) for each in found if each.status == "LISTEN"}

"""What the Settings page asks of the servers."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Hashable, Sequence
from typing import Any, Protocol, TypeVar

from app.domain.access import ServerAccess
from app.domain.call_plan import CallPlan
from app.domain.errors import UsageError, UserError
from app.domain.facts import Fact
from app.domain.keys import KeyPlace
from app.domain.server_rules import host_of, same_name
from app.domain.servers import (
    THIS_COMPUTER,
    FoundServer,
    ServerColour,
    ServerKind,
    ServerProfile,
    ServerView,
    TestStep,
    TokenReport,
)
from app.domain.step_outcome import DeviceTest, Outcome
from app.media import token_inspector
from app.media.connection_test.course import run_connection_test
from app.media.server import ServerState
from app.media.server_glance import glance
from app.session.server_book import ServerBook
from app.session.server_keys import ServerKey, masked
from app.session.studio import Studio

T = TypeVar("T")

THIS_COMPUTER_PROFILE = ServerProfile(
    THIS_COMPUTER, "", ServerKind.THIS_COMPUTER, ServerColour.GREEN
)
MISSING = "livekit-server is missing; `greenroom doctor` says how to get it"
_AILING = {ServerState.RESTARTING: ", restarting", ServerState.FAILED: ", failed"}


class ConnectionTest(Protocol):
    """Tests a server and returns the steps; `on_step` is told each as it begins and ends."""

    def __call__(
        self,
        access: ServerAccess,
        on_step: Callable[[TestStep], None],
        *,
        kind: ServerKind,
        devices: DeviceTest | None,
    ) -> Coroutine[Any, Any, tuple[TestStep, ...]]: ...


class StudioServerDesk:
    """Implements `app.domain.back_office.ServerDesk`. UI loop only."""

    def __init__(
        self,
        book: ServerBook,
        studio: Studio,
        connection_test: ConnectionTest = run_connection_test,
    ) -> None:
        self._book = book
        self._studio = studio
        self._test = connection_test

    async def look(self) -> tuple[ServerView, ...]:
        """Returns within the deadline of a glance, whatever the servers do."""
        profiles = await self._book.profiles()
        keys = await self._book.keys(profiles)
        views = (self._view(profile, keys.get(profile.name)) for profile in profiles)
        return (self._this_computer(), *await asyncio.gather(*views))

    async def put(self, profile: ServerProfile, key: str, secret: str, replacing: str = "") -> None:
        _require_other(replacing)
        await self._book.put(profile, key, secret, replacing)

    async def remove(self, name: str) -> None:
        _require_other(name)
        await self._book.remove(name)

    async def test(
        self, name: str, on_step: Callable[[TestStep], None], devices: DeviceTest | None = None
    ) -> tuple[TestStep, ...]:
        access = await self.access(name)
        profile = await self.profile(name)
        loop = asyncio.get_running_loop()

        def pass_on(step: TestStep) -> None:
            loop.call_soon_threadsafe(on_step, step)

        there = None if devices is None else _from_elsewhere(devices, loop)
        testing = self._test(access, pass_on, kind=profile.kind, devices=there)
        return await self._studio.ask_media(testing, to_its_end=False)

    async def found(self) -> tuple[FoundServer, ...]:
        return await self._book.found()

    async def take(self, names: Sequence[str]) -> None:
        await self._book.take(names)

    async def inspect(self, token: str) -> TokenReport:
        keys = await self._keys()
        return await asyncio.to_thread(token_inspector.inspect, token, keys, time.time())

    async def join_plan(
        self, token: str, url: str, *, unencrypted_confirmed: bool = False
    ) -> CallPlan:
        """Raises UserError for a token that lets nobody in, and for an address that is none."""
        keys = await self._keys()
        now = time.time()
        report = await asyncio.to_thread(token_inspector.inspect, token, keys, now)
        confirmed = unencrypted_confirmed
        if report.profile:
            url = keys[report.profile].url
            confirmed = (await self.profile(report.profile)).unencrypted_confirmed
        access = token_inspector.access_by_token(token, url, now, unencrypted_confirmed=confirmed)
        self._studio.redactor.register(access.token)
        return CallPlan(
            preset="",
            server=report.profile or host_of(access.url),
            room=access.room,
            speaking=report.may_speak,
            by_token=access,
        )

    async def profile(self, name: str) -> ServerProfile:
        """The profile of that name, this computer's too. Raises UsageError where there is none."""
        if same_name(name, THIS_COMPUTER):
            return THIS_COMPUTER_PROFILE
        return await self._book.find(name)

    async def access(self, name: str) -> ServerAccess:
        """What is needed to mint tokens for a server; this computer's is started first. Raises UserError."""
        if same_name(name, THIS_COMPUTER):
            return await self._studio.ask_media(self._studio.server(_Unheard()))
        return await self._book.access(name)

    async def _keys(self) -> dict[str, ServerAccess]:
        """The keys that may have signed a token, by the names of their profiles."""
        keys = await self._book.accesses()
        if (here := self._studio.running_access) is not None:
            keys[THIS_COMPUTER] = here
        return keys

    def _this_computer(self) -> ServerView:
        if not self._studio.server_version:
            return ServerView(THIS_COMPUTER_PROFILE, "", MISSING, reachable=False)
        state = self._studio.server_state
        words = f"livekit-server {self._studio.server_version}, 127.0.0.1 only"
        running = {
            ServerState.RUNNING: True,
            ServerState.FAILED: False,
            ServerState.RESTARTING: False,
        }
        words += _AILING.get(state, "")
        return ServerView(THIS_COMPUTER_PROFILE, "", words, reachable=running.get(state))

    async def _view(self, profile: ServerProfile, key: ServerKey | None) -> ServerView:
        if key is None:
            return ServerView(profile, "", await self._why_no_key(profile.name), reachable=False)
        access = ServerAccess(profile.url, key.api_key, key.api_secret)
        seen = await self._studio.ask_media(glance(access), to_its_end=False)
        return ServerView(profile, _label(key), seen.state, reachable=seen.works)

    async def _why_no_key(self, name: str) -> str:
        try:
            await self._book.access(name)
        except UserError as error:
            return error.title
        return "Its key has just been entered."


class _Unheard:
    """Takes the facts of a start that belongs to no call."""

    def post(self, fact: Fact) -> None:
        pass

    def sample(self, key: Hashable, fact: Fact) -> None:
        pass


def _from_elsewhere(devices: DeviceTest, loop: asyncio.AbstractEventLoop) -> DeviceTest:
    """For other loops; `devices` runs on this one, and is cancelled there."""

    async def test() -> Outcome:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(devices(), loop))

    return test


def _require_other(name: str) -> None:
    if same_name(name, THIS_COMPUTER):
        raise UsageError("The server of this computer stays as it is.", "Greenroom sees to it.")


def _label(key: ServerKey) -> str:
    place = "" if key.place is KeyPlace.KEYRING else ", until Greenroom ends"
    return f"{masked(key.api_key)}{place}"

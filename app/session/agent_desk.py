"""What the page Agents asks: the presets and bot files of this account, and what they need."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from app.agent.bot.look import look_at
from app.agent.bot.project import content_sha256, find_program
from app.agent.catalogue import (
    catalogue,
    endpoints,
    install,
    install_command,
)
from app.agent.preset_file import load_preset, read_preset
from app.agent.preset_text import changed
from app.agent.preset_troubles import troubles_of
from app.domain.agent_desk import AgentView, Expected, KeptDraft, PresetReading
from app.domain.bot_files import BotFile, BotLook, Isolation, Trouble
from app.domain.call_plan import CallPlan
from app.domain.errors import UserError
from app.domain.keys import KeysView, KeyTest, Verdict
from app.domain.live_changes import LiveChange, LiveSetting
from app.domain.presets import Preset
from app.domain.services import LocalEndpoint, ServiceEntry, ServiceKind
from app.session.agent_book import AgentBook
from app.session.agent_words import bot_view, broken_view, preset_view, providers_of
from app.session.expectations import NOTHING_MEASURED, expected
from app.storage.agent_files import PresetFile
from app.storage.call_library import CallLibrary
from app.storage.drafts import Drafts

Users = dict[str, dict[str, None]]
"""The names of presets, in their order, by the id of the provider whose key they use."""


IN_WORDS = {
    LiveSetting.INSTRUCTIONS: "instructions",
    LiveSetting.MODEL: "model",
    LiveSetting.VOICE: "voice",
    LiveSetting.SILENCE_S: "silence before answering",
}


class LiveCalls(Protocol):
    """The live calls, by their agents. UI loop only."""

    def running(self, agent_id: str) -> int:
        """In how many of them the agent is."""
        ...

    async def follow(self, agent_id: str, preset: Preset) -> tuple[LiveSetting, ...]:
        """Bring into them what the agent's preset says now; what changed in any. Raises UserError."""
        ...

    async def change(self, agent_id: str, changes: Sequence[LiveChange]) -> tuple[LiveSetting, ...]:
        """Change these settings in them; what changed in any. Raises UserError."""
        ...


class StudioAgentDesk:
    """Implements `app.domain.agent_desk.AgentDesk`. UI loop only; the disk is read on other threads."""

    def __init__(
        self,
        book: AgentBook,
        drafts: Drafts,
        library: CallLibrary,
        look_at_keys: Callable[[], Awaitable[KeysView]],
        bring_to_stage: Callable[[CallPlan], None],
        calls: Callable[[], LiveCalls],
    ) -> None:
        """`bring_to_stage` starts a call, or raises UserError where that cannot be."""
        self._calls = calls
        self._book = book
        self._drafts = drafts
        self._library = library
        self._look_at_keys = look_at_keys
        self._bring_to_stage = bring_to_stage
        self._known: dict[str, ServiceKind] = {}
        """The ids of the catalogue, once it was read."""
        self._users: dict[str, tuple[str, ...]] = {}
        """The names of the presets that need a provider's key, by its id."""

    async def look(self) -> tuple[AgentView, ...]:
        entries = {entry.id: entry for entry in await self.catalogue()}
        view = await self._look_at_keys()
        rejected = {card.provider.id for card in view.cards if _is_rejected(card.last_test)}
        keys = await self._book.keys()
        presets = await asyncio.to_thread(self._presets, entries, keys, rejected)
        bots = await asyncio.to_thread(self._bots)
        return (*presets, *bots)

    async def catalogue(self) -> tuple[ServiceEntry, ...]:
        entries = await asyncio.to_thread(catalogue)
        self._known = {entry.id: entry.kind for entry in entries}
        return entries

    async def endpoints(self) -> tuple[LocalEndpoint, ...]:
        return await endpoints()

    async def with_key(self) -> frozenset[str]:
        return frozenset(card.provider.id for card in (await self._look_at_keys()).cards)

    async def text_of(self, agent_id: str) -> str:
        return await asyncio.to_thread(self._book.files.text_of, agent_id)

    def read(self, agent_id: str, text: str) -> PresetReading:
        return read_preset(text, agent_id, self._known or None)

    def changed(self, text: str, path: tuple[str | int, ...], value: object) -> str:
        return changed(text, path, value)

    async def save(self, agent_id: str, text: str) -> str:
        return await asyncio.to_thread(self._book.files.save, agent_id, text)

    async def kept_drafts(self) -> Mapping[str, KeptDraft]:
        return await asyncio.to_thread(self._drafts.all)

    async def keep_draft(self, agent_id: str, draft: KeptDraft | None) -> None:
        if draft is None:
            await asyncio.to_thread(self._drafts.forget, agent_id)
        else:
            await asyncio.to_thread(self._drafts.keep, agent_id, draft)

    async def put_draft_aside(self, agent_id: str, draft: KeptDraft) -> Path:
        path = await asyncio.to_thread(self._book.files.put_aside, agent_id, draft.text)
        await asyncio.to_thread(self._drafts.forget, agent_id)
        return path

    async def new_preset(self, name: str, like: str) -> str:
        return await asyncio.to_thread(self._book.files.new, name, like)

    async def remove(self, agent_id: str) -> None:
        if await self._bot(agent_id) is not None:
            await asyncio.to_thread(self._book.bots.forget, agent_id)
        else:
            await asyncio.to_thread(self._book.files.remove, agent_id)

    async def troubles(self, agent_id: str) -> tuple[Trouble, ...]:
        bot = await self._bot(agent_id)
        if bot is not None:
            return (await self.look_at_bot(bot.path)).troubles
        file = await asyncio.to_thread(self._book.files.find, agent_id)
        entries = {entry.id: entry for entry in await self.catalogue()}
        keys = await self._book.keys()

        def find() -> tuple[Trouble, ...]:
            try:
                preset = load_preset(file.path, self._known)
            except UserError as error:
                return (Trouble(error.title, error.hint),)
            return troubles_of(preset, entries, keys, self._book.prices())

        return await asyncio.to_thread(find)

    async def expected(self, agent_id: str) -> Expected:
        if await self._bot(agent_id) is not None:
            return NOTHING_MEASURED
        file = await asyncio.to_thread(self._book.files.find, agent_id)

        def look_back() -> Expected:
            try:
                preset = load_preset(file.path)
            except UserError:
                return NOTHING_MEASURED
            return expected(self._library, preset.name, preset.described_services)

        return await asyncio.to_thread(look_back)

    async def look_at_bot(self, path: Path) -> BotLook:
        keys = await self._book.keys()
        return await asyncio.to_thread(look_at, path, keys)

    async def add_bot(self, look: BotLook, name: str) -> str:
        def add() -> str:
            bot = BotFile(
                id=self._book.files.free_id(name),
                name=name,
                path=look.path,
                sha256=look.sha256,
                keys=look.variables,
            )
            self._book.bots.put(bot)
            return bot.id

        return await asyncio.to_thread(add)

    async def consent(self, agent_id: str, sha256: str) -> None:
        await asyncio.to_thread(self._book.bots.consent, agent_id, sha256)

    async def set_bot(
        self, agent_id: str, *, isolation: Isolation, greets_after_s: float | None
    ) -> None:
        def change() -> None:
            self._book.bots.set_run(agent_id, isolation=isolation, greets_after_s=greets_after_s)

        await asyncio.to_thread(change)

    async def install(self, extra: str, progress: Callable[[str], None]) -> None:
        await install(extra, progress)

    def install_command(self, extra: str) -> str:
        return install_command(extra)

    def running(self, agent_id: str) -> int:
        return self._calls().running(agent_id)

    async def apply(self, agent_id: str, text: str) -> tuple[str, ...]:
        preset = self.read(agent_id, text).preset
        if preset is None:
            raise UserError(
                "The preset has a mistake.", "Mend it first; the call goes on as it is."
            )
        changed = await self._calls().follow(agent_id, preset)
        return tuple(IN_WORDS[setting] for setting in changed)

    async def change_bot(self, agent_id: str, changes: Sequence[LiveChange]) -> tuple[str, ...]:
        changed = await self._calls().change(agent_id, changes)
        return tuple(IN_WORDS[setting] for setting in changed)

    async def test(self, agent_id: str) -> None:
        await self._book.start_of(agent_id)
        self._bring_to_stage(CallPlan(preset=agent_id))

    def used_by(self, provider_id: str) -> tuple[str, ...]:
        """The names of the presets that need a provider's key, as the last look found them. Any thread."""
        return self._users.get(provider_id, ())

    # On other threads

    def _presets(
        self,
        entries: Mapping[str, ServiceEntry],
        keys: Mapping[str, str],
        rejected: Collection[str],
    ) -> list[AgentView]:
        users: Users = {}
        views = [
            self._preset_view(file, entries, keys, rejected, users)
            for file in self._book.files.all()
        ]
        self._users = {provider_id: tuple(names) for provider_id, names in users.items()}
        return views

    def _preset_view(
        self,
        file: PresetFile,
        entries: Mapping[str, ServiceEntry],
        keys: Mapping[str, str],
        rejected: Collection[str],
        users: Users,
    ) -> AgentView:
        try:
            text = self._book.files.text_of(file.id)
        except UserError as error:
            return broken_view(file, str(error))
        reading = read_preset(text, file.id, self._known)
        if reading.preset is None:
            assert reading.problem is not None
            return broken_view(file, f"line {reading.problem.line}: {reading.problem.reason}")
        for provider_id in providers_of(reading.preset, entries):
            users.setdefault(provider_id, {})[reading.preset.name] = None
        return preset_view(file, reading.preset, entries, keys, rejected)

    def _bots(self) -> list[AgentView]:
        return [bot_view(bot, _content(bot)) for bot in self._book.bots.all()]

    async def _bot(self, agent_id: str) -> BotFile | None:
        return await asyncio.to_thread(self._book.bots.known, agent_id)


def _is_rejected(test: KeyTest | None) -> bool:
    return test is not None and test.verdict is Verdict.REJECTED


def _content(bot: BotFile) -> str:
    """What the bot's program holds now; empty when it is not there."""
    try:
        return content_sha256(find_program(bot.path))
    except UserError:
        return ""

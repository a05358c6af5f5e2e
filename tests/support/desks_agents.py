"""A desk of agents in memory: real texts, read and changed by the real tier, with gates that a test opens."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.agent.catalogue import catalogue
from app.agent.preset_file import read_preset, shipped_presets
from app.agent.preset_text import changed
from app.domain.agent_desk import AgentHealth, AgentView, Expected, KeptDraft, PresetReading
from app.domain.bot_files import BotFile, BotLook, Isolation, Trouble
from app.domain.errors import UserError
from app.domain.live_changes import LiveChange, LiveSetting
from app.domain.services import LocalEndpoint, ServiceEntry

LIBRARY = """\
# comments and order survive the form
name: Library desk
greeting: City library, how can I help?
services:
  stt:
    service: deepgram_stt
    model: nova-3
    language: en
    fallback: [{service: whisper-tiny-en}]
  llm:
    service: openai_llm
    model: gpt-4.1-mini
    settings:
      temperature: 0.4
    fallback: [{service: smollm2-135m}]
  tts:
    service: cartesia_tts
    voice: katie  # the one that callers liked best
    fallback: [{service: piper-joe}]
instructions: |
  You answer the phone of a public library. One or two short sentences, no lists, no symbols.
  If you do not know, say that you will ask a colleague.
facts:
  - The library opens at nine in the morning.
  - It closes at seven in the evening.
examples:
  - user: When do you close?
    assistant: We close at seven in the evening.
turn_taking:
  vad:
    stop_secs: 0.2
  interrupt_after_words: 2
tools:
  - tools/catalogue.py
limits:
  minutes: 20
  cost_usd: 1.5
idle:
  after_s: 60
"""
SPEECH = """\
name: Realtime
services:
  realtime:
    service: openai_realtime
    model: gpt-realtime
    voice: marin
instructions: You book tables for a restaurant. One or two short sentences.
greeting: Hello, this is Luigi's. How can I help?
"""
BROKEN = LIBRARY.replace("name: Library desk", "name: Front desk").replace(
    "    stop_secs: 0.2", "    stop_secs: very short"
)
READY, LACKS, WRONG = AgentHealth.READY, AgentHealth.LACKS, AgentHealth.BROKEN
HASH = "9f2c41de77e00b1a" * 4
MEASURED = Expected(0.78, 0.031, 41, (("stt", 0.14), ("llm", 0.46), ("tts", 0.11)), 3)
NOT_MEASURED = Expected(None, None, 0)
KEY_TROUBLE = Trouble(
    "The OpenAI key was rejected.",
    "Replace it on the page Keys, then test it there.",
    provider_id="openai",
)
EXTRA_TROUBLE = Trouble(
    "Cartesia cannot be loaded: its extra is missing.", "Add it below.", extra="cartesia"
)
BLANK_TROUBLE = Trouble(
    "The .env file sets OPENAI_MODEL to nothing.",
    "Remove the line, or give it a value: the bot would ask for a model without a name.",
    blocking=False,
)


def preset_view(agent_id: str, name: str, line: str, health: AgentHealth = READY) -> AgentView:
    return AgentView(agent_id, name, line, health, shipped=False)


def bot_view(path: Path, sha256: str = HASH) -> AgentView:
    bot = BotFile(id="bot-clinic", name="bot.py", path=path, sha256=sha256)
    return AgentView("bot-clinic", "bot.py", "~/bots/clinic · isolated", READY, False, bot)


class MemoryAgentDesk:
    """An AgentDesk whose files are a dictionary. It does at once what it is asked, or waits for its gate."""

    def __init__(
        self,
        views: Sequence[AgentView] = (),
        texts: dict[str, str] | None = None,
        entries: tuple[ServiceEntry, ...] | None = None,
    ) -> None:
        self.views = {view.id: view for view in views}
        self.texts = dict(texts or {})
        self.entries = catalogue() if entries is None else entries
        self.asked: list[str] = []
        self.kept: dict[str, KeptDraft] = {}
        """What is not saved, as it would be found at the next start."""
        self.keys = frozenset({"deepgram", "cartesia", "openai"})
        self.servers: tuple[LocalEndpoint, ...] = (
            LocalEndpoint("Ollama", "http://127.0.0.1:11434/v1", ("qwen3:8b", "llama3.2:3b")),
        )
        self.measured: dict[str, Expected] = {}
        self.found: dict[str, tuple[Trouble, ...]] = {}
        self.looks: dict[Path, BotLook] = {}
        self.error: UserError | None = None
        """What every act but looking and reading fails with."""
        self.live: dict[str, int] = {}
        """How many live calls an agent has."""
        self.applied: list[str] = []
        self.changes: tuple[str, ...] = ("instructions",)
        """What `apply` says."""
        self.refused: dict[LiveSetting, UserError] = {}
        """What `change_bot` says of settings that cannot change."""
        self.look_error: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.install_gate = asyncio.Event()
        self.install_gate.set()

    async def look(self) -> tuple[AgentView, ...]:
        self.asked.append("look")
        await self.gate.wait()
        if self.look_error is not None:
            raise self.look_error
        return tuple(self.views.values())

    async def catalogue(self) -> tuple[ServiceEntry, ...]:
        return self.entries

    async def endpoints(self) -> tuple[LocalEndpoint, ...]:
        return self.servers

    async def with_key(self) -> frozenset[str]:
        return self.keys

    async def text_of(self, agent_id: str) -> str:
        await self._begin(f"text_of {agent_id}")
        return self.texts[agent_id]

    def read(self, agent_id: str, text: str) -> PresetReading:
        return read_preset(text, agent_id)

    def changed(self, text: str, path: tuple[str | int, ...], value: object) -> str:
        return changed(text, path, value)

    async def save(self, agent_id: str, text: str) -> str:
        await self._begin(f"save {agent_id}")
        view = self.views[agent_id]
        if view.shipped:
            agent_id = f"{agent_id}-2"
            view = replace(view, id=agent_id, shipped=False)
        preset = read_preset(text, agent_id).preset
        health = READY if preset is not None else WRONG
        name = preset.name if preset is not None else view.name
        self.views[agent_id] = replace(view, name=name, health=health)
        self.texts[agent_id] = text
        return agent_id

    async def kept_drafts(self) -> dict[str, KeptDraft]:
        return dict(self.kept)

    async def keep_draft(self, agent_id: str, draft: KeptDraft | None) -> None:
        if draft is None:
            del self.kept[agent_id]
        else:
            self.kept[agent_id] = draft

    async def put_draft_aside(self, agent_id: str, draft: KeptDraft) -> Path:
        del self.kept[agent_id]
        return Path("removed") / f"{agent_id}.yaml"

    async def new_preset(self, name: str, like: str) -> str:
        await self._begin(f"new {name} like {like}")
        agent_id = name.lower().replace(" ", "-")
        self.texts[agent_id] = changed(self.texts[like], ("name",), name)
        self.views[agent_id] = replace(self.views[like], id=agent_id, name=name, shipped=False)
        return agent_id

    async def remove(self, agent_id: str) -> None:
        await self._begin(f"remove {agent_id}")
        del self.views[agent_id]

    async def troubles(self, agent_id: str) -> tuple[Trouble, ...]:
        await self._begin(f"troubles {agent_id}")
        return self.found.get(agent_id, ())

    async def expected(self, agent_id: str) -> Expected:
        await self._begin(f"expected {agent_id}")
        return self.measured.get(agent_id, NOT_MEASURED)

    async def look_at_bot(self, path: Path) -> BotLook:
        await self._begin(f"look_at_bot {path}")
        if path not in self.looks:
            raise UserError("There is no bot file.", "A bot file has async def bot(runner_args).")
        return self.looks[path]

    async def add_bot(self, look: BotLook, name: str) -> str:
        await self._begin(f"add {look.path} {name}")
        bot = BotFile(id=f"bot-{name}", name=name, path=look.path, sha256=look.sha256)
        self.views[bot.id] = AgentView(bot.id, name, str(look.path), READY, False, bot)
        return bot.id

    async def consent(self, agent_id: str, sha256: str) -> None:
        await self._begin(f"consent {agent_id} {sha256[:8]}")
        self._change_bot(agent_id, sha256=sha256)

    async def set_bot(
        self, agent_id: str, *, isolation: Isolation, greets_after_s: float | None
    ) -> None:
        await self._begin(f"set {agent_id} {isolation} {greets_after_s}")
        self._change_bot(agent_id, isolation=isolation, greets_after_s=greets_after_s)

    def _change_bot(self, agent_id: str, **changes: Any) -> None:
        view = self.views[agent_id]
        assert view.bot is not None
        self.views[agent_id] = replace(view, bot=replace(view.bot, **changes))

    async def install(self, extra: str, progress: Callable[[str], None]) -> None:
        self.asked.append(f"install {extra}")
        progress(f"Collecting pipecat-ai[{extra}]")
        await self.install_gate.wait()
        if self.error is not None:
            raise self.error
        self.entries = tuple(
            replace(entry, installed=True) if extra in entry.extras else entry
            for entry in self.entries
        )

    def install_command(self, extra: str) -> str:
        return f"python3 -m pip install 'pipecat-ai[{extra}]==1.14.0'"

    def running(self, agent_id: str) -> int:
        return self.live.get(agent_id, 0)

    async def apply(self, agent_id: str, text: str) -> tuple[str, ...]:
        await self._begin(f"apply {agent_id}")
        self.applied.append(text)
        return self.changes

    async def change_bot(self, agent_id: str, changes: Sequence[LiveChange]) -> tuple[str, ...]:
        asked = " ".join(f"{change.setting.value}={change.value}" for change in changes)
        await self._begin(f"change {agent_id} {asked}")
        for change in changes:
            if change.setting in self.refused:
                raise self.refused[change.setting]
        return tuple(change.setting.value for change in changes)

    async def test(self, agent_id: str) -> None:
        await self._begin(f"test {agent_id}")

    async def _begin(self, act: str) -> None:
        self.asked.append(act)
        await self.gate.wait()
        if self.error is not None:
            raise self.error


def full_desk(folder: Path) -> MemoryAgentDesk:
    """Agents as people have them: shipped, of their own, broken, speech to speech, and a bot file."""
    path = folder / "clinic" / "bot.py"
    views = (
        AgentView("local", "Local agent", "On this computer", READY, shipped=True),
        preset_view("library_desk", "Library desk", "Deepgram · GPT-4.1 · Cartesia"),
        preset_view("realtime", "Realtime", "key rejected", WRONG),
        preset_view("gemini", "Gemini Live", "needs a key", LACKS),
        preset_view("front_desk", "Front desk", "line 30: stop_secs must be a number", WRONG),
        bot_view(path),
    )
    local = shipped_presets()["local"].read_text("utf-8")
    gemini = SPEECH.replace("Realtime", "Gemini Live").replace(
        "openai_realtime", "gemini_live_realtime"
    )
    texts = {
        "local": local,
        "library_desk": LIBRARY,
        "realtime": SPEECH,
        "gemini": gemini,
        "front_desk": BROKEN,
    }
    desk = MemoryAgentDesk(views, texts)
    desk.measured["library_desk"] = MEASURED
    desk.found["realtime"] = (KEY_TROUBLE,)
    desk.found["bot-clinic"] = (BLANK_TROUBLE, EXTRA_TROUBLE)
    env, python = path.parent / ".env", path.parent / ".venv" / "bin" / "python"
    desk.looks[path] = BotLook(path, HASH, env, python, (BLANK_TROUBLE, EXTRA_TROUBLE))
    return desk


def many_desk(
    folder: Path, name: str = "An agent with a name that goes on and on and on"
) -> MemoryAgentDesk:
    """Thirty agents."""
    views = [
        preset_view(f"agent-{number}", f"{name} {number}", "Deepgram · GPT-4.1 · Cartesia")
        for number in range(30)
    ]
    return MemoryAgentDesk(views, {view.id: LIBRARY for view in views})

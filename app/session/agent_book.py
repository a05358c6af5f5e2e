"""Which agents there are on this account, and what each is started with."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from app.agent.bot.look import look_at
from app.agent.bot.project import content_sha256, find_program
from app.agent.catalogue import catalogue
from app.agent.isolated.surroundings import choose_isolation
from app.agent.preset_file import find_preset, load_preset, shipped_presets
from app.agent.preset_text import name_in, renamed
from app.domain.bot_files import BotFile
from app.domain.errors import UserError
from app.domain.presets import Preset
from app.domain.prices import PriceTable
from app.session.agent_start import AgentStart
from app.storage.agent_files import AgentFiles, id_for
from app.storage.bot_list import BotList
from app.storage.price_table import read_prices

Variables = Callable[[], Awaitable[Mapping[str, str]]]
"""Gives every key there is, by the names of the environment variables that services read it from."""
Prices = Callable[[], PriceTable]
"""Reads what services charge, anew each time. Blocks."""


def agent_book(folder: Path, keys: Variables) -> "AgentBook":
    """The agents of an account whose presets and list of bot files lie in `folder`, its prices in that above."""
    bots = BotList(folder)
    files = AgentFiles(folder, shipped_presets(), name_of=name_in, renamed=renamed, taken=bots.ids)
    return AgentBook(files, bots, folder, keys, lambda: read_prices(folder.parent))


class AgentBook:
    """Finds agents by what names them. UI loop only."""

    def __init__(
        self, files: AgentFiles, bots: BotList, folder: Path, keys: Variables, prices: Prices
    ) -> None:
        """`folder` is that of the user's presets."""
        self.files = files
        self.bots = bots
        self._folder = folder
        self.keys = keys
        self.prices = prices

    async def start_of(self, name: str) -> AgentStart:
        """What a preset, a listed bot, or the path of either is started with.

        A path is its own consent: whoever names a program to run has agreed to run it. Raises UserError for what is
        not there, is wrong, or has changed since somebody agreed to run it.
        """
        bot = await asyncio.to_thread(self._bot, name)
        table = await asyncio.to_thread(self.prices)
        if bot is not None:
            keys = await self.keys()
            look = await asyncio.to_thread(look_at, bot.path, keys)
            isolated = choose_isolation(bot, look)
            given = {**os.environ, **keys}
            listed = {name: given[name] for name in bot.keys if name in given}
            return AgentStart(bot, listed if isolated else keys, isolated, look.python, table)
        preset = await asyncio.to_thread(self._preset, name)
        # A keyring that does not answer shall not hold up an agent that needs no key.
        return AgentStart(preset, {} if preset.is_local else await self.keys(), table=table)

    def _preset(self, name: str) -> Preset:
        try:
            path = find_preset(name, (self._folder,))
        except UserError:
            # It may be a bot of a list that cannot be read: then that is what to say.
            self.bots.all()
            raise
        preset = load_preset(path)
        if preset.is_local:
            # Reading the catalogue takes seconds, and this one needs nothing of it.
            return preset
        return load_preset(path, {entry.id: entry.kind for entry in catalogue()})

    def _bot(self, name: str) -> BotFile | None:
        listed = self.bots.known(name)
        if listed is not None:
            self.require_consent(listed)
            return listed
        path = Path(name).expanduser()
        if path.suffix != ".py" and not path.is_dir():
            return None
        program = find_program(path)
        return BotFile(
            id=id_for(program.stem),
            name=program.name,
            path=program,
            sha256=content_sha256(program),
            keys=look_at(program, {}).variables,
        )

    def require_consent(self, bot: BotFile) -> None:
        """Raises UserError when nobody has agreed to run what the file holds now. Blocks."""
        if bot.sha256 == content_sha256(find_program(bot.path)):
            return
        what = "has changed since you agreed to run it" if bot.sha256 else "was never agreed to"
        raise UserError(f"{bot.path.name} {what}.", "Look at it on the page Agents, then agree.")

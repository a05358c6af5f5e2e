"""What an agent is started with, and where it runs."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from app.agent.host import Agent
from app.agent.isolated.agent import IsolatedAgent
from app.agent.local_models import LoadedModels
from app.agent.stop_ladder import StopReport
from app.domain.access import RoomAccess
from app.domain.bot_files import BotFile
from app.domain.facts import BOT_KIND, LOCAL_KIND, PRESET_KIND, Service
from app.domain.live_changes import LiveChange
from app.domain.ports import Clock, FactSink
from app.domain.preset_prices import prices_for
from app.domain.presets import Preset
from app.domain.prices import Price, PriceTable


class HostedAgent(Protocol):
    """An agent in a room, in this process or in one of its own. Any thread; no method blocks."""

    def start(self) -> "Future[None]": ...

    def stop(self) -> "Future[StopReport]": ...

    def type_as_caller(self, text: str) -> "Future[None]": ...

    def change(self, change: LiveChange) -> "Future[None]": ...


@dataclass(frozen=True, slots=True)
class AgentStart:
    """An agent about to be started. The keys stay out of `repr`."""

    source: Preset | BotFile
    environment: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    """Keys by the names of their variables; an isolated bot gets none but these."""
    isolated: bool = False
    python: Path | None = None
    """The interpreter of an isolated bot's project; None is the panel's."""
    table: PriceTable = field(default_factory=PriceTable, repr=False)
    """What services charge; a preset's limit of cost is kept by it."""

    @property
    def preset(self) -> Preset | None:
        """None for a bot file."""
        return self.source if isinstance(self.source, Preset) else None

    @property
    def prices(self) -> tuple[Price, ...]:
        """Those that count for this agent."""
        prices = self.table.prices
        return prices if self.preset is None else prices_for(self.preset, prices)

    @property
    def kind(self) -> str:
        """As `CallOpened` tells it."""
        if self.preset is None:
            return BOT_KIND
        return LOCAL_KIND if self.preset.is_local else PRESET_KIND

    @property
    def services(self) -> tuple[Service, ...]:
        """Those that are known before it runs: a bot file tells none."""
        return () if self.preset is None else self.preset.described_services

    def host(
        self,
        access: RoomAccess,
        *,
        sink: FactSink,
        clock: Clock,
        models: LoadedModels | None,
        evict: "Callable[[], Future[None]]",
    ) -> HostedAgent:
        """The agent, not begun yet; `models` are those that a preset needs, `evict` is what it is for `Agent`."""
        if isinstance(self.source, BotFile) and self.isolated:
            return IsolatedAgent(
                self.source,
                access,
                sink=sink,
                clock=clock,
                evict=evict,
                environment=self.environment,
                python=self.python,
            )
        return Agent(
            self.source,
            access,
            sink=sink,
            clock=clock,
            evict=evict,
            models=models,
            environment=self.environment,
            prices=self.table.prices,
        )

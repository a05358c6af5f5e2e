"""A desk of server profiles in memory, which a test can hold up and let fail."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from app.domain.access import RoomAccess
from app.domain.call_plan import CallPlan
from app.domain.errors import UserError
from app.domain.servers import (
    THIS_COMPUTER,
    FoundServer,
    ServerColour,
    ServerKind,
    ServerProfile,
    ServerView,
    StepLabel,
    StepState,
    TestStep,
    TokenReport,
)
from app.domain.step_outcome import DeviceTest

LOCAL = ServerView(
    ServerProfile(THIS_COMPUTER, "", ServerKind.THIS_COMPUTER, ServerColour.GREEN),
    "",
    "livekit-server 1.13.5, 127.0.0.1 only",
    reachable=True,
)
PRODUCTION = ServerView(
    ServerProfile(
        "Production EU", "wss://eu.example.org", ServerKind.SELF_HOSTED, ServerColour.RED
    ),
    "API7 ··· Xp",
    "10 rooms",
    reachable=True,
)
STAGING = ServerView(
    ServerProfile(
        "Staging",
        "ws://10.0.0.7:7880",
        ServerKind.SELF_HOSTED,
        ServerColour.BLUE,
        unencrypted_confirmed=True,
    ),
    "API2 ··· qR",
    "No answer since 14:02; connection refused",
    reachable=False,
)
DEMO = ServerView(
    ServerProfile(
        "LiveKit Cloud demo", "wss://demo-x1.livekit.cloud", ServerKind.CLOUD, ServerColour.VIOLET
    ),
    "",
    "",
)
LK_FILE = "/home/ada/.livekit/cli-config.yaml"
FOUND = (
    FoundServer(
        "my-project", "wss://my-project.livekit.cloud", "APIa ··· 3f", LK_FILE, replaces=False
    ),
    FoundServer("Staging", "wss://staging.example.org", "APIb ··· 7k", LK_FILE, replaces=True),
    FoundServer("LIVEKIT_URL", "ws://127.0.0.1:7880", "devk ··· ey", "LIVEKIT_URL", replaces=False),
)
TOKEN = "eyJhbGciOiJIUzI1NiJ9.a-token-of-the-tests.signature"
REPORT = TokenReport(
    identity="guest-4f2a",
    name="Ada",
    room="front-desk",
    issuer="API7 ··· Xp",
    expires_at=None,
    expired=False,
    signature="Signed by the key of Production EU.",
    can=("join the room front-desk", "publish its microphone", "hear others"),
    cannot=("publish a camera or a screen", "change or close rooms", "see who is in other rooms"),
    claims='{\n  "iss": "API7",\n  "sub": "guest-4f2a",\n  "video": {"room": "front-desk", "roomJoin": true}\n}',
    profile="Production EU",
    may_speak=True,
)
STEPS = (
    TestStep(1, "Address", StepState.OK, "wss://eu.example.org resolves to 203.0.113.9", took_ms=4),
    TestStep(2, "Certificate", StepState.OK, "valid for 61 days", took_ms=38),
    TestStep(3, "LiveKit answers", StepState.OK, "1.13.5, ready", took_ms=12),
    TestStep(4, "Clock", StepState.WARNING, "this computer is 41 s ahead; tokens fail beyond 60 s", "Set the clock."),
    TestStep(5, "Key and secret", StepState.OK, "10 rooms listed", took_ms=22),
    TestStep(6, "Token", StepState.OK, "accepted", took_ms=9),
    TestStep(7, "Signalling", StepState.OK, "joined, region eu-west", took_ms=61),
    TestStep(
        8, "Media over UDP", StepState.FAILED, "no answer on port 7882",
        "A firewall blocks UDP: open 7882/udp on the server, or use TURN.", 5000,
    ),
    TestStep(9, "Media over TCP", StepState.OK, "connected, 34 ms round trip, 0 % lost", took_ms=410),
    TestStep(10, "Relay (TURN)", StepState.SKIPPED, "the server offers none"),
    TestStep(11, "Sound both ways", StepState.OK, "440 Hz heard after 92 ms", took_ms=1800),
    TestStep(12, "Reconnect", StepState.OK, "back after 0.6 s", took_ms=2100),
    TestStep(13, "Messages", StepState.OK, "echoed in 36 ms", took_ms=40),
    TestStep(14, "Microphone and speaker", StepState.OK, "USB Headset, both ways", took_ms=900),
)  # fmt: skip


class MemoryServerDesk:
    """Does at once what it is asked; a gate holds it up until it is opened, an error lets it fail."""

    def __init__(self, *views: ServerView) -> None:
        self.views = list(views or (LOCAL,))
        self.asked: list[str] = []
        self.errors: dict[str, UserError] = {}
        """By what is asked: `look`, `put`, `remove`, `test`, `found`, `take`, `inspect`, `join_plan`."""
        self.gates: dict[str, asyncio.Event] = {}
        self.steps: tuple[TestStep, ...] = STEPS
        self.tries_devices = False
        """A test ends with the devices of this computer."""
        self.step_gate = asyncio.Semaphore(100)
        """Each step of a test takes one from it."""
        self.servers: tuple[FoundServer, ...] = FOUND
        self.report = REPORT
        self.secrets: list[tuple[str, str]] = []

    async def look(self) -> tuple[ServerView, ...]:
        await self._pass("look", note=False)
        return tuple(self.views)

    async def put(self, profile: ServerProfile, key: str, secret: str, replacing: str = "") -> None:
        await self._pass("put", f"{profile.name} for {replacing}" if replacing else profile.name)
        self.secrets.append((key, secret))
        old = next((view for view in self.views if view.profile.name == replacing), None)
        label = f"{key[:4]} ··· {key[-2:]}" if key else old.key_label if old else ""
        rest = [view for view in self.views[1:] if view is not old]
        self.views[1:] = sorted(
            [*rest, ServerView(profile, label, "")], key=lambda view: view.profile.name
        )

    async def remove(self, name: str) -> None:
        await self._pass("remove", name)
        self.views = [view for view in self.views if view.profile.name != name]

    async def test(
        self, name: str, on_step: Callable[[TestStep], None], devices: DeviceTest | None = None
    ) -> tuple[TestStep, ...]:
        await self._pass("test", name)
        for step in self.steps:
            on_step(
                replace(step, state=StepState.RUNNING, detail="trying", remedy="", took_ms=None)
            )
            await self.step_gate.acquire()
            on_step(step)
        if devices is None or not self.tries_devices:
            return self.steps
        found = await devices()
        number = len(self.steps) + 1
        step = TestStep(number, StepLabel.DEVICES, found.state, found.detail, found.remedy)
        return (*self.steps, step)

    async def found(self) -> tuple[FoundServer, ...]:
        await self._pass("found")
        return self.servers

    async def take(self, names: Sequence[str]) -> None:
        await self._pass("take", ", ".join(names))
        for found in self.servers:
            if found.name in names:
                profile = ServerProfile(
                    found.name, found.url, ServerKind.SELF_HOSTED, ServerColour.GREY
                )
                self.views.append(ServerView(profile, found.key_label, ""))

    async def inspect(self, token: str) -> TokenReport:
        await self._pass("inspect")
        return self.report

    async def join_plan(
        self, token: str, url: str, *, unencrypted_confirmed: bool = False
    ) -> CallPlan:
        await self._pass("join_plan", f"{url} in the clear" if unencrypted_confirmed else url)
        access = RoomAccess(url or PRODUCTION.profile.url, self.report.room, "guest-4f2a", token)
        return CallPlan(preset="", room=access.room, speaking=False, by_token=access)

    async def _pass(self, act: str, what: str = "", *, note: bool = True) -> None:
        if note:
            self.asked.append(f"{act} {what}".strip())
        if act in self.gates:
            await self.gates[act].wait()
        if act in self.errors:
            raise self.errors[act]

"""One call in a real room in which a provider fails: what its caller heard, and what must hold of that.

The part that fails, the fault, the turn and whether somebody takes over make a `Case`. What was heard is judged by
the caller's own audio, in which each text has a pitch of its own.
"""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.agent.local_models import LoadedModels
from app.domain import facts as f
from app.domain.access import ServerAccess
from app.domain.call import Call
from app.domain.presets import Failover, Preset
from app.domain.services import ServiceKind
from tests.support.agents import Talk, agent_in
from tests.support.attentive_caller import AttentiveCaller, Sound, spoken_question
from tests.support.livekit import RATE_HZ
from tests.support.relayed import KEYS, cloud_preset, second_chat, second_ear, second_voice
from tests.support.speaking.faults import MIDWAY, Fault, Kind
from tests.support.speaking.process import SpeakingProcess
from tests.support.speaking.script import GREETING, Entry, Service, What
from tests.support.speaking.sound import length_s, said_in_turn

PLACES = ("Lisbon.", "Dublin.", "Geneva.", "Krakow.")
"""What is recognised, turn by turn; the answers differ in pitch."""
LINE = Failover().line
RECORDED = ""
"""What the ear makes of the line in the voice of this computer: nothing that the providers have spoken."""
ASKS_AGAIN = GREETING
"""What the model at the host says when it is told to ask the caller to say that again."""
SERVICES = {
    ServiceKind.STT: Service.DEEPGRAM,
    ServiceKind.LLM: Service.CHAT,
    ServiceKind.TTS: Service.CARTESIA,
}
ANSWER_WITHIN_S = 5.0
LINE_WITHIN_S = 8.0
BEGINS_WITHIN_S = 12.0
QUIET_S = 1.0
QUIET_AFTER_FAULT_S = 3.5
"""Longer than a voice that takes over in the middle of an answer may take."""


@dataclass(frozen=True, slots=True)
class Case:
    part: ServiceKind
    kind: Kind
    turn: int
    fallback: bool

    @property
    def way(self) -> str:
        return "fallback" if self.fallback else "alone"

    @property
    def name(self) -> str:
        return f"{self.part.value}/{self.kind.value}/{self.turn}/{self.way}"

    @property
    def fault(self) -> Fault:
        """It lasts. In the first turn a new connection is hit as well, which is how most keys are refused."""
        return Fault(self.kind, from_turn=self.turn, handshakes=self.turn == 1)

    @property
    def answer(self) -> str:
        return f"You said: {PLACES[self.turn - 1]}"


@dataclass(frozen=True, slots=True)
class Heard:
    """One text as it came to the caller's ear, or RECORDED."""

    text: str
    after_s: float
    length_s: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """The turn in which the fault was."""

    heard: tuple[Heard, ...]
    entries: tuple[Entry, ...]
    """What the providers have seen and done in that turn."""
    call: Call
    switches: tuple[f.ServiceSwitched, ...]


def preset_of(case: Case, host: SpeakingProcess) -> Preset:
    by = {
        ServiceKind.STT: {"stt": [second_ear(host)]},
        ServiceKind.LLM: {"llm": [second_chat(host)]},
        ServiceKind.TTS: {"tts": [second_voice(host)]},
    }
    return cloud_preset(host, **by[case.part]) if case.fallback else cloud_preset(host)


class FaultyCall:
    """One case: a room, an agent and a caller of its own."""

    def __init__(self, case: Case, host: SpeakingProcess, server: ServerAccess) -> None:
        self._case = case
        self._host = host
        self._server = server
        self._name = f"{case.name.replace('/', '-')}-{secrets.token_hex(3)}"
        self._question = spoken_question("meeting_rooms")

    async def outcome(self, models: LoadedModels) -> Outcome:
        case, host = self._case, self._host
        host.reset()
        host.transcripts(PLACES)
        host.misbehave(SERVICES[case.part], case.fault)
        preset = preset_of(case, host)
        async with agent_in(self._server, self._name, models, preset, environment=KEYS) as talk:
            caller = AttentiveCaller(self._server, self._name)
            await caller.join()
            try:
                await caller.hears_the_agent()
                for number in range(1, case.turn):
                    await self._good_turn(caller, number)
                return await self._turn_of_the_fault(talk, caller)
            finally:
                await caller.leave()

    async def _good_turn(self, caller: AttentiveCaller, number: int) -> None:
        sounds = await caller.ask_aloud(
            self._question, begins_within_s=BEGINS_WITHIN_S, quiet_s=QUIET_S
        )
        heard = [
            each.text for each in await asyncio.to_thread(recognised, sounds, self._host.entries())
        ]
        assert heard == [f"You said: {PLACES[number - 1]}"], f"turn {number} was {heard}"

    async def _turn_of_the_fault(self, talk: Talk, caller: AttentiveCaller) -> Outcome:
        before = len(self._host.entries())
        sounds = await caller.ask_aloud(
            self._question, begins_within_s=BEGINS_WITHIN_S, quiet_s=QUIET_AFTER_FAULT_S
        )
        entries = self._host.entries()
        return Outcome(
            await asyncio.to_thread(recognised, sounds, entries),
            tuple(entries[before:]),
            talk.call(),
            tuple(talk.sink.of(f.ServiceSwitched)),
        )


def recognised(sounds: Sequence[Sound], entries: Sequence[Entry]) -> tuple[Heard, ...]:
    """What the sounds say, neighbours that say the same as one."""
    texts = {entry.text for entry in entries if entry.what is What.SPOKEN}
    heard: list[Heard] = []
    for sound in sounds:
        for text, samples in said_in_turn(sound.pcm, RATE_HZ, texts):
            part_s = samples / RATE_HZ
            if heard and heard[-1].text == (text or RECORDED):
                first = heard.pop()
                heard.append(replace(first, length_s=first.length_s + part_s))
            else:
                heard.append(Heard(text or RECORDED, sound.after_s, part_s))
    return tuple(heard)


def wrongs(case: Case, outcome: Outcome) -> list[str]:
    """What the caller should not have met with, the wait apart."""
    if not outcome.heard:
        return ["nothing was heard"]
    return _with_fallback(case, outcome) if case.fallback else _alone(case, outcome)


def too_late(case: Case, outcome: Outcome) -> list[str]:
    """That the caller waited too long, in a list, if so."""
    within_s = ANSWER_WITHIN_S if case.fallback else LINE_WITHIN_S
    after_s = outcome.heard[0].after_s if outcome.heard else 0.0
    return [f"it came after {after_s:.1f} s"] if after_s > within_s else []


def _with_fallback(case: Case, outcome: Outcome) -> list[str]:
    found: list[str] = []
    found += _not_once(case, outcome)
    moved = [(switch.part, bool(switch.to_service)) for switch in outcome.switches]
    if moved != [(case.part.value, True)]:
        found.append(f"switched {len(moved)} times")
    return found


def _not_once(case: Case, outcome: Outcome) -> list[str]:
    """Signs that the turn was lost or doubled: at the caller's ear, at the providers, in the panel."""
    found: list[str] = []
    texts = [each.text for each in outcome.heard]
    rest = texts[1:] if case.part is ServiceKind.TTS and case.kind in MIDWAY else []
    if texts[0] != case.answer or any(not each or not case.answer.endswith(each) for each in rest):
        found.append("what was heard is not the answer")
    if len(texts) > 1 + len(rest):
        found.append("more than the answer was heard")
    heard_s = sum(each.length_s for each in outcome.heard)
    if not 0.75 < heard_s / length_s(case.answer) < 1.5:
        found.append(f"{heard_s:.1f} s were heard of {length_s(case.answer):.1f} s")
    answered = [entry for entry in outcome.entries if entry.what is What.ANSWERED]
    if [entry.text for entry in answered] != [case.answer]:
        found.append(f"{len(answered)} answers were made")
    exchanges = outcome.call.exchanges
    agent = exchanges[-1].agent if exchanges else None
    if len(exchanges) != case.turn or agent is None or agent.text != case.answer:
        found.append("the panel tells of another answer")
    return found


def _alone(case: Case, outcome: Outcome) -> list[str]:
    found: list[str] = []
    recorded = RECORDED if case.part is ServiceKind.TTS else LINE
    texts = [LINE if each.text == recorded else each.text for each in outcome.heard]
    if any(text not in (case.answer, LINE, ASKS_AGAIN) for text in texts):
        found.append("what was heard is neither the answer nor the line")
    if len(set(texts)) < len(texts) or _too_long(outcome.heard):
        found.append("something was heard twice")
    return found


def _too_long(heard: Sequence[Heard]) -> bool:
    return any(each.text and each.length_s > 1.5 * length_s(each.text) for each in heard)

"""Desks in memory: what the pages ask of the tiers, in every state, with gates that a test opens."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from app.domain.errors import UserError
from app.domain.keys import (
    FoundKey,
    KeyCard,
    KeyPlace,
    KeyringState,
    KeyringView,
    KeysView,
    KeyTest,
    Verdict,
)
from app.domain.providers import PROVIDERS, Provider, provider
from tests.support.sample_call import NOW

SESSION_HINT = "Keys stay in memory until Greenroom ends; no file gets them."
KEYRINGS = {
    KeyringState.READY: KeyringView(KeyringState.READY, "GNOME Keyring"),
    KeyringState.LOCKED: KeyringView(
        KeyringState.LOCKED,
        "GNOME Keyring",
        f"{SESSION_HINT} Unlock it here, or in your system's password settings. Without a screen:\n"
        'read -rs P && printf %s "$P" | gnome-keyring-daemon --replace --unlock --components=secrets',
    ),
    KeyringState.NOT_MADE: KeyringView(
        KeyringState.NOT_MADE,
        "GNOME Keyring",
        f"{SESSION_HINT} GNOME Keyring makes one when you choose its password.",
    ),
    KeyringState.ABSENT: KeyringView(
        KeyringState.ABSENT,
        "No keyring",
        f"{SESSION_HINT} Install gnome-keyring, KWallet or KeePassXC and log in again.",
    ),
    KeyringState.HUNG: KeyringView(
        KeyringState.HUNG,
        "GNOME Keyring",
        f"{SESSION_HINT} It may be asking for its password in another window. If not, log out and in again.",
    ),
}


def works(at: float, round_trip_ms: float) -> KeyTest:
    return KeyTest(at, Verdict.WORKS, f"Works, {round_trip_ms:.0f} ms.", round_trip_ms)


def sample_cards() -> tuple[KeyCard, ...]:
    """Six keys as people have them: good, rejected, out of credit, untested, of this session, of the environment."""
    ring, now = KeyPlace.KEYRING, NOW
    rejected = KeyTest(
        now - 20,
        Verdict.REJECTED,
        "Rejected: the key was revoked. Make a new one at OpenAI, then replace it here.",
    )
    no_credit = KeyTest(now - 90_000, Verdict.NO_CREDIT, "Works, but no credit is left.")
    return (
        KeyCard(provider("anthropic"), ring, "0b1A", "", ("booking",), no_credit),
        KeyCard(provider("cartesia"), ring, "41de", "", ("booking",), works(now - 120, 164)),
        KeyCard(
            provider("deepgram"),
            ring,
            "9f2c",
            used_by=("booking", "front desk", "survey"),
            last_test=works(now - 120, 212),
        ),
        KeyCard(
            provider("elevenlabs"),
            KeyPlace.ENVIRONMENT,
            "77e0",
            "ELEVENLABS_API_KEY",
            last_test=works(now - 8_000, 301),
        ),
        KeyCard(provider("groq"), KeyPlace.SESSION, "Zz09"),
        KeyCard(provider("openai"), ring, "kQ7A", "", ("booking", "survey"), rejected),
    )


class MemoryKeyDesk:
    """A KeyDesk whose keyring is a dictionary. It does at once what it is asked, or waits for its gate."""

    def __init__(
        self, state: KeyringState = KeyringState.READY, cards: Sequence[KeyCard] = ()
    ) -> None:
        self.keyring = KEYRINGS[state]
        self.values: dict[str, str] = {card.provider.id: f"canary-{card.tail}" for card in cards}
        self._cards = {card.provider.id: card for card in cards}
        self.asked: list[str] = []
        self.found_keys: tuple[FoundKey, ...] = ()
        self.error: UserError | None = None
        """What every act but looking fails with."""
        self.look_error: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.test_gate = asyncio.Event()
        self.test_gate.set()
        self.verdicts: dict[str, KeyTest] = {}
        self.providers: tuple[Provider, ...] = PROVIDERS

    def turn(self, state: KeyringState) -> None:
        """Let the keyring be in another state from now on."""
        self.keyring = KEYRINGS[state]

    async def look(self) -> KeysView:
        self.asked.append("look")
        await self.gate.wait()
        if self.look_error is not None:
            raise self.look_error
        cards = sorted(self._cards.values(), key=lambda card: card.provider.name.casefold())
        others = tuple(each for each in self.providers if each.id not in self._cards)
        return KeysView(self.keyring, tuple(cards), others)

    async def unlock(self) -> None:
        await self._begin("unlock")
        self.turn(KeyringState.READY)

    async def put(self, provider_id: str, value: str) -> None:
        await self._begin(f"put {provider_id}")
        ready = self.keyring.state is KeyringState.READY
        place = KeyPlace.KEYRING if ready else KeyPlace.SESSION
        known = self._cards.get(provider_id)
        used_by = known.used_by if known is not None else ()
        self.values[provider_id] = value
        self._cards[provider_id] = KeyCard(
            provider(provider_id), place, value[-4:], used_by=used_by
        )

    async def test(self, provider_id: str) -> KeyTest:
        self.asked.append(f"test {provider_id}")
        await self.test_gate.wait()
        if self.error is not None:
            raise self.error
        done = self.verdicts.get(provider_id, works(NOW, 150))
        if provider_id in self._cards:
            self._cards[provider_id] = replace(self._cards[provider_id], last_test=done)
        return done

    async def remove(self, provider_id: str) -> None:
        await self._begin(f"remove {provider_id}")
        del self._cards[provider_id], self.values[provider_id]

    async def reveal(self, provider_id: str) -> str:
        await self._begin(f"reveal {provider_id}")
        return self.values[provider_id]

    async def found(self, env_file: Path | None) -> tuple[FoundKey, ...]:
        await self._begin(f"found {env_file}")
        return self.found_keys

    async def take(self, env_file: Path | None, variables: Sequence[str]) -> None:
        await self._begin(f"take {env_file} {' '.join(variables)}")
        for each in self.found_keys:
            if each.variable in variables:
                self.values[each.provider.id] = f"canary-{each.tail}"
                self._cards[each.provider.id] = KeyCard(each.provider, KeyPlace.KEYRING, each.tail)

    async def _begin(self, act: str) -> None:
        self.asked.append(act)
        await self.gate.wait()
        if self.error is not None:
            raise self.error

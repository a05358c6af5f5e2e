"""The provider host that is also spoken to.

`SpeakingHost` runs on a thread of its own; `SpeakingProcess` runs one in a process of its own, so that it does not
share an interpreter with what is timed. Both do what `Orders` says.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from tests.support.provider_host import Behaviour, ProviderHost
from tests.support.speaking import cartesia, chat, deepgram, elevenlabs, realtime, responses
from tests.support.speaking.orders import Orders, ScriptOrders
from tests.support.speaking.script import Ledger, Script, Service

SECOND = "second"
"""Under this path every service is there once more, as another provider to fall back to."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a service is, how its key travels, and who answers."""

    path: str
    key_of: Callable[[web.Request], str]
    serve: Callable[[web.Request, Ledger], Awaitable[web.StreamResponse]]


PLACES = {
    Service.CHAT: Place("openai/v1/chat/completions", chat.key_of, chat.serve),
    Service.DEEPGRAM: Place("deepgram/v1/listen", deepgram.key_of, deepgram.serve),
    Service.RESPONSES: Place("openai/v1/responses", responses.key_of, responses.serve),
    Service.REALTIME: Place("openai/v1/realtime", realtime.key_of, realtime.serve),
    Service.ELEVENLABS: Place("elevenlabs/v1/text-to-speech", elevenlabs.key_of, elevenlabs.serve),
    Service.CARTESIA: Place("cartesia/tts/websocket", cartesia.key_of, cartesia.serve),
}


class SpeakingHost(ProviderHost):
    """A `ProviderHost` whose services work; `script` says how, and what they have seen."""

    def __init__(self) -> None:
        super().__init__()
        self.script = Script()
        self._place()

    def orders(self) -> Orders:
        return ScriptOrders(self.script, self.reset)

    def socket(self, provider_id: str) -> str:
        """The address that stands for a provider's host, for a WebSocket."""
        return self.base(provider_id).replace("http://", "ws://", 1)

    def reset(self) -> None:
        super().reset()
        self.script.forget()
        self._place()

    def _place(self) -> None:
        for service, place in PLACES.items():
            self.set(place.path, self._served(service, place))
            self.set(f"{SECOND}/{place.path}", self._served(f"{SECOND}_{service}", place))

    def _served(self, service: str, place: Place) -> Behaviour:
        async def behave(request: web.Request) -> web.StreamResponse:
            number = self.script.next_connection()
            ledger = Ledger(self.script, service, place.key_of(request), number)
            return await place.serve(request, ledger)

        return behave

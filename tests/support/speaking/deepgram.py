"""Deepgram's live transcription: binary audio in, results out."""

import asyncio
import secrets

from aiohttp import web

from tests.support.speaking.faults import MIDWAY, Fault, Kind
from tests.support.speaking.hearing import Utterances
from tests.support.speaking.script import Ledger, What
from tests.support.speaking.sockets import Socket, opened, refuse_handshake
from tests.support.speaking.thinking import Message

ENDPOINTED_S = 1.2
"""So long a silence ends an utterance of which no client says that it has ended."""
INTERIM_S = 0.5


def key_of(request: web.Request) -> str:
    return request.headers.get("Authorization", "").removeprefix("Token ")


async def serve(request: web.Request, ledger: Ledger) -> web.StreamResponse:
    refused = await refuse_handshake(request, ledger)
    if refused is not None:
        return refused
    async with opened(request, ledger) as socket:
        await _Listener(socket).run()
    return await socket.end()


class _Listener:
    """One connection: its ear, and the utterance that is being said."""

    def __init__(self, socket: Socket) -> None:
        query = socket.request.query
        self._socket = socket
        self._ear = Utterances(int(query.get("sample_rate", "16000")))
        self._interim = query.get("interim_results", "false") == "true"
        self._utterance_end_s = float(query.get("utterance_end_ms", "inf")) / 1000
        self._says_start = query.get("vad_events", "false") == "true"
        self._words: str | None = None
        self._fault: Fault | None = None
        self._interim_due_s = INTERIM_S
        self._end_due = False

    async def run(self) -> None:
        async for message in self._socket.messages():
            if isinstance(message, bytes):
                await self._hear(message)
            elif not await self._obey(str(message.get("type"))):
                return

    async def _hear(self, pcm: bytes) -> None:
        before_s = self._ear.position_s
        loud = self._ear.hear(pcm)
        self._socket.ledger.hears(self._ear.position_s - before_s, loud=loud)
        if self._ear.speaking:
            await self._while_speaking()
        if self._end_due and self._ear.silent_for_s > self._utterance_end_s:
            self._end_due = False
            at_s = self._ear.last_loud_s
            await self._socket.send(
                {"type": "UtteranceEnd", "channel": [0, 1], "last_word_end": at_s}
            )

    async def _while_speaking(self) -> None:
        if self._words is None:
            await self._begin()
        elif self._interim and self._ear.loud_s > self._interim_due_s:
            self._interim_due_s += INTERIM_S
            await self._guess()
        if self._ear.silent_for_s > ENDPOINTED_S:
            self._finish(from_finalize=False)

    async def _begin(self) -> None:
        if self._ear.joined:
            self._words = ""
            return
        self._fault = self._socket.ledger.next_turn()
        self._words = self._socket.ledger.coming_transcript()
        if self._fault is not None and self._fault.kind is Kind.DROP:
            await self._socket.misbehave(self._fault)
        elif self._says_start:
            at_s = self._ear.position_s
            await self._socket.send({"type": "SpeechStarted", "channel": [0, 1], "timestamp": at_s})

    async def _guess(self) -> None:
        """An interim result: the words that fit into the time that was spoken."""
        if self._words and (self._fault is None or self._fault.kind in MIDWAY):
            said = self._words.split(" ")[: max(1, int(self._ear.loud_s * 3))]
            await self._socket.send(self._result(" ".join(said)))

    async def _obey(self, order: str) -> bool:
        if order == "Finalize":
            self._finish(from_finalize=True)
        elif order == "CloseStream":
            await self._socket.send(
                {
                    "type": "Metadata",
                    "transaction_key": "deprecated",
                    "request_id": secrets.token_hex(8),
                    "sha256": "",
                    "created": "2026-01-01T00:00:00.000Z",
                    "duration": self._ear.position_s,
                    "channels": 1,
                }
            )
            return False
        self._socket.ledger.write(What.TOLD, order)
        return True

    def _finish(self, *, from_finalize: bool) -> None:
        words = self._words or ""
        loud_s = self._ear.end()
        self._words = None
        self._interim_due_s = INTERIM_S
        self._end_due = bool(words)
        self._socket.spawn(self._deliver(words, loud_s, from_finalize=from_finalize))

    async def _deliver(self, words: str, loud_s: float, *, from_finalize: bool) -> None:
        if words and self._fault is not None:
            await self._fail(self._fault)
            return
        if words:
            self._socket.ledger.delivered_transcript()
        await asyncio.sleep(self._socket.script.delays.stt_final_ms / 1000)
        if words:
            self._socket.ledger.write(What.HEARD, words, loud_s)
        await self._socket.send(self._result(words, final=True, from_finalize=from_finalize))

    async def _fail(self, fault: Fault) -> None:
        if not fault.refuses:
            await self._socket.misbehave(fault)
            return
        await self._socket.send(
            {"type": "Error", "description": fault.message, "message": fault.code, "variant": ""}
        )
        self._socket.close(1011 if fault.kind is Kind.SERVER_ERROR else 1008, fault.message)

    def _result(self, words: str, *, final: bool = False, from_finalize: bool = False) -> Message:
        step_s = 0.3
        timed = [
            {
                "word": word.lower().strip(".,?!"),
                "punctuated_word": word,
                "start": index * step_s,
                "end": (index + 1) * step_s,
                "confidence": 0.99,
            }
            for index, word in enumerate(words.split())
        ]
        best = {"transcript": words, "confidence": 0.99 if words else 0.0, "words": timed}
        return {
            "type": "Results",
            "channel_index": [0, 1],
            "duration": len(timed) * step_s,
            "start": max(0.0, self._ear.position_s - len(timed) * step_s),
            "is_final": final,
            "speech_final": final and not from_finalize,
            "from_finalize": from_finalize,
            "channel": {"alternatives": [best]},
            "metadata": {
                "request_id": f"{self._socket.ledger.connection}",
                "model_uuid": "a-model",
                "model_info": {"name": "general-nova-3", "version": "1", "arch": "nova-3"},
            },
        }

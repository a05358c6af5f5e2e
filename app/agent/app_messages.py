# pyright: reportUnknownMemberType=false
"""Tells what an agent sends its clients of its own accord, beside sound and the messages that Pipecat makes."""

import json
from typing import Any, cast

from pipecat.frames.frames import OutputTransportMessageFrame, OutputTransportMessageUrgentFrame
from pipecat.observers.base_observer import BaseObserver, FramePushed

from app.agent.pipecat_time import PipecatTime
from app.domain.facts import AppMessageSent
from app.domain.ports import FactSink

RTVI_LABEL = "rtvi-ai"
OWN_KINDS = frozenset({"server-message", "server-response", "error-response", "ui-command"})
"""RTVI messages that a bot sends on purpose; the others report what other facts tell better."""
NO_RTVI = "a message"
TEXT_AT_MOST = 2000


class AppMessages(BaseObserver):
    """Watches for messages to the clients. Agent loop only."""

    def __init__(self, sink: FactSink, time: PipecatTime) -> None:
        super().__init__()
        self._sink = sink
        self._time = time

    async def on_push_frame(self, data: FramePushed) -> None:
        frame = data.frame
        if not isinstance(frame, OutputTransportMessageFrame | OutputTransportMessageUrgentFrame):
            return
        if (told := kind_and_content(frame.message)) is not None:
            text = json.dumps(told[1], default=str, ensure_ascii=False)[:TEXT_AT_MOST]
            at = self._time.of_push(data.timestamp)
            self._sink.post(AppMessageSent(at=at, kind=told[0], text=text))


def kind_and_content(message: object) -> tuple[str, object] | None:
    """What kind of message it is and what it holds; None for those that Pipecat makes by itself."""
    if not isinstance(message, dict):
        return NO_RTVI, message
    fields = cast("dict[str, Any]", message)
    if fields.get("label") != RTVI_LABEL:
        return NO_RTVI, fields
    kind = str(fields.get("type", ""))
    return (kind, fields.get("data")) if kind in OWN_KINDS else None

"""Hears from a server what happens in its rooms."""

import base64
import hashlib
import hmac
import logging
from collections import OrderedDict
from collections.abc import Callable
from http import HTTPStatus

import jwt
from aiohttp import web
from google.protobuf import json_format
from livekit import api
from livekit.protocol.webhook import WebhookEvent

from app.domain.access import ServerAccess
from app.domain.errors import UserError

log = logging.getLogger(__name__)

PATH = "/livekit/webhook"
LARGEST_BODY = 1 << 20
REMEMBERED = 1000
"""Events whose ids are kept: a server sends one again when an answer is lost."""

OnEvent = Callable[[str, str], None]
"""Told the kind of an event and the name of its room, as the server names them; on the loop of the webhooks."""


class Webhooks:
    """Listens for the events of one server and believes only what its key has signed. One loop."""

    def __init__(self, on_event: OnEvent) -> None:
        self._on_event = on_event
        self._verifier: api.TokenVerifier | None = None
        self._heard: OrderedDict[str, None] = OrderedDict()
        self._runner: web.AppRunner | None = None

    async def listen(self, host: str, port: int = 0) -> str:
        """Open a port on `host`, a free one for 0, and return the address for the server's configuration.

        Raises UserError when it cannot be opened.
        """
        application = web.Application(client_max_size=LARGEST_BODY)
        application.router.add_post(PATH, self._receive)
        runner = self._runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            await self.close()
            which = f"Port {port}" if port else "A port"
            title = f"{which} cannot be opened for the server's webhooks."
            raise UserError(title, error.strerror or str(error)) from error
        return f"http://{host}:{runner.addresses[0][1]}{PATH}"

    def believe(self, access: ServerAccess) -> None:
        """Take what this server's key has signed from now on."""
        self._verifier = api.TokenVerifier(access.api_key, access.api_secret)

    async def close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        try:
            event = self._verified(body, request.headers.get("Authorization", ""))
        except (jwt.PyJWTError, json_format.ParseError, ValueError) as error:
            log.warning("news that is not the server's: %s", type(error).__name__)
            return web.Response(status=HTTPStatus.UNAUTHORIZED)
        if self._is_new(event.id):
            self._on_event(event.event, event.room.name)
        return web.Response()

    def _verified(self, body: bytes, signature: str) -> WebhookEvent:
        """The event, which the token beside it signs by its hash. Raises ValueError or a PyJWTError."""
        if self._verifier is None:
            raise ValueError("there is no server yet")
        signed = self._verifier.verify(signature).sha256 or ""
        found = base64.b64encode(hashlib.sha256(body).digest()).decode()
        if not hmac.compare_digest(signed, found):
            raise ValueError("the body was changed")
        return json_format.Parse(body, WebhookEvent(), ignore_unknown_fields=True)

    def _is_new(self, event_id: str) -> bool:
        if event_id in self._heard:
            return False
        self._heard[event_id] = None
        while len(self._heard) > REMEMBERED:
            self._heard.popitem(last=False)
        return True

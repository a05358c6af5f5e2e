"""Fixtures that real processes stand behind."""

from tests.support.agents import local_models
from tests.support.bots.corpus import bots
from tests.support.livekit import livekit_server, room, self_hosted

__all__ = ["bots", "livekit_server", "local_models", "room", "self_hosted"]

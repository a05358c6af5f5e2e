"""Fixtures that real processes stand behind."""

from tests.support.livekit import livekit_server, room

__all__ = ["livekit_server", "room"]

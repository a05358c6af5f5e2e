"""Fixtures that real processes stand behind, and which of their tests run side by side."""

import pytest

from tests.support.agents import local_models
from tests.support.bots.corpus import bots
from tests.support.livekit import livekit_server, room, self_hosted

__all__ = ["bots", "livekit_server", "local_models", "room", "self_hosted"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that compute most go one after the other; of the rest a file stays together."""
    for item in items:
        computes = "local_models" in getattr(item, "fixturenames", ()) or item.get_closest_marker(
            "local_models"
        )
        item.add_marker(pytest.mark.xdist_group("local models" if computes else item.path.name))

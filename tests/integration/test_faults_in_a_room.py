"""Providers fail while a caller speaks in a real room. `tests.bench.faults_in_a_room` goes through all the faults."""

from collections.abc import Iterator

import pytest

from app.agent.local_models import LoadedModels
from app.domain.access import ServerAccess
from app.domain.services import ServiceKind
from tests.support.faulty_call import Case, FaultyCall, wrongs
from tests.support.speaking.faults import Kind
from tests.support.speaking.process import SpeakingProcess


@pytest.fixture(scope="module")
def host() -> Iterator[SpeakingProcess]:
    with SpeakingProcess() as running:
        yield running


@pytest.mark.parametrize(
    "case",
    [
        Case(ServiceKind.STT, Kind.STALL_MIDWAY, turn=1, fallback=True),
        Case(ServiceKind.STT, Kind.UNAUTHORIZED, turn=1, fallback=False),
        Case(ServiceKind.TTS, Kind.STALL_MIDWAY, turn=1, fallback=True),
        Case(ServiceKind.TTS, Kind.NO_FUNDS, turn=1, fallback=False),
    ],
    ids=lambda case: case.name,
)
async def test_the_caller_hears_the_answer_once_or_the_line(
    livekit_server: ServerAccess, local_models: LoadedModels, host: SpeakingProcess, case: Case
) -> None:
    outcome = await FaultyCall(case, host, livekit_server).outcome(local_models)

    assert wrongs(case, outcome) == []

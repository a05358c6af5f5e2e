import sys
import threading
from concurrent.futures import CancelledError

import pytest

from app.agent.local_models import LocalModels
from app.agent.preset_file import find_preset, load_preset
from app.domain.errors import MissingRequirementError
from app.domain.facts import StepProgressed
from app.runtime.clock import AnchoredClock


@pytest.mark.parametrize(
    ("package", "said"),
    [
        ("faster_whisper", "greenroom[local]"),
        ("xllamacpp", "greenroom[local]"),
        ("piper", "greenroom[voice]"),
    ],
)
def test_a_missing_package_is_named_with_the_way_to_get_it(
    package: str, said: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, package, None)
    models = LocalModels()
    try:
        loading = models.load(load_preset(find_preset("local")), _ignore, AnchoredClock())

        with pytest.raises(MissingRequirementError) as missing:
            loading.result(60)
    finally:
        models.close()

    assert package in missing.value.title
    assert said in missing.value.hint
    assert missing.value.exit_code == 3


def test_loading_stops_before_the_next_model_when_it_is_cancelled():
    models = LocalModels()
    told: list[StepProgressed] = []
    first = threading.Event()

    def progress(step: StepProgressed) -> None:
        told.append(step)
        first.set()

    loading = models.load(load_preset(find_preset("local")), progress, AnchoredClock())
    assert first.wait(30)
    assert loading.cancel()
    models.close()

    with pytest.raises(CancelledError):
        loading.result(1)
    assert len({step.step for step in told}) < 3


def _ignore(_: StepProgressed) -> None:
    pass

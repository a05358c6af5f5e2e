"""Small packages written for the tests, read without being imported."""

import ast
import sys
from pathlib import Path

import pytest

from app.agent.catalogue import documented, extras, needed
from app.agent.catalogue.constructor import parameters, settings_defaults
from app.agent.catalogue.kinds import services, words
from app.agent.catalogue.registered import registered
from app.agent.catalogue.setting_fields import settings_of
from app.agent.catalogue.source import ClassSource, Sources
from app.agent.catalogue.values import UNKNOWN, value_of
from app.domain.errors import UserError
from app.domain.services import ServiceKind, SettingForm

BASE = """
from abc import abstractmethod
class STTService:
    def __init__(self, *, audio_passthrough=True, ttfs: float | None = None, **kwargs): ...
    @abstractmethod
    async def run_stt(self, audio): ...
"""
SETTINGS = """
from dataclasses import dataclass, field
from typing import ClassVar
@dataclass
class STTSettings:
    '''Settings.

    Parameters:
        model: The model, e.g. ``"a"``.
        old: Not any more.

            .. deprecated:: 1.0.0
                No replacement. Will be removed in 2.0.0.
    '''
    model: str | None | NotGiven = field(default_factory=lambda: NOT_GIVEN)
    old: str | None = None
    language: "Language | str | None" = None
    '''Spoken language.

    More of it.
    '''
    _aliases: ClassVar[dict[str, str]] = {}
"""
ACME = """
from enum import StrEnum, auto
from typing import Literal
from dataclasses import dataclass
from .common import DEFAULT_RATE, Mode as Manner
from pipecat.services.stt_service import STTService
from pipecat.services.settings import STTSettings
import pipecat.services.acme.common as common
try:
    import acme_sdk
except ImportError as e:
    raise ImportError("pipecat-ai[acme]") from e
try:
    import faster_json
except ImportError:
    faster_json = None
if True:
    import only_elsewhere
Colour = Literal["red", "green"]
@dataclass
class AcmeSTTSettings(STTSettings):
    '''Settings.

    Parameters:
        colour: Which colour.
    '''
    colour: Colour | None = None
    model: str = "first"
    steps: Literal[1, 2] = 1
class AcmeSTTService(STTService):
    Settings = AcmeSTTSettings
    class InputParams: ...
    def __init__(self, *, api_key: str, rate: int = 2 * DEFAULT_RATE, manner: Manner = common.Mode.FAST,
                 params: InputParams | None = None, model: str | None = None,
                 clients: list[Session] | None = None, session: Session | None = None,
                 settings: Settings | None = None, **kwargs):
        '''Make it.

        Args:
            api_key: The key.
            rate: How fast. See :class:`~pipecat.x.Rate` and ``y``.
            params: Old.

                .. deprecated:: 0.0.1
                    Use settings.
            model: Moved.
        '''
        default_settings = self.Settings(model="second", colour=pick())
        self._warn_init_param_moved_to_settings("model", "model")
        super().__init__(ttfs=1.0, **kwargs)
    async def run_stt(self, audio): ...
class AcmeHttpSTTService(AcmeSTTService):
    def __init__(self, *, url: str = "http://localhost:1", **kwargs):
        default_settings = self.Settings(model="third")
        super().__init__(rate=1, **kwargs)
class AcmeUnfinishedSTTService(STTService): ...
class _HiddenSTTService(AcmeSTTService): ...
class AcmeBaseSTTService(AcmeSTTService): ...
"""
COMMON = """
from enum import StrEnum, auto
DEFAULT_RATE = 8000
class Mode(StrEnum):
    FAST = "fast"
    SLOW = auto()
"""


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    files = {
        "services/stt_service.py": BASE,
        "services/settings.py": SETTINGS,
        "services/acme/__init__.py": "",
        "services/acme/stt.py": ACME,
        "services/acme/common.py": COMMON,
        "services/empty.py": "",
    }
    for name, text in files.items():
        path = tmp_path / "pipecat" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return Sources(tmp_path / "pipecat")


def acme(sources: Sources, name: str = "AcmeSTTService") -> ClassSource:
    module = sources.module("pipecat.services.acme.stt")
    assert module is not None
    found = module.find(name)
    assert isinstance(found, ClassSource)
    return found


def test_only_services_that_can_be_made_are_found(sources: Sources) -> None:
    found = [(kind, service.name) for kind, service in services(sources)]

    assert found == [
        (ServiceKind.STT, "AcmeSTTService"),
        (ServiceKind.STT, "AcmeHttpSTTService"),
    ]


def test_parameters_follow_what_is_handed_on_to_the_base(sources: Sources) -> None:
    own = {each.name: each for each in parameters(acme(sources))}
    derived = {each.name: each for each in parameters(acme(sources, "AcmeHttpSTTService"))}

    assert "audio_passthrough" in own
    assert "ttfs" not in own
    assert "rate" not in derived
    assert {"url", "api_key", "audio_passthrough"} <= set(derived)


def test_parameters_have_defaults_forms_and_descriptions(sources: Sources) -> None:
    found = {each.name: each for each in parameters(acme(sources))}

    assert found["api_key"].required
    assert found["rate"].default == 16000
    assert found["rate"].description == "How fast. See Rate and y."
    assert found["manner"].default == "fast"
    assert found["manner"].shape.choices == ("fast", "slow")
    assert found["audio_passthrough"].shape.form is SettingForm.SWITCH
    assert not found["session"].shape.writable
    assert not found["clients"].shape.writable
    assert [name for name, each in found.items() if each.deprecated] == ["params", "model"]


def test_settings_are_inherited_and_start_as_the_nearest_constructor_says(
    sources: Sources,
) -> None:
    found = {each.name: each for each in settings_of(acme(sources))}

    assert list(found) == ["model", "language", "colour", "steps"]
    assert found["model"].default == "second"
    assert found["model"].description == 'The model, e.g. "a".'
    assert found["language"].description == "Spoken language."
    assert found["colour"].form is SettingForm.CHOICE
    assert found["colour"].choices == ("red", "green")
    assert found["colour"].default is None
    assert found["steps"].form is SettingForm.INTEGER
    assert settings_defaults(acme(sources, "AcmeHttpSTTService"))["model"] == "third"


def test_what_is_needed_is_what_every_computer_imports(sources: Sources) -> None:
    assert needed.needed(acme(sources), sources) == {"acme_sdk"}
    assert not needed.is_installed(acme(sources), sources)


@pytest.mark.parametrize(
    ("name", "there"),
    [("json", True), ("no_such_module", False), ("email.mime", True), ("no.such", False)],
)
def test_modules_are_found_without_being_imported(name: str, there: bool) -> None:
    assert needed.found(name) is there


def test_a_namespace_inside_a_namespace_is_looked_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = tmp_path / "outer_space" / "inner"
    inner.mkdir(parents=True)
    (inner / "there.py").write_text("raise RuntimeError")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])

    assert needed.found("outer_space.inner.there")
    assert not needed.found("outer_space.inner.not_there")
    assert "outer_space" not in sys.modules


@pytest.mark.parametrize(
    ("text", "value"),
    [("-1", -1), ("1.5", 1.5), ("None", None), ("'a'", "a"), ("2 * 3 + 1", 7), ("True", True)],
)
def test_plain_values_are_read(sources: Sources, text: str, value: object) -> None:
    assert value_of(ast.parse(text, mode="eval").body, acme(sources)) == value


@pytest.mark.parametrize("text", ["pick()", "nowhere", "[1]", "{}", "1 / 0", "a.b.c"])
def test_what_only_running_it_would_tell_is_unknown(sources: Sources, text: str) -> None:
    assert value_of(ast.parse(text, mode="eval").body, acme(sources)) is UNKNOWN


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("CartesiaHttpTTSService", ["Cartesia", "Http", "TTS"]),
        ("NvidiaSageMakerHTTPTTSService", ["Nvidia", "Sage", "Maker", "HTTP", "TTS"]),
        ("WhisperSTTServiceMLX", ["Whisper", "STT", "MLX"]),
        ("RimeV1TTSService", ["Rime", "V1", "TTS"]),
    ],
)
def test_class_names_fall_into_words(name: str, parts: list[str]) -> None:
    assert words(name) == parts


def test_a_docstring_tells_of_the_class_only_what_is_not_about_a_parameter() -> None:
    about_a_parameter = (
        "Text.\n\nArgs:\n    a: One.\n\n        .. deprecated:: 1.0.0\n            No.\n"
    )

    assert not documented.is_deprecated(about_a_parameter)
    assert documented.parameters(about_a_parameter)["a"].deprecated
    assert documented.is_deprecated("Text.\n\n.. deprecated:: 1.0.0\n    Use another.\n")


def test_a_pipecat_without_its_registry_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pipecat.cli.registry.service_metadata", None)

    with pytest.raises(UserError, match="no list of its services"):
        registered()


def test_extras_are_known_by_folder_and_by_module() -> None:
    assert extras.named("pocket_tts") == "pocket-tts"
    assert extras.named("no_such_folder") == ""
    assert {each.name for each in extras.requirements("deepgram")} == {"deepgram-sdk"}

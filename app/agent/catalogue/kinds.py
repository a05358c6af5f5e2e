"""Which of Pipecat's classes are services of an agent, and of which kind."""

import ast
import re
from collections.abc import Iterator
from functools import lru_cache

from app.agent.catalogue.documented import is_deprecated
from app.agent.catalogue.source import ClassSource, Sources
from app.domain.services import ServiceKind

SERVICES = "pipecat.services"
_KINDS = {
    f"{SERVICES}.stt_service.STTService": ServiceKind.STT,
    f"{SERVICES}.tts_service.TTSService": ServiceKind.TTS,
    f"{SERVICES}.llm_service.LLMService": ServiceKind.LLM,
}
_SPEECH = ("TTSAudioRawFrame", "SpeechOutputAudioRawFrame")
"""The frames that only a language model that speaks makes."""
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?=(?:STT|TTS|LLM)(?![a-z]))")


def services(sources: Sources) -> Iterator[tuple[ServiceKind, ClassSource]]:
    """Every service that can be made, with its kind; abstract bases are left out."""
    for module in sources.below(SERVICES):
        for found in module.classes:
            kind = _kind(found)
            if kind is not None and not _is_abstract(found):
                yield kind, found


def full_name(found: ClassSource) -> str:
    return f"{found.module.name}.{found.name}"


def provider_folder(found: ClassSource) -> str:
    """The folder of Pipecat's services in which it is: as a rule its provider's name."""
    return found.module.name.split(".")[2]


def words(class_name: str) -> list[str]:
    """The words of a class name, without "Service": Cartesia, Http, TTS."""
    return [word for word in _WORD.split(class_name) if word and word != "Service"]


def is_deprecated_class(found: ClassSource) -> bool:
    marked = any("deprecated" in ast.unparse(each) for each in found.node.decorator_list)
    return marked or is_deprecated(found.doc)


def _kind(found: ClassSource) -> ServiceKind | None:
    kind = next(
        (_KINDS[name] for each in found.lineage if (name := full_name(each)) in _KINDS), None
    )
    return ServiceKind.REALTIME if kind is ServiceKind.LLM and _speaks(found) else kind


def _speaks(found: ClassSource) -> bool:
    # Not `is_realtime_service`: OpenAI's live service leaves it off and NVIDIA's, which writes, sets it.
    return any(_makes_speech(owner) for owner in found.lineage)


@lru_cache(maxsize=1024)
def _makes_speech(found: ClassSource) -> bool:
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _SPEECH
        for node in ast.walk(found.node)
    )


def _is_abstract(found: ClassSource) -> bool:
    # A service's module is pipecat.services.FOLDER.MODULE.
    in_no_folder = found.module.name.count(".") <= SERVICES.count(".") + 1
    is_base = found.name.startswith("_") or "Base" in words(found.name)
    return in_no_folder or is_base or bool(_missing(found))


def _missing(found: ClassSource) -> set[str]:
    """The abstract functions that nobody in its lineage has written."""
    missing: set[str] = set()
    for owner in reversed(found.lineage):
        for name, function in owner.functions.items():
            marks = (ast.unparse(each) for each in function.decorator_list)
            if any(mark.endswith("abstractmethod") for mark in marks):
                missing.add(name)
            else:
                missing.discard(name)
    return missing

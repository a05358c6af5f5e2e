"""Imports every service of Pipecat with stand-ins for the SDKs that are missing, and prints what it finds as JSON.

A program of its own: it changes how Python imports. Reads from stdin, as JSON, whether to use stand-ins and which
classes to construct with which keywords.
"""

# pyright: basic

import dataclasses
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import inspect
import json
import pkgutil
import sys
import types
import warnings


def stand_in(owner, name):
    """The attribute of that name, made when it is first asked for."""
    if name.startswith("__"):
        raise AttributeError(name)
    if name == "value":
        return getattr(owner, "__name__", name)
    is_error = name.endswith(("Error", "Exception"))
    made = type(name, (Exception,), {}) if is_error else StandInType(name, (StandIn,), {})
    setattr(owner, name, made)
    return made


class StandInType(type):
    """Its classes have any attribute, and can be called, indexed, joined and inherited from."""

    __getattr__ = stand_in

    def __getitem__(cls, _):
        return cls

    def __or__(cls, _):
        return cls

    __ror__ = __or__

    def __iter__(cls):
        return iter(())


class StandIn(metaclass=StandInType):
    @classmethod
    def __get_pydantic_core_schema__(cls, _source, _handler):
        return {"type": "any"}

    def __init__(self, *_, **__):
        pass

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return StandIn()

    def __call__(self, *_, **__):
        return StandIn()


class StandInModule(types.ModuleType):
    def __init__(self, name):
        super().__init__(name)
        self.__path__ = []

    def __getattr__(self, name):
        return stand_in(self, name)


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Comes last: finds what nobody else has, for Pipecat only."""

    def find_spec(self, name, path=None, target=None):
        top = name.split(".")[0]
        if top in ("pipecat", *sys.stdlib_module_names) or not self._for_pipecat():
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        return StandInModule(spec.name)

    def exec_module(self, module):
        pass

    def _for_pipecat(self):
        frame = sys._getframe(2)
        while frame is not None:
            name = frame.f_globals.get("__name__", "")
            if "importlib" not in name and name != __name__:
                return name.startswith("pipecat.")
            frame = frame.f_back
        return False


def modules():
    package = importlib.import_module("pipecat.services")
    for found in pkgutil.walk_packages(package.__path__, "pipecat.services."):
        if not found.ispkg:
            yield found.name


def kind_of(cls, bases):
    stt, _, tts = bases
    return "stt" if issubclass(cls, stt) else "tts" if issubclass(cls, tts) else "llm"


def realtime(cls):
    """Whether Pipecat's own aggregators would take it as speech to speech."""
    source = "".join(
        inspect.getsource(each)
        for each in cls.__mro__
        if each.__module__.startswith("pipecat.services.")
    )
    return "TTSAudioRawFrame(" in source or "SpeechOutputAudioRawFrame(" in source


def plain(value):
    value = getattr(value, "value", value)
    return value if isinstance(value, str | int | float | bool) else None


def constructed(cls, keywords):
    """The settings of one that was made with its required parameters and `keywords`, or why it could not be made."""
    given = {}
    for name, parameter in inspect.signature(cls.__init__).parameters.items():
        if name == "self" or parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            continue
        if parameter.default is parameter.empty:
            given[name] = "http://127.0.0.1:1/x" if "url" in name else "x"
    try:
        service = cls(**{**keywords, **given})
    except Exception as error:  # noqa: BLE001 - vendors raise anything
        return {"error": f"{type(error).__name__}: {error}"}
    return {
        "settings": {
            f.name: plain(getattr(service._settings, f.name))
            for f in dataclasses.fields(service._settings)
        }
    }


def described(cls, bases, asked):
    made = constructed(cls, asked[cls.__name__]) if cls.__name__ in asked else {}
    return {
        "module": cls.__module__,
        "kind": "realtime"
        if kind_of(cls, bases) == "llm" and realtime(cls)
        else kind_of(cls, bases),
        "abstract": inspect.isabstract(cls),
        "fields": [f.name for f in dataclasses.fields(cls.Settings)]
        if hasattr(cls, "Settings")
        else [],
        "made": made,
    }


def main():
    warnings.simplefilter("ignore")
    asked = json.load(sys.stdin)
    if asked["stand_ins"]:
        sys.meta_path.append(Finder())
    from loguru import logger

    logger.remove()
    from pipecat.services.llm_service import LLMService
    from pipecat.services.stt_service import STTService
    from pipecat.services.tts_service import TTSService

    bases = (STTService, LLMService, TTSService)
    found, failed = {}, {}
    for name in modules():
        try:
            module = importlib.import_module(name)
        except Exception as error:  # noqa: BLE001 - vendors raise anything
            failed[name] = f"{type(error).__name__}: {error}"
            continue
        for cls in vars(module).values():
            own = inspect.isclass(cls) and cls.__module__ == name and issubclass(cls, bases)
            if own and name.count(".") > 2:
                found[f"{name}.{cls.__name__}"] = described(cls, bases, asked["construct"])
    json.dump({"found": found, "failed": failed}, sys.stdout)


if __name__ == "__main__":
    main()

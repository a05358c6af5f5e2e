"""The extras of the installed Pipecat."""

import re
from functools import lru_cache
from importlib.metadata import PackageMetadata, PackageNotFoundError, distribution

from packaging.requirements import Requirement

from app.domain.errors import UserError

DISTRIBUTION = "pipecat-ai"


@lru_cache(maxsize=1)
def provided() -> frozenset[str]:
    """The extras that there are. Raises `UserError` where Pipecat is not installed."""
    return frozenset(_metadata().get_all("Provides-Extra") or ())


def version() -> str:
    """Pipecat's version. Raises `UserError` where it is not installed."""
    return str(_metadata()["Version"])


def requirements(extra: str) -> tuple[Requirement, ...]:
    """What an extra asks for, on any computer."""
    listed = (Requirement(each) for each in _metadata().get_all("Requires-Dist") or ())
    mention = re.compile(rf"extra\s*==\s*[\"']{re.escape(extra)}[\"']")
    return tuple(each for each in listed if each.marker and mention.search(str(each.marker)))


def fits_nowhere_here(extra: str) -> bool:
    """Whether an extra asks for packages, and for none of them on this computer with this Python."""
    asked = requirements(extra)
    return bool(asked) and not any(
        each.marker.evaluate({"extra": extra}) for each in asked if each.marker
    )


def named(name: str) -> str:
    """The extra that a folder or a module is called after; empty where there is none."""
    return next((each for each in provided() if _same(each) == _same(name)), "")


def _same(name: str) -> str:
    return re.sub(r"[-_.]+", "_", name).lower()


def _metadata() -> PackageMetadata:
    try:
        return distribution(DISTRIBUTION).metadata
    except PackageNotFoundError as error:
        raise UserError(
            "Pipecat is not installed.", "Install what Greenroom needs once more; see its README."
        ) from error

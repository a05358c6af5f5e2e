"""What this computer has for local models: cores and packages."""

import os

from app.domain.errors import MissingRequirementError


def spare_cores() -> int:
    """Threads for one model: all cores but one, because a model whose threads wait for a busy core stands still."""
    return max(1, min(4, (os.cpu_count() or 2) - 1))


def missing_package(error: ImportError, extra: str) -> MissingRequirementError:
    """Say which package is missing and how to get it."""
    name = error.name or str(error)
    return MissingRequirementError(
        f"The package {name} is not installed.", f"pip install 'greenroom[{extra}]'"
    )

"""`greenroom`: opens the panel."""

import argparse

from app.bootstrap import Plan, has_display, run_panel
from app.domain.errors import MissingRequirementError


def run(_arguments: argparse.Namespace) -> int:
    """Open the panel and return when it is closed. Raises MissingRequirementError without a display."""
    if not has_display():
        raise MissingRequirementError(
            "There is no display to open the panel on.",
            "Without one, this talks to the agent: greenroom demo --headless",
        )
    return run_panel(Plan())

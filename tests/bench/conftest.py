"""Collects the figures of the benchmarks and prints them, each beside its budget."""

from collections.abc import Callable
from dataclasses import dataclass

import psutil
import pytest

_figures: list["Figure"] = []


@dataclass(frozen=True)
class Figure:
    what: str
    value: str
    budget: str


@pytest.fixture
def figure() -> Callable[[str, str, str], None]:
    """Report one figure: what it is of, its value with unit and n, and the budget of the design."""

    def report(what: str, value: str, budget: str) -> None:
        _figures.append(Figure(what, value, budget))

    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not _figures:
        return
    load = ", ".join(f"{value:.1f}" for value in psutil.getloadavg())
    terminalreporter.section(f"figures (load {load})")
    for row in _figures:
        terminalreporter.write_line(f"{row.what:58} {row.value:44} budget {row.budget}")

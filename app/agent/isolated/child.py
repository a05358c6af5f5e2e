"""The program of a bot's own process, run by its path with any interpreter that has Pipecat and LiveKit.

Its arguments: the number of the pipe for its facts. Everything else comes over standard input.
"""

import importlib.util
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2]


def mount() -> None:
    """Make Greenroom's `app` importable, and nothing else of what is beside it: the rest is the bot's environment."""
    spec = importlib.util.spec_from_file_location(
        PACKAGE.name, PACKAGE / "__init__.py", submodule_search_locations=[str(PACKAGE)]
    )
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE.name] = package
    spec.loader.exec_module(package)


def main() -> None:
    mount()
    from app.agent.isolated import inside  # Importable from here on.

    inside.live(int(sys.argv[1]))


if __name__ == "__main__":
    main()

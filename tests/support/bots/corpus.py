"""The bots that the tests run: what Pipecat's own command line writes, and what people write.

Each is put, with all that belongs to it, into a folder of the test's own; none is changed on the way. The generated
ones are made once in a run, by Pipecat itself, without the network.

| written | what it is |
|---|---|
| with_tools | Deepgram, chat completions, Cartesia; two tools; greets when a client is connected |
| own_runner | `WorkerRunner()`, `logger.remove()`, a log and a prompt of its own; Deepgram, chat, ElevenLabs |
| siblings_one, siblings_two | say what the `helpers.py` beside them says; Cartesia alone |
| swallows_end | keeps EndFrame to itself |
| swallows_all | keeps EndFrame and CancelFrame to itself, and has a task that cannot be cancelled |
| blocks_loop | blocks its thread for BLOCK_S (30) seconds at the first audio |
| raises_in_observer | an observer and a handler that raise |
| slow_loading | blocks for LOAD_S (5) seconds while it builds its pipeline |
| exits | `os._exit(3)` at the first audio |
| raises | raises in `bot()` |

The last seven need no provider.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

HERE = Path(__file__).parent
REDIRECT = HERE / "redirect_setup.py"
KEYS = ("DEEPGRAM_API_KEY", "OPENAI_API_KEY", "CARTESIA_API_KEY", "ELEVENLABS_API_KEY")
_SCAFFOLD = (
    *("-t", "livekit", "-m", "cascade"),
    *("--stt", "deepgram_stt", "--llm", "openai_llm", "--tts", "elevenlabs_tts"),
)
_REALTIME = ("-t", "livekit", "-m", "realtime", "--realtime", "openai_realtime")
_GENERATE_S = 60


def generate(folder: Path, *arguments: str) -> Path:
    """Let `pipecat init` write a project into `folder`, which is made; the project's own folder."""
    folder.mkdir(parents=True)
    environment = {**os.environ, "HOME": str(folder), "RUFF_NO_CACHE": "true"}
    command = [sys.executable, "-m", "pipecat.cli.main", "init", *arguments, "--no-context-hub"]
    subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
        timeout=_GENERATE_S,
    )
    (bot,) = folder.glob("*/server/bot.py")
    return bot.parent.parent


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


class Bots:
    """Gives out bots; `folder` holds the generated ones for the run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._generated: dict[str, Path] = {}

    def quickstart(self, into: Path) -> Path:
        """The stock quickstart, byte for byte; its `bot.py`."""
        return self._project("quickstart", ("quickstart",), into)

    def scaffold(self, into: Path) -> Path:
        """The scaffold for LiveKit with Deepgram, chat completions and ElevenLabs; its `bot.py`."""
        return self._project("scaffold", ("a-bot", *_SCAFFOLD), into)

    def realtime(self, into: Path) -> Path:
        """The scaffold for LiveKit with OpenAI Realtime, speech to speech; its `bot.py`."""
        return self._project("realtime", ("a-bot", *_REALTIME), into)

    def blanked(self, into: Path) -> Path:
        """The quickstart as many first run it: with `.env.example` copied, and no value filled in."""
        bot = self.quickstart(into)
        shutil.copy(bot.parent / ".env.example", bot.parent / ".env")
        return bot

    def written(self, name: str, into: Path) -> Path:
        """One that people wrote; its `bot.py`."""
        shutil.copytree(HERE / "written" / name, into / name)
        return into / name / "bot.py"

    def _project(self, name: str, arguments: tuple[str, ...], into: Path) -> Path:
        if name not in self._generated:
            self._generated[name] = generate(self._folder / name, *arguments)
        project = into / self._generated[name].name
        shutil.copytree(self._generated[name], project)
        return project / "server" / "bot.py"


@pytest.fixture(scope="session")
def bots(tmp_path_factory: pytest.TempPathFactory) -> Bots:
    return Bots(tmp_path_factory.mktemp("bots"))


def keys(owner: str = "the-bot") -> dict[str, str]:
    """A key for each provider that says whose it is."""
    return {name: f"{owner}-{name.removesuffix('_API_KEY').lower()}" for name in KEYS}


def pointing(address: str) -> dict[str, str]:
    """What points a process, or one bot by its `.env`, to the host at `http://…`."""
    return {"PIPECAT_SETUP_FILES": str(REDIRECT), "SPEAKING_HOST": address}


def point(bot: Path, address: str, variables: Mapping[str, str] | None = None) -> None:
    """Give a bot a `.env` with keys (those of `keys`, if none are given) and the way to the host."""
    lines = {**(keys() if variables is None else variables), **pointing(address)}
    text = "".join(f"{name}={value}\n" for name, value in lines.items())
    (bot.parent / ".env").write_text(text)

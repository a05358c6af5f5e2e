"""Real pip, and uv where it is, in environments and with packages of the tests' own; nothing leaves the computer."""

import asyncio
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
from aiohttp import web

from app.agent.catalogue import catalogue, extras, install, install_command
from app.agent.catalogue.installer import command
from app.agent.catalogue.installer_words import why_it_failed
from app.domain.errors import UserError

UV = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
EXTRA = "deepgram"


def kept_by_the_system() -> Path | None:
    """A Python that is marked as PEP 668 says, with a pip that heeds the mark."""
    marks = Path("/usr/lib").glob("python3*/EXTERNALLY-MANAGED")
    found = (Path("/usr/bin") / mark.parent.name for mark in marks)
    with_pip = (
        each
        for each in found
        if each.exists() and Path("/usr/lib/python3/dist-packages/pip").exists()
    )
    return next(with_pip, None)


SYSTEM_PYTHON = kept_by_the_system()


@pytest.fixture(autouse=True)
def without_settings_of_this_computer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.delenv("PIP_BREAK_SYSTEM_PACKAGES", raising=False)


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a Pipecat that is as small as can be, and with what its extra asks for."""
    folder = tmp_path_factory.mktemp("packages")
    needs = [f"Provides-Extra: {EXTRA}", f'Requires-Dist: sample-sdk>=2; extra == "{EXTRA}"']
    wheel(folder, "pipecat_ai", extras.version(), "pipecat_stand_in", needs)
    wheel(folder, "sample_sdk", "2.1", "sample_sdk", [])
    return folder


def wheel(folder: Path, name: str, version: str, module: str, lines: list[str]) -> None:
    info = f"{name}-{version}.dist-info"
    metadata = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *lines, ""]
    files = {
        f"{module}.py": "VALUE = 1\n",
        f"{info}/METADATA": "\n".join(metadata),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in (*files, f"{info}/RECORD"))
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        for path, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(path, text)


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """The interpreter of a new environment, which has pip."""
    venv.create(tmp_path / "environment", with_pip=True, symlinks=os.name != "nt")
    return tmp_path / "environment" / ("Scripts" if os.name == "nt" else "bin") / "python"


@pytest.fixture
def without_uv(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, packages: Path) -> None:
    for tool in ("PIP", "UV"):
        monkeypatch.setenv(f"{tool}_NO_INDEX", "1")
        monkeypatch.setenv(f"{tool}_FIND_LINKS", str(packages))


def version_in(python: Path, distribution: str) -> str:
    program = f"import importlib.metadata as m; print(m.version('{distribution}'))"
    asked = subprocess.run([python, "-c", program], capture_output=True, text=True, timeout=30)
    return asked.stdout.strip()


@pytest.mark.usefixtures("without_uv", "offline")
async def test_pip_adds_an_extra_of_the_pipecat_that_is_here(python: Path) -> None:
    before = catalogue()
    said: list[str] = []

    await install(EXTRA, said.append, python=python)

    assert version_in(python, "sample-sdk") == "2.1"
    assert version_in(python, "pipecat-ai") == extras.version()
    assert any("sample" in line for line in said)
    assert all(line == line.strip() and line for line in said)
    assert catalogue() is not before


@pytest.mark.skipif(UV is None, reason="uv is not here")
@pytest.mark.usefixtures("offline")
async def test_uv_is_used_where_it_is_at_hand(
    python: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(Path(UV or "").parent))
    said: list[str] = []

    await install(EXTRA, said.append, python=python)

    assert command(EXTRA, python)[0] == UV
    assert version_in(python, "sample-sdk") == "2.1"
    assert any("sample-sdk" in line for line in said)


@pytest.mark.usefixtures("without_uv")
def test_the_command_can_be_copied() -> None:
    wanted = f"pipecat-ai[{EXTRA}]=={extras.version()}"

    line = install_command(EXTRA, python=Path("/a path/python"))

    assert line == f"'/a path/python' -m pip install '{wanted}'"


@pytest.mark.usefixtures("without_uv")
def test_several_extras_are_one_command() -> None:
    line = install_command("deepgram,sagemaker", python=Path("python"))

    assert line.endswith(f"'pipecat-ai[deepgram,sagemaker]=={extras.version()}'")


@pytest.mark.parametrize("extra", ["no-such-extra", "deepgram,", "", "deepgram]; rm", "--upgrade"])
async def test_what_is_no_extra_is_not_installed(extra: str) -> None:
    with pytest.raises(UserError, match="has no extra") as caught:
        await install(extra, lambda _: None)

    assert "deepgram" in caught.value.hint


@pytest.mark.skipif(
    sys.version_info >= (3, 12), reason="there is such a package from Python 3.12 on"
)
async def test_an_extra_that_has_nothing_for_this_python_is_refused() -> None:
    with pytest.raises(UserError, match="with this Python") as caught:
        await install("aws-nova-sonic", lambda _: None)

    assert "3.12" in caught.value.hint


@pytest.mark.usefixtures("without_uv")
async def test_without_a_network_it_says_so(
    python: Path, monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{unused_tcp_port}/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")

    with pytest.raises(UserError, match="could not be fetched"):
        await install(EXTRA, lambda _: None, python=python)


@pytest.mark.usefixtures("without_uv", "offline")
async def test_a_missing_package_is_told_from_a_missing_network(
    python: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))

    with pytest.raises(UserError, match="no packages that fit"):
        await install(EXTRA, lambda _: None, python=python)


@pytest.mark.usefixtures("without_uv")
async def test_a_python_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="could not be started"):
        await install(EXTRA, lambda _: None, python=tmp_path / "python")


@pytest.mark.usefixtures("without_uv")
async def test_an_environment_without_pip(tmp_path: Path) -> None:
    venv.create(tmp_path / "bare", with_pip=False, symlinks=os.name != "nt")

    with pytest.raises(UserError, match="neither uv nor pip"):
        await install(EXTRA, lambda _: None, python=tmp_path / "bare" / "bin" / "python")


@pytest.mark.skipif(SYSTEM_PYTHON is None, reason="no Python here keeps others out")
@pytest.mark.usefixtures("without_uv", "offline")
async def test_a_python_that_the_system_keeps_for_itself() -> None:
    assert SYSTEM_PYTHON is not None

    with pytest.raises(UserError, match="belongs to the operating system"):
        await install(EXTRA, lambda _: None, python=SYSTEM_PYTHON)


@pytest.fixture
async def silent_index(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[asyncio.Event]:
    """A package index that takes questions and never answers; the event says that one came."""
    asked = asyncio.Event()

    async def never(_request: web.Request) -> web.Response:
        asked.set()
        await asyncio.sleep(300)
        return web.Response()

    server = web.Application()
    server.router.add_route("*", "/{any:.*}", never)
    runner = web.AppRunner(server, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{port}/simple")
    yield asked
    await runner.cleanup()


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


@pytest.mark.usefixtures("without_uv")
async def test_cancelling_ends_the_installer(python: Path, silent_index: asyncio.Event) -> None:
    before = children()
    running = asyncio.get_running_loop().create_task(install(EXTRA, lambda _: None, python=python))
    async with asyncio.timeout(30):
        await silent_index.wait()
    assert children() - before

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert not children() - before


@pytest.mark.usefixtures("without_uv")
async def test_a_second_installation_has_to_wait(python: Path, silent_index: asyncio.Event) -> None:
    running = asyncio.get_running_loop().create_task(install(EXTRA, lambda _: None, python=python))
    async with asyncio.timeout(30):
        await silent_index.wait()

    with pytest.raises(UserError, match="already"):
        await install(EXTRA, lambda _: None, python=python)

    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@pytest.mark.usefixtures("without_uv", "silent_index")
async def test_the_deadline_ends_the_installer(python: Path) -> None:
    before = children()

    with pytest.raises(UserError, match="took longer") as caught:
        await install(EXTRA, lambda _: None, python=python, deadline_s=2.0)

    assert "pip install" in caught.value.hint
    assert not children() - before


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("error: externally-managed-environment", "operating system"),
        ("error: The interpreter at /usr is externally managed, and indicates", "operating system"),
        (
            "ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied: '/x'",
            "written",
        ),
        ("error: failed to create directory `/x`: Read-only file system (os error 30)", "written"),
        (
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
            "space",
        ),
        ("  Caused by: dns error: failed to lookup address information", "fetched"),
        ("  x No solution found when resolving dependencies:", "no packages that fit"),
        ("Segmentation fault", "failed"),
    ],
)
def test_what_installers_say_is_put_in_words(line: str, title: str) -> None:
    error = why_it_failed(["Collecting something", line], "uv pip install x")

    assert title in error.title
    assert error.hint

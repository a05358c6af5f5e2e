"""The grammar of the command line."""

import argparse
from pathlib import Path
from typing import Protocol

from app import __version__

DEFAULT_PRESET = "local"
DEFAULT_TURNS = 3


class Subcommands(Protocol):
    """What argparse gives to add subcommands to."""

    def add_parser(self, name: str, *, help: str) -> argparse.ArgumentParser: ...  # noqa: A002


def parser() -> argparse.ArgumentParser:
    """The parser; the parsed `command` names a module of `app.commands`."""
    root = argparse.ArgumentParser(
        prog="greenroom", description="A desktop control panel for real-time voice agents."
    )
    root.add_argument("--version", action="version", version=f"greenroom {__version__}")
    root.set_defaults(command="panel")
    commands = root.add_subparsers(title="commands", metavar="COMMAND")
    _add_demo(commands)
    _add_doctor(commands)
    _add_calls(commands)
    _add_keys(commands)
    return root


def _add_demo(commands: Subcommands) -> None:
    demo = commands.add_parser("demo", help="talk to an agent on this computer, no key needed")
    demo.set_defaults(command="demo")
    demo.add_argument(
        "--agent", default=DEFAULT_PRESET, metavar="PRESET|FILE", help="the agent to talk to"
    )
    demo.add_argument(
        "--headless", action="store_true", help="no window: recorded questions are the caller"
    )
    demo.add_argument(
        "--caller", nargs="+", type=Path, default=[], metavar="WAV", help="what the caller says"
    )
    demo.add_argument(
        "--turns", type=_at_least_one, metavar="N", help=f"how many turns (default {DEFAULT_TURNS})"
    )
    demo.add_argument(
        "--report",
        type=Path,
        metavar="DIR",
        help="write call.json, call.wav, report.html, screenshot.png",
    )
    demo.add_argument(
        "--join-info",
        type=Path,
        metavar="FILE",
        help="write what another client needs to join as caller",
    )
    demo.add_argument(
        "--hold",
        type=_seconds,
        default=0.0,
        metavar="SECONDS",
        help="keep the call open afterwards",
    )


def _add_doctor(commands: Subcommands) -> None:
    doctor = commands.add_parser(
        "doctor", help="check what this computer needs, and say what mends it"
    )
    doctor.set_defaults(command="doctor")
    doctor.add_argument("--json", action="store_true", help="for scripts")
    doctor.add_argument(
        "--server", metavar="NAME", help="test the connection to a server in fourteen steps instead"
    )
    doctor.add_argument(
        "--token",
        action="store_true",
        help="with --server: show it a join token, which is asked for or read from stdin",
    )


def _add_calls(commands: Subcommands) -> None:
    calls = commands.add_parser("calls", help="the call library")
    calls.set_defaults(command="calls")
    acts = calls.add_subparsers(title="acts", dest="act", required=True, metavar="ACT")
    listing = acts.add_parser("list", help="every recorded call, newest first")
    show = acts.add_parser("show", help="one call, turn by turn")
    show.add_argument("id", metavar="ID")
    export = acts.add_parser("export", help="write one call as files")
    export.add_argument("id", metavar="ID")
    export.add_argument("folder", type=Path, metavar="DIR")
    for act in (listing, show):
        act.add_argument("--json", action="store_true", help="for scripts")


def _add_keys(commands: Subcommands) -> None:
    keys = commands.add_parser("keys", help="the providers' API keys, in the system's keyring")
    keys.set_defaults(command="keys")
    acts = keys.add_subparsers(title="acts", dest="act", required=True, metavar="ACT")
    listing = acts.add_parser("list", help="every key, masked, and how the keyring stands")
    store = acts.add_parser("set", help="store a key, read from a prompt or from stdin")
    test = acts.add_parser("test", help="make the provider's cheapest real call with its key")
    remove = acts.add_parser("remove", help="remove a key from the keyring")
    for act in (store, test, remove):
        act.add_argument("provider", metavar="PROVIDER", help="an id, as in `openai`")
    # Taken only to be refused without repeating it, as argparse would.
    store.add_argument("value", nargs="*", help=argparse.SUPPRESS)
    for act in (listing, test):
        act.add_argument("--json", action="store_true", help="for scripts")


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1 turn is needed")
    return number


def _seconds(text: str) -> float:
    seconds = float(text)
    if seconds < 0:
        raise argparse.ArgumentTypeError("seconds cannot be negative")
    return seconds

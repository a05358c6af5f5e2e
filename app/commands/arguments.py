"""The grammar of the command line."""

import argparse
from pathlib import Path
from typing import NoReturn, Protocol

from app import __version__
from app.domain.servers import ServerColour

DEFAULT_PRESET = "local"
DEFAULT_TURNS = 3
UNPLACED = "unrecognized arguments: "
"""How argparse begins to list what it did not expect."""


class Subcommands(Protocol):
    """What argparse gives to add subcommands to."""

    def add_parser(self, name: str, *, help: str) -> argparse.ArgumentParser: ...  # noqa: A002


class _Parser(argparse.ArgumentParser):
    """Does not repeat values that it cannot place: one of them may be a secret."""

    def error(self, message: str) -> NoReturn:
        before, found, extra = message.partition(UNPLACED)
        if found:
            words = (
                word.partition("=")[0] if word.startswith("-") else "•••" for word in extra.split()
            )
            message = f"{before}{UNPLACED}{' '.join(words)}"
        super().error(message)


def parser() -> argparse.ArgumentParser:
    """The parser; the parsed `command` names a module of `app.commands`."""
    root = _Parser(
        prog="greenroom", description="A desktop control panel for real-time voice agents."
    )
    root.add_argument("--version", action="version", version=f"greenroom {__version__}")
    root.set_defaults(command="panel")
    commands = root.add_subparsers(title="commands", metavar="COMMAND")
    _add_demo(commands)
    _add_doctor(commands)
    _add_calls(commands)
    _add_keys(commands)
    _add_servers(commands)
    _add_rooms(commands)
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


def _add_servers(commands: Subcommands) -> None:
    servers = commands.add_parser("servers", help="LiveKit servers and their API keys")
    servers.set_defaults(command="servers")
    acts = servers.add_subparsers(title="acts", dest="act", required=True, metavar="ACT")
    listing = acts.add_parser("list", help="every server, with its address and its masked key")
    add = acts.add_parser(
        "add", help="add a server; its API secret is asked for or read from stdin"
    )
    remove = acts.add_parser("remove", help="remove a server, and its key from the keyring")
    test = acts.add_parser("test", help="test the connection to a server in fourteen steps")
    for act in (add, remove, test):
        act.add_argument("server", metavar="NAME", help="the name of the server")
    add.add_argument("--url", required=True, metavar="URL", help="as in wss://livekit.example.org")
    add.add_argument("--key", required=True, metavar="KEY", help="the API key; not the secret")
    # Taken only to be refused without repeating it, as argparse would.
    add.add_argument("--secret", nargs="?", const="", help=argparse.SUPPRESS)
    add.add_argument("more", nargs="*", help=argparse.SUPPRESS)
    add.add_argument(
        "--colour",
        choices=[colour.value for colour in ServerColour],
        help="marks the server where an act on it cannot be undone",
    )
    add.add_argument(
        "--allow-unencrypted",
        action="store_true",
        help="confirm that ws:// to another computer is meant",
    )
    add.add_argument(
        "--webhook-port",
        type=int,
        default=0,
        metavar="PORT",
        help="where on this computer the server's webhooks come, if it sends any",
    )
    test.set_defaults(token=False)
    for act in (listing, add, test):
        act.add_argument("--json", action="store_true", help="for scripts")


def _add_rooms(commands: Subcommands) -> None:
    rooms = commands.add_parser("rooms", help="the rooms of a server")
    rooms.set_defaults(command="rooms")
    acts = rooms.add_subparsers(title="acts", dest="act", required=True, metavar="ACT")
    listing = acts.add_parser("list", help="every open room, with its agent and what goes on in it")
    create = acts.add_parser("create", help="open a room; one that is open stays as it is")
    close = acts.add_parser("close", help="close a room, and put out who is in it")
    show = acts.add_parser("show", help="one room, and who is in it")
    for act in (create, close, show):
        act.add_argument("room", metavar="NAME", help="the name of the room")
    create.add_argument(
        "--people-at-most", type=_whole, default=0, metavar="N", help="refuse more than N people"
    )
    create.add_argument(
        "--empty-timeout",
        type=_whole,
        default=0,
        metavar="SECONDS",
        help="close it so long after it opened if nobody comes",
    )
    create.add_argument(
        "--departure-timeout",
        type=_whole,
        default=0,
        metavar="SECONDS",
        help="close it so long after the last one left",
    )
    create.add_argument("--metadata", default="", metavar="TEXT", help="what agents read there")
    for act in (listing, create, close, show):
        act.add_argument(
            "--server", metavar="NAME", help="on which server; needed where there are several"
        )
        act.add_argument("--json", action="store_true", help="for scripts")


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1 turn is needed")
    return number


def _whole(text: str) -> int:
    number = int(text)
    if not 0 <= number < 2**32:
        raise argparse.ArgumentTypeError("a whole number that is not negative is needed")
    return number


def _seconds(text: str) -> float:
    seconds = float(text)
    if seconds < 0:
        raise argparse.ArgumentTypeError("seconds cannot be negative")
    return seconds

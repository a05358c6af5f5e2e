"""`greenroom servers`: LiveKit servers, and their keys in this account's keyring."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from app.commands.masked_log import masked_log
from app.commands.secret_entry import entered
from app.domain.errors import UsageError, UserError
from app.domain.keys import KeyPlace, KeyringState, KeyringView
from app.domain.server_rules import (
    host_of,
    normal_profile,
    normal_url,
    require_encryption,
    require_free_name,
    weak_secret_warning,
)
from app.domain.servers import ServerColour, ServerKind, ServerProfile
from app.runtime.paths import config_folder
from app.runtime.redaction import Redactor
from app.session.server_book import ServerBook
from app.session.server_import import free_colour
from app.session.server_keys import ServerKey, ServerKeys, masked
from app.storage.lk_config import LK_FILE
from app.storage.secret_store import SecretStore, unusable_error
from app.storage.server_profiles import ServerProfiles


def run(arguments: argparse.Namespace) -> int:
    """Do one act on the servers: 1 for a test with a step that failed.

    Raises UserError, with exit code 3 where this account has no keyring that could be used now.
    """
    if arguments.act == "test":
        # Pulls in the SDK, which the other acts do without.
        from app.commands import server_test

        return server_test.run(arguments)
    with masked_log() as redactor:
        _do(arguments, redactor)
    return 0


def _do(arguments: argparse.Namespace, redactor: Redactor) -> None:
    store = SecretStore(redactor.register)
    keys = ServerKeys(store, redactor.register)
    profiles = ServerProfiles(config_folder())
    book = ServerBook(profiles, keys, environment=os.environ, lk_file=Path.home() / LK_FILE)
    match arguments.act:
        case "list":
            _list(book, store, as_json=arguments.json)
        case "add":
            _add(book, store, arguments, redactor)
        case _:
            asyncio.run(book.remove(arguments.server))
            print(f"{arguments.server} is removed.")


def _list(book: ServerBook, store: SecretStore, *, as_json: bool) -> None:
    profiles, keys, keyring = asyncio.run(_everything(book, store))
    if as_json:
        documents = [_document(profile, keys.get(profile.name)) for profile in profiles]
        print(json.dumps({"servers": documents}, indent=2, ensure_ascii=False))
        return
    for profile in profiles:
        print(_line(profile, keys.get(profile.name)))
    if not profiles:
        print("No servers yet. This adds one: greenroom servers add NAME --url URL --key KEY")
    elif keyring.state is not KeyringState.READY:
        print(f"{keyring.name}: {keyring.state}. {keyring.hint}".rstrip())


async def _everything(
    book: ServerBook, store: SecretStore
) -> tuple[Sequence[ServerProfile], dict[str, ServerKey], KeyringView]:
    profiles = await book.profiles()
    return profiles, await book.keys(profiles), await store.look()


def _line(profile: ServerProfile, key: ServerKey | None) -> str:
    label = "no key" if key is None else masked(key.api_key)
    return f"{profile.name:24} {profile.url:40} {profile.kind:12} {profile.colour:7} {label}"


def _document(profile: ServerProfile, key: ServerKey | None) -> dict[str, object]:
    return {
        "name": profile.name,
        "url": profile.url,
        "kind": profile.kind,
        "colour": profile.colour,
        "unencrypted_confirmed": profile.unencrypted_confirmed,
        "webhook_port": profile.webhook_port,
        "key": None if key is None else masked(key.api_key),
    }


def _add(
    book: ServerBook, store: SecretStore, arguments: argparse.Namespace, redactor: Redactor
) -> None:
    if arguments.secret is not None or arguments.more:
        raise UsageError(
            "A secret is not given on the command line: others can read it there.",
            "Make a new one, and enter it when this asks for it.",
        )
    profile = asyncio.run(_new_profile(book, arguments))
    # Before anything is typed in vain.
    keyring = asyncio.run(_require_keyring(store))
    # Outside of a loop, where Ctrl+C ends the prompt.
    given_up = UserError("No server was added.")
    secret = entered(f"API secret of {profile.name}: ", given_up).strip()
    redactor.register(secret)
    if asyncio.run(book.put(profile, arguments.key, secret)) is not KeyPlace.KEYRING:
        raise unusable_error(asyncio.run(store.look()))
    if warning := weak_secret_warning(secret):
        print(warning, file=sys.stderr)
    _tell(profile, arguments.key, keyring, as_json=arguments.json)


async def _new_profile(book: ServerBook, arguments: argparse.Namespace) -> ServerProfile:
    profiles = await book.profiles()
    colour = ServerColour(arguments.colour) if arguments.colour else free_colour(profiles)
    wanted = ServerProfile(
        name=arguments.server,
        url=normal_url(arguments.url),
        kind=ServerKind.SELF_HOSTED,
        colour=colour,
        unencrypted_confirmed=arguments.allow_unencrypted,
        webhook_port=arguments.webhook_port,
    )
    try:
        require_encryption(wanted.url, confirmed=wanted.unencrypted_confirmed)
    except UsageError as error:
        hint = f"Use wss://{host_of(wanted.url)}, or add --allow-unencrypted."
        raise UsageError(error.title, hint) from error
    profile = normal_profile(wanted)
    require_free_name(profile.name, [each.name for each in profiles])
    return profile


async def _require_keyring(store: SecretStore) -> KeyringView:
    keyring = await store.look()
    if keyring.state is not KeyringState.READY:
        raise unusable_error(keyring)
    return keyring


def _tell(profile: ServerProfile, key: str, keyring: KeyringView, *, as_json: bool) -> None:
    if as_json:
        document = _document(profile, None) | {"key": masked(key)}
        print(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        print(f"{profile.name} is added; its key is in {keyring.name}.")

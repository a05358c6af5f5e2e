"""`greenroom keys`: the providers' API keys, in this account's keyring."""

import argparse
import asyncio
import json
import os
from collections.abc import Iterator
from datetime import datetime

from app.agent.key_check import hosts_from
from app.commands.masked_log import masked_log
from app.commands.secret_entry import entered
from app.domain.errors import UsageError, UserError
from app.domain.keys import KeyCard, KeyPlace, KeyringState, KeysView, KeyTest, Verdict
from app.domain.providers import Provider, provider
from app.runtime.clock import AnchoredClock
from app.runtime.paths import state_folder
from app.runtime.redaction import Redactor
from app.session.key_desk import ProviderKeyDesk, check_here
from app.storage.key_tests import KEY_TESTS, KeyTestFile
from app.storage.secret_store import SecretStore, unusable_error


def run(arguments: argparse.Namespace) -> int:
    """Do one act on the keys: 1 for a test that the key does not pass.

    Raises UserError, with exit code 3 where this account has no keyring that could be used now.
    """
    with masked_log() as redactor:
        return _do(arguments, redactor)


def _do(arguments: argparse.Namespace, redactor: Redactor) -> int:
    store = SecretStore(redactor.register)
    check = check_here(AnchoredClock(), hosts_from(os.environ))
    tests = KeyTestFile(state_folder() / KEY_TESTS)
    desk = ProviderKeyDesk(store, check, tests, redactor, environment=os.environ)
    match arguments.act:
        case "list":
            _list(desk, as_json=arguments.json)
        case "set":
            _set(desk, store, provider(arguments.provider), arguments.value)
        case "test":
            return _test(desk, provider(arguments.provider), as_json=arguments.json)
        case _:
            _remove(desk, provider(arguments.provider))
    return 0


def _list(desk: ProviderKeyDesk, *, as_json: bool) -> None:
    view = asyncio.run(desk.look())
    if as_json:
        print(json.dumps(_document(view), indent=2, ensure_ascii=False))
    else:
        print("\n".join(_lines(view)))


def _set(desk: ProviderKeyDesk, store: SecretStore, asked: Provider, given: list[str]) -> None:
    if given:
        raise UsageError(
            "A key is not given on the command line: others can read it there.",
            f"Make a new one, and enter it when this asks for it: greenroom keys set {asked.id}",
        )
    keyring = asyncio.run(store.look())
    if keyring.state is not KeyringState.READY:
        raise unusable_error(keyring)
    # Outside of a loop, where Ctrl+C ends the prompt.
    key = entered(f"{asked.name} key: ", UserError("No key was stored."))
    if asyncio.run(desk.store(asked.id, key)) is not KeyPlace.KEYRING:
        raise unusable_error(asyncio.run(store.look()))
    print(f"The {asked.name} key is in {keyring.name}.")


def _test(desk: ProviderKeyDesk, asked: Provider, *, as_json: bool) -> int:
    test = asyncio.run(desk.test(asked.id))
    if as_json:
        print(json.dumps({"provider": asked.id, **_test_document(test)}, indent=2))
    else:
        print(f"{asked.name}: {test.sentence}{_round_trip(test)}")
    return 0 if test.verdict is Verdict.WORKS else 1


def _remove(desk: ProviderKeyDesk, asked: Provider) -> None:
    asyncio.run(desk.remove(asked.id))
    print(f"The {asked.name} key is removed.")


def _lines(view: KeysView) -> Iterator[str]:
    keyring = view.keyring
    yield f"{keyring.name}: {keyring.state}. {keyring.hint}".rstrip()
    for card in view.cards:
        yield f"{card.provider.id:13} ••• {card.tail}  {_place(card):28} {_last(card)}".rstrip()
    if not view.cards:
        first = view.others[0].id
        yield f"No keys yet. This adds one: greenroom keys set {first}"
    yield f"Without a key: {', '.join(each.id for each in view.others)}"


def _place(card: KeyCard) -> str:
    return card.variable if card.place is KeyPlace.ENVIRONMENT else card.place.value


def _last(card: KeyCard) -> str:
    if card.last_test is None:
        return "not tested"
    at = datetime.fromtimestamp(card.last_test.at).astimezone()
    return f"{at:%Y-%m-%d %H:%M} {card.last_test.sentence}{_round_trip(card.last_test)}"


def _round_trip(test: KeyTest) -> str:
    return "" if test.round_trip_ms is None else f" ({test.round_trip_ms:.0f} ms)"


def _document(view: KeysView) -> dict[str, object]:
    keyring = view.keyring
    return {
        "keyring": {"state": keyring.state, "name": keyring.name, "hint": keyring.hint},
        "keys": [_card_document(card) for card in view.cards],
        "without_key": [each.id for each in view.others],
    }


def _card_document(card: KeyCard) -> dict[str, object]:
    return {
        "provider": card.provider.id,
        "name": card.provider.name,
        "place": card.place,
        "variable": card.variable or None,
        "tail": card.tail,
        "used_by": list(card.used_by),
        "last_test": None if card.last_test is None else _test_document(card.last_test),
    }


def _test_document(test: KeyTest) -> dict[str, object]:
    return {
        "at": test.at,
        "verdict": test.verdict,
        "sentence": test.sentence,
        "round_trip_ms": test.round_trip_ms,
    }

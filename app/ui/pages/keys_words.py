"""What the Keys page says of keyrings, keys and their tests. Nothing in here knows a key's value."""

import time
from dataclasses import dataclass
from enum import Enum

from app.domain.keys import KeyCard, KeyPlace, KeyringState, KeyringView, KeyTest, Verdict
from app.ui.plain_text import shown
from app.ui.tokens import Token

MASK = "···"
NOT_TESTED = "Not tested yet"
NEVER_WRITTEN = "never written to a file"
WHAT_IS_PROMISED = (
    "Greenroom reads a key when a service needs it, "
    "and no log, export or process list ever carries one."
)
READ_ONLY = "read only"
SESSION_ONLY = "this session only"
_MINUTE_S, _HOUR_S = 60.0, 3600.0


class BannerAct(Enum):
    """The one act that the banner of the keyring offers."""

    WHERE = "Where is it?"
    UNLOCK = "Unlock it"
    MAKE = "Make one"
    LOOK = "Look again"


@dataclass(frozen=True, slots=True)
class Banner:
    """What the banner shows of the keyring; `command` is a line for a terminal."""

    icon: str
    ink: Token
    title: str
    words: str
    act: BannerAct
    command: str = ""


def banner_of(keyring: KeyringView) -> Banner:
    """The keyring's state in words, with its one act."""
    name = shown(keyring.name, 60)
    words, _, command = keyring.hint.partition("\n")
    match keyring.state:
        case KeyringState.READY:
            words = f"Keys lie in this keyring of your account. {WHAT_IS_PROMISED}"
            return Banner("lock", Token.OK, f"{name}, unlocked", words, BannerAct.WHERE)
        case KeyringState.LOCKED:
            title = f"{name} is locked"
            return Banner("lock", Token.WARN, title, words, BannerAct.UNLOCK, command)
        case KeyringState.NOT_MADE:
            title = f"{name} has no keyring for this account yet"
            return Banner("key-round", Token.WARN, title, words, BannerAct.MAKE, command)
        case KeyringState.ABSENT:
            title = "No keyring: keys are kept for this session only"
            return Banner("unplug", Token.WARN, title, words, BannerAct.WHERE, command)
        case KeyringState.HUNG:
            title = f"{name} does not answer"
            return Banner("hourglass", Token.BAD, title, words, BannerAct.LOOK, command)


def where_it_lies(keyring: KeyringView) -> str:
    """Where keys are kept and how to see them there, as paragraphs."""
    if keyring.state is KeyringState.ABSENT:
        return "\n\n".join(
            (
                "This computer offers no keyring that Greenroom trusts, so a key that you add stays in the "
                "memory of this process. It is gone when Greenroom ends, and you will be asked for it again.",
                "To keep keys, install gnome-keyring, KWallet or KeePassXC, log in again and start Greenroom. "
                "A plain file is never used in their place.",
                _ENVIRONMENT,
            )
        )
    name = shown(keyring.name, 60)
    return "\n\n".join(
        (
            f"Every key is an entry of {name} under the name “greenroom”, one for each provider. "
            f"{_viewer(name)} shows them, and what is changed there holds here too.",
            WHAT_IS_PROMISED
            + " A copied key leaves the clipboard after 30 seconds. What is remembered beside it, in Greenroom’s "
            "own files, is how its last test went.",
            _ENVIRONMENT,
        )
    )


_ENVIRONMENT = (
    "A key found in an environment variable, such as OPENAI_API_KEY, is used as it is and never changed. "
    "One that you add here goes before it."
)
_VIEWERS = {
    "GNOME": "The program Passwords and Keys (seahorse)",
    "KDE": "KWalletManager",
    "KWallet": "KWalletManager",
    "Keychain": "Keychain Access",
    "Windows": "Credential Manager in the Control Panel",
    "Credential": "Credential Manager in the Control Panel",
    "KeePass": "KeePassXC",
}


def _viewer(name: str) -> str:
    fits = (viewer for word, viewer in _VIEWERS.items() if word.lower() in name.lower())
    return next(fits, "Your system’s password settings")


_TONES = {
    Verdict.WORKS: (Token.OK, Token.TEXT2),
    Verdict.REJECTED: (Token.BAD, Token.BAD),
    Verdict.WRONG_REGION: (Token.BAD, Token.BAD),
    Verdict.NO_CREDIT: (Token.WARN, Token.WARN),
    Verdict.RATE_LIMITED: (Token.WARN, Token.WARN),
    Verdict.NO_NETWORK: (Token.WARN, Token.WARN),
    Verdict.UNANSWERED: (Token.WARN, Token.WARN),
    Verdict.PROVIDER_FAILED: (Token.WARN, Token.WARN),
    Verdict.STRANGE: (Token.WARN, Token.WARN),
}
"""Dot and words of each verdict: bad is what another key would mend."""


def tones_of(test: KeyTest | None) -> tuple[Token, Token]:
    """The inks of the dot and of the sentence."""
    return (Token.TEXT3, Token.TEXT3) if test is None else _TONES[test.verdict]


def sentence_of(test: KeyTest | None) -> str:
    """How the last test went; a lone sentence without its full stop."""
    if test is None:
        return NOT_TESTED
    words = shown(test.sentence, 400)
    return words.removesuffix(".") if words.count(". ") == 0 else words


def wants_another(card: KeyCard) -> bool:
    """Whether only another key would help, and can be stored in this one's place."""
    test = card.last_test
    rejected = test is not None and test.verdict in (Verdict.REJECTED, Verdict.WRONG_REGION)
    return rejected and card.place is not KeyPlace.ENVIRONMENT


def key_of(card: KeyCard) -> str:
    """The key as it is shown: its tail, or the variable that holds it with its tail."""
    masked = f"{MASK} {shown(card.tail, 8)}"
    return f"{shown(card.variable, 80)}  {masked}" if card.variable else masked


def use_of(card: KeyCard) -> str:
    """Who needs the key, or what is special about it."""
    if card.place is KeyPlace.ENVIRONMENT:
        return READ_ONLY
    if card.place is KeyPlace.SESSION:
        return SESSION_ONLY
    if not card.used_by:
        return "not used yet"
    first = shown(card.used_by[0], 60)
    return first if len(card.used_by) == 1 else f"{first} and {len(card.used_by) - 1} more"


_PLACES = {
    KeyPlace.KEYRING: "kept in the keyring",
    KeyPlace.SESSION: "kept in memory until Greenroom ends",
    KeyPlace.ENVIRONMENT: "read from the environment, read only",
}


def whole_card(card: KeyCard, now: float) -> str:
    """A card in lines: for the tooltip and the screen reader."""
    provider, test = card.provider, card.last_test
    lines = [
        f"{shown(provider.name)}: {shown(provider.serves)}",
        f"{key_of(card)}, {_PLACES[card.place]}",
    ]
    if card.used_by:
        lines.append("Used by " + ", ".join(shown(name, 60) for name in card.used_by))
    lines.append(sentence_of(test) + (f", {ago(test.at, now)}" if test is not None else ""))
    return "\n".join(lines)


def ago(at: float, now: float) -> str:
    """How long ago something was, the further away the coarser."""
    passed_s = now - at
    if passed_s < _MINUTE_S:
        return "just now"
    if passed_s < _HOUR_S:
        return f"{passed_s / _MINUTE_S:.0f} min ago"
    then, today = time.localtime(at), time.localtime(now)
    if (then.tm_year, then.tm_yday) == (today.tm_year, today.tm_yday):
        return time.strftime("today %H:%M", then)
    yesterday = time.localtime(now - 86_400)
    if (then.tm_year, then.tm_yday) == (yesterday.tm_year, yesterday.tm_yday):
        return time.strftime("yesterday %H:%M", then)
    return (
        f"{then.tm_mday} {time.strftime('%b %Y' if then.tm_year != today.tm_year else '%b', then)}"
    )

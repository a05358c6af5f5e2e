"""The providers whose keys Greenroom keeps and can test."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Provider:
    """A company behind services. `id` names it in the keyring and on the command line."""

    id: str
    name: str
    serves: str
    """What its services do, as in `Speech to text`."""
    variables: tuple[str, ...]
    """The environment variables that Pipecat's own scaffolds read its key from; the first is the usual one."""
    monogram: str
    """Two letters that stand for it."""

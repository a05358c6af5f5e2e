from app.domain.errors import MissingRequirementError
from app.domain.facts import Flagged
from app.runtime.redaction import MASK, Redactor
from app.session.masked_facts import masked, masked_error


def redactor() -> Redactor:
    redactor = Redactor()
    redactor.register("canary-value")
    return redactor


def test_a_fact_without_a_secret_is_itself():
    flag = Flagged(at=1.0, note="odd")

    assert masked(flag, redactor()) is flag


def test_an_error_for_a_person_keeps_its_kind():
    error = MissingRequirementError("No canary-value.", "Unset api_key=canary-value")

    shown = masked_error(error, redactor())

    assert type(shown) is MissingRequirementError
    assert (shown.title, shown.hint) == (f"No {MASK}.", f"Unset api_key={MASK}")

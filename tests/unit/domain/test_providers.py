import pytest

from app.domain.errors import UsageError
from app.domain.providers import PROVIDERS, provider


def test_the_providers_stand_in_the_order_of_their_names() -> None:
    names = [each.name.casefold() for each in PROVIDERS]

    assert names == sorted(names)


def test_ids_variables_and_monograms_are_each_providers_own() -> None:
    for values in (
        [each.id for each in PROVIDERS],
        [each.monogram for each in PROVIDERS],
        [variable for each in PROVIDERS for variable in each.variables],
    ):
        assert len(values) == len(set(values))


def test_a_provider_is_found_by_its_id() -> None:
    assert provider("openai").name == "OpenAI"


def test_an_unknown_provider_is_refused_with_the_list_of_those_there_are() -> None:
    with pytest.raises(UsageError) as refused:
        provider("opnai")

    assert "opnai" in refused.value.title
    assert "openai" in refused.value.hint
    assert "xai" in refused.value.hint

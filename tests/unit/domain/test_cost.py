from app.domain.call import Call
from app.domain.cost import cost_of
from tests.unit.domain.conversation import opened


def test_a_local_agent_costs_nothing():
    call = Call()
    call.apply([opened(agent_kind="local")])

    assert cost_of(call).total == 0.0


def test_an_unknown_cost_is_not_zero():
    call = Call()
    call.apply([opened(agent_kind="cloud")])

    assert cost_of(call).total is None
    assert cost_of(call).note

from app.domain.connection_report import report
from app.domain.servers import StepState, TestStep


def test_each_step_is_a_line_and_what_to_do_is_another() -> None:
    steps = (
        TestStep(1, "Address", StepState.OK, "eu.example.org resolves to 203.0.113.9", took_ms=4.2),
        TestStep(8, "Media over UDP", StepState.FAILED, "no answer", "Open 7882/udp.", 5012.0),
        TestStep(9, "Media over TCP", StepState.SKIPPED, "the server offers none"),
    )

    assert report(steps).splitlines() == [
        "OK    1  Address                 eu.example.org resolves to 203.0.113.9  (4 ms)",
        "FAIL  8  Media over UDP          no answer  (5.0 s)",
        "                                 Open 7882/udp.",
        "SKIP  9  Media over TCP          the server offers none",
    ]

from pathlib import Path

import pytest

from app.__main__ import main
from app.commands.arguments import parser


def test_without_a_command_the_panel_opens() -> None:
    assert parser().parse_args([]).command == "panel"


def test_a_demo_takes_files_turns_and_a_report() -> None:
    arguments = parser().parse_args(
        [
            "demo",
            "--headless",
            "--caller",
            "a.wav",
            "b.wav",
            "--turns",
            "4",
            "--report",
            "out",
            "--hold",
            "1.5",
        ]
    )

    assert arguments.command == "demo"
    assert arguments.headless
    assert arguments.caller == [Path("a.wav"), Path("b.wav")]
    assert (arguments.turns, arguments.report, arguments.hold) == (4, Path("out"), 1.5)


@pytest.mark.parametrize(
    "words",
    [
        ["demo", "--turns", "0"],
        ["demo", "--turns", "few"],
        ["demo", "--hold", "-1"],
        ["calls"],
        ["calls", "show"],
        ["nonsense"],
    ],
)
def test_a_wrong_command_line_is_usage(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(words)

    assert ended.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_an_error_for_the_user_is_two_sentences_and_an_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)

    code = main([])

    assert code == 3
    said = capsys.readouterr().err
    assert "There is no display" in said
    assert "greenroom demo --headless" in said
    assert "Traceback" not in said


def test_doctor_tests_a_server_when_it_is_given_one() -> None:
    arguments = parser().parse_args(["doctor", "--server", "Production EU", "--json"])

    assert (arguments.server, arguments.json, arguments.token) == ("Production EU", True, False)
    assert main(["doctor", "--token"]) == 2

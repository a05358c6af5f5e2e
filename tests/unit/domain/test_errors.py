from app.domain.errors import MissingRequirementError, UsageError, UserError


def test_an_error_says_what_failed_and_what_to_do():
    error = UserError("The file is empty.", "Choose another one.")

    assert (error.title, error.hint) == ("The file is empty.", "Choose another one.")
    assert str(error) == "The file is empty. Choose another one."
    assert str(UserError("The file is empty.")) == "The file is empty."


def test_each_kind_has_its_exit_code():
    assert UserError("").exit_code == 1
    assert UsageError("").exit_code == 2
    assert MissingRequirementError("").exit_code == 3

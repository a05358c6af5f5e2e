"""The command line. Imports nothing heavy: the first frame waits for it."""

import importlib
import sys
from collections.abc import Sequence

from app.commands.arguments import parser
from app.domain.errors import UserError


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command given and return its exit code.

    0 done, 1 it ran and failed, 2 usage, 3 something this computer lacks.
    """
    arguments = parser().parse_args(argv)
    command = importlib.import_module(f"app.commands.{arguments.command}")
    try:
        return command.run(arguments)
    except UserError as error:
        print(error.title, file=sys.stderr)
        if error.hint:
            print(error.hint, file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())

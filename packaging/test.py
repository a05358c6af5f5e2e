"""Sets up what the tests need, then runs every check: `python3 packaging/test.py [arguments for pytest]`.

With arguments only pytest runs, with those, in the top folder.
"""

import sys

import first_steps


def main() -> int:
    first_steps.prepare()
    import checks  # An old Python cannot read what this imports.

    return checks.run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())

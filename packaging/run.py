"""Sets Greenroom up in this folder, then starts it: `python3 packaging/run.py [arguments for greenroom]`.

Without arguments it starts the demo. It needs Python 3.11 to 3.13 and nothing else. The first run fetches what
Greenroom needs; later ones need no network.
"""

import sys

import first_steps


def main() -> int:
    first_steps.prepare()
    import launch  # An old Python cannot read what this imports.

    return launch.start(sys.argv[1:] or ["demo"])


if __name__ == "__main__":
    sys.exit(main())

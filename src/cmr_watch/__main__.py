"""`python -m cmr_watch`, and the `cmr-watch` command."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line. Ctrl-C is quiet from the first import on."""
    try:
        from cmr_watch.cli import run

        code = run()
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()

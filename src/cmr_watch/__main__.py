"""Entry point of `python -m cmr_watch` and of the `cmr-watch` command."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line. Ctrl-C exits with 130 and no traceback, even while modules are being imported."""
    try:
        from cmr_watch.cli import main as run_command

        code = run_command()
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()

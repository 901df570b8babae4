"""`cmr-watch doctor`"""

from __future__ import annotations

import click

from cmr_watch.cli.context import clock, load_settings
from cmr_watch.cli.options import config_option
from cmr_watch.cli.output import FAILED, OK, print_line, printable
from cmr_watch.doctor import Finding, examine
from cmr_watch.exceptions import ConfigError
from cmr_watch.plural import counted

MARKS = {True: ("✓", "green"), False: ("✗", "red"), None: ("·", "yellow")}


@click.command()
@config_option
def command() -> int:
    """Check configuration, database, network, page, mail and channels, and suggest a fix for each problem.

    Sends no messages. Creates an empty database if there is none. The exit code is 1 if there is a problem.

    \b
    Example:
      cmr-watch doctor
    """
    try:
        settings = load_settings()
    except ConfigError as error:
        _show(Finding("configuration", False, str(error), "Fix it and run doctor again."))
        return FAILED
    findings = []
    for finding in examine(settings, clock):
        _show(finding)
        findings.append(finding)
    problems = sum(finding.good is False for finding in findings)
    print_line(f"{counted(problems, 'problem')} to fix." if problems else "No problems found.")
    return FAILED if problems else OK


def _show(finding: Finding) -> None:
    mark, colour = MARKS[finding.good]
    print_line(f"{click.style(mark, fg=colour)} {finding.what}: {printable(finding.words)}")
    if finding.advice:
        print_line(f"  → {finding.advice}")

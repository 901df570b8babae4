"""`cmr-watch doctor`"""

from __future__ import annotations

import click

from cmr_watch.cli.context import clock, load_settings
from cmr_watch.cli.options import config_option
from cmr_watch.cli.output import FAILED, FINE, line, plain
from cmr_watch.doctor import Finding, examine
from cmr_watch.exceptions import ConfigError

MARKS = {True: ("✓", "green"), False: ("✗", "red"), None: ("·", "yellow")}


@click.command()
@config_option
def command() -> int:
    """Check configuration, database, network, page, mail and channels, and say what to do about each fault.

    Sends nothing, and stores nothing but an empty database where there is none. Exit code 1 when there is a fault.

    \b
    Example:
      cmr-watch doctor
    """
    try:
        settings = load_settings()
    except ConfigError as error:
        _show(Finding("configuration", False, str(error), "Mend it, and run the doctor again."))
        return FAILED
    findings = []
    for finding in examine(settings, clock):
        _show(finding)
        findings.append(finding)
    faults = sum(finding.good is False for finding in findings)
    line(f"{faults} to mend." if faults else "All is well.")
    return FAILED if faults else FINE


def _show(finding: Finding) -> None:
    mark, colour = MARKS[finding.good]
    line(f"{click.style(mark, fg=colour)} {finding.what}: {plain(finding.words)}")
    if finding.advice:
        line(f"  → {finding.advice}")

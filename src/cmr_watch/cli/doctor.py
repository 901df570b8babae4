"""`cmr-watch doctor`"""

from __future__ import annotations

from typing import BinaryIO, Final

import click

from cmr_watch.cli.context import clock, load_settings
from cmr_watch.cli.options import config_option
from cmr_watch.cli.output import FAILED, OK, print_line, printable
from cmr_watch.doctor import Finding, examine
from cmr_watch.doctor.name_server import NameServer
from cmr_watch.exceptions import ConfigError
from cmr_watch.plural import counted

_LONGEST_MAIL: Final = 1_000_000  # bytes
MARKS = {True: ("✓", "green"), False: ("✗", "red"), None: ("·", "yellow")}


@click.command()
@config_option
@click.option("--mail", "file", type=click.File("rb"), metavar="FILE", help="A test mail, saved where it arrived.")
@click.option("--name-server", metavar="ADDRESS", help="Ask this name server instead of those of this machine.")
def command(file: BinaryIO | None, name_server: str | None) -> int:
    """Check configuration, database, network, page, mail and channels, and suggest a fix for each problem.

    Sends no messages. Creates an empty database if there is none. The exit code is 1 if there is a problem.

    What the DNS says about the sender's domain (SPF, DMARC, MX) is checked too, for at most 20 seconds. With --mail,
    so are the headers and the DKIM signature of a mail from `cmr-watch test-mail`: open it where it arrived, and save
    it with all its headers (“Show original”, “View source”; `-` for standard input).

    \b
    Examples:
      cmr-watch doctor
      cmr-watch doctor --mail test.eml
      cmr-watch doctor --name-server 9.9.9.9
    """
    try:
        settings = load_settings()
    except ConfigError as error:
        _show(Finding("configuration", False, str(error), "Fix it and run doctor again."))
        return FAILED
    findings = []
    test_mail = file.read(_LONGEST_MAIL) if file else None
    for finding in examine(settings, clock, NameServer(name_server), test_mail):
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

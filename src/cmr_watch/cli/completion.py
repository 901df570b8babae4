"""`cmr-watch completion`"""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from cmr_watch.cli.output import print_line


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the completion script for a shell.

    \b
    Examples:
      echo 'eval "$(cmr-watch completion bash)"' >> ~/.bashrc
      echo 'eval "$(cmr-watch completion zsh)"' >> ~/.zshrc
      cmr-watch completion fish > ~/.config/fish/completions/cmr-watch.fish
    """
    completion = get_completion_class(shell)
    assert completion is not None, "click supports the three shells"
    print_line(completion(ctx.find_root().command, {}, "cmr-watch", "_CMR_WATCH_COMPLETE").source())

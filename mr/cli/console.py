"""What the commands print with: one look for all of them.

Takes text with Rich's markup, gives it to the terminal or a pipe; leaves what to say to the
commands. Texts from outside (paths, names) go through `rich.markup.escape`.
"""

from __future__ import annotations

from typing import NoReturn

from rich.console import Console


class Output(Console):
    """A console that breaks no path over lines, and says when its reader has gone."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False, soft_wrap=True, emoji=False)

    def prose(self, text: str) -> None:
        """Print a sentence, on a terminal with its lines broken between words."""
        self.print(text, soft_wrap=not self.is_terminal)

    @property
    def can_redraw(self) -> bool:
        """Tell whether lines that were printed can be replaced."""
        return self.is_terminal and not self.is_dumb_terminal

    def on_broken_pipe(self) -> NoReturn:
        """Leave the command, whose output nobody reads any more; `main` ends it well."""
        raise BrokenPipeError

"""Help as wide as the terminal, in Chinese: nothing is cut off, and lines are broken as Chinese is."""

import inspect
from collections.abc import Iterable, Iterator
from gettext import gettext as _

import click
from rich.cells import cell_len

from regaudit.cli.lines import breaks

_METAVARS = "[OPTIONS]", "[COMMAND] [ARGS]...", "COMMAND [ARGS]..."
"""What click writes into a usage line, and asks of no catalogue."""


class ChineseHelp(click.HelpFormatter):
    """Writes what click gathers of a command."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """The line that says how a command is called."""
        for english in _METAVARS:
            args = args.replace(english, _(english))
        lead = f"{prefix or _('Usage:')} {prog} "
        for line in _filled(args, self.width, lead):
            self.write(f"{line}\n")

    def write_text(self, text: str) -> None:
        """Paragraphs, indented."""
        indent = " " * self.current_indent
        told = (_filled(_joined(each), self.width, indent) for each in text.split("\n\n"))
        self.write("\n\n".join("\n".join(lines) for lines in told) + "\n")

    def write_heading(self, heading: str) -> None:
        """The name of a section."""
        self.write(click.style(f"{heading}:", bold=True) + "\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Names, and what is said of each beside it."""
        listed = list(rows)
        indent = " " * self.current_indent
        begin = (
            self.current_indent + col_spacing + max(min(cell_len(name), col_max) for name, _about in listed)
        )
        for name, about in listed:
            beside = begin - self.current_indent - cell_len(name)
            # A long name stands alone, and what is said of it below.
            lead = indent + name + " " * beside if beside >= col_spacing else " " * begin
            if beside < col_spacing:
                self.write(f"{indent}{name}\n")
            for line in _filled(_joined(about), self.width, lead):
                self.write(f"{line}\n".rstrip(" "))


class Menu(click.Group):
    """Commands under one name; the help says the first sentence of each, whole."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of the commands."""
        found = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        rows = [(name, _first_sentence(command)) for name, command in found if command]
        with formatter.section(_("Commands")):
            formatter.write_dl(rows)


def _first_sentence(command: click.Command) -> str:
    text = _joined(inspect.cleandoc(command.help or "").partition("\n\n")[0])
    return text.partition("。")[0]


def _joined(text: str) -> str:
    """A paragraph on one line."""
    return "".join(line.strip() for line in text.split("\n"))


def _filled(text: str, width: int, lead: str) -> Iterator[str]:
    """Lines of so many cells: the first behind `lead`, the others beneath."""
    begin = 0
    for end in (*breaks(text, width - cell_len(lead)), len(text)):
        yield (lead if not begin else " " * cell_len(lead)) + text[begin:end].rstrip()
        begin = end

"""Makes click speak Chinese: what it says is in `locale/`, where gettext finds it."""

import gettext
import os
from difflib import get_close_matches
from gettext import gettext as _
from pathlib import Path

import click

from regaudit.cli.help import ChineseHelp

_DOMAIN = "click"
_LOCALE = Path(__file__).with_name("locale")


def speak_chinese() -> None:
    """Show gettext, which click asks for each text, our catalogue; before the first command is defined."""
    # The environment alone tells gettext a language. We start no programs: nobody inherits this one.
    os.environ["LANGUAGE"] = "zh_CN"
    gettext.bindtextdomain(_DOMAIN, _LOCALE)
    gettext.textdomain(_DOMAIN)
    click.Context.formatter_class = ChineseHelp
    # What click calls its types in a help text, and asks of nobody.
    for kind in (click.STRING, click.INT, click.IntRange):
        kind.name = _(kind.name)


def usage_text(error: click.ClickException) -> str:
    """What was wrong with the words of a command, as one sentence or two."""
    if isinstance(error, click.NoSuchOption) and error.possibilities:
        # The dashes alone make `--lamp` look like `--help`.
        word = error.option_name.lstrip("-")
        error.possibilities[:] = [
            name for name in error.possibilities if get_close_matches(word, [name.lstrip("-")])
        ]
    text = error.format_message()
    if isinstance(error, click.MissingParameter):
        # Click ends its sentence with a full stop of its own.
        text = text.replace("'. ", "',", 1).replace("'.", "'", 1)
    return text.replace("。 ", ";").removesuffix("。")

"""Makes click speak Chinese: what it says is in `locale/`, where gettext finds it."""

import gettext
import os
from gettext import gettext as _
from pathlib import Path

import rich_click.rich_click as settings

_DOMAIN = "click"
_LOCALE = Path(__file__).with_name("locale")


def speak_chinese() -> None:
    """Show gettext, which click asks for each text, our catalogue; before the first command is defined."""
    # The environment alone tells gettext a language. We start no programs: nobody inherits this one.
    os.environ["LANGUAGE"] = "zh_CN"
    gettext.bindtextdomain(_DOMAIN, _LOCALE)
    gettext.textdomain(_DOMAIN)
    # What rich-click has in settings, and asks of nobody.
    settings.OPTIONS_PANEL_TITLE = _("Options")
    settings.COMMANDS_PANEL_TITLE = _("Commands")
    settings.ARGUMENTS_PANEL_TITLE = _("Arguments")
    settings.ERRORS_PANEL_TITLE = _("Error")
    settings.DEFAULT_STRING = _("[default: {}]")
    settings.ENVVAR_STRING = _("[env var: {}]")
    settings.REQUIRED_LONG_STRING = _("[required]")
    settings.ERRORS_SUGGESTION = "加 -h 查看帮助"

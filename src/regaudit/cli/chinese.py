"""Makes click's own messages Chinese, through gettext."""

import gettext
from collections.abc import Mapping

import click.core
import click.decorators
import click.exceptions
import click.formatting
import click.types

_MESSAGES: Mapping[str, str] = {
    "Usage:": "用法:",
    "Usage: ": "用法:",
    "Options": "选项",
    "Commands": "命令",
    "Arguments": "参数",
    "Error": "错误",
    "Show this message and exit.": "显示本帮助并退出。",
    "Show the version and exit.": "显示版本并退出。",
    "Error: {message}": "错误:{message}",
    "Try '{command} {option}' for help.": "运行 '{command} {option}' 查看帮助。",
    "No such command {name!r}.": "没有命令 {name!r}。",
    "No such option: {name}": "没有选项 {name}",
    "Missing argument": "缺少参数",
    "Missing option": "缺少选项",
    "Missing parameter": "缺少参数",
    "Invalid value: {message}": "值无效:{message}",
    "Invalid value for {param_hint}: {message}": "{param_hint} 的值无效:{message}",
    "{value!r} is not a valid {number_type}.": "{value!r} 不是有效的 {number_type}。",
    "Missing command.": "缺少命令。",
    "Aborted!": "已中止。",
}


class _Chinese(gettext.NullTranslations):
    def gettext(self, message: str) -> str:
        return _MESSAGES.get(message, message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


def speak_chinese() -> None:
    """Give click's modules our translation, in place of the one they took from the environment."""
    chinese = _Chinese()
    for module in (click.core, click.decorators, click.exceptions, click.formatting, click.types):
        for name, function in (("_", chinese.gettext), ("ngettext", chinese.ngettext)):
            if hasattr(module, name):
                setattr(module, name, function)

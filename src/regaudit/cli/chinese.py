"""Makes click's own messages Chinese, through gettext."""

import gettext
import sys
from collections.abc import Mapping

import rich_click.rich_click as settings

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
    "No such option {name!r}.": "没有选项 {name!r}。",
    "Did you mean {possibility}?": "是不是 {possibility}?",
    "(Did you mean one of: {possibilities}?)": "是不是其中之一:{possibilities}?",
    "Missing argument": "缺少参数",
    "Missing option": "缺少选项",
    "Missing parameter": "缺少参数",
    "Option {name!r} requires an argument.": "选项 {name!r} 需要一个值。",
    "Option {name!r} does not take a value.": "选项 {name!r} 不带值。",
    "Got unexpected extra argument ({args})": "多余的参数({args})",
    "Got unexpected extra arguments ({args})": "多余的参数({args})",
    "Invalid value: {message}": "值无效:{message}",
    "Invalid value for {param_hint}: {message}": "{param_hint} 的值无效:{message}",
    "{value!r} is not a valid {number_type}.": "{value!r} 不是整数。",
    "{value} is not in the range {range}.": "{value} 不在范围 {range} 之内。",
    "Missing command.": "缺少命令。",
    "{value!r} is not {choice}.": "{value!r} 不是 {choice}。",
    "{value!r} is not one of {choices}.": "{value!r} 不可用,可用的有 {choices}。",
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
    replaced = {gettext.gettext: chinese.gettext, gettext.ngettext: chinese.ngettext}
    modules = [m for name, m in sys.modules.items() if name.partition(".")[0] in ("click", "rich_click")]
    for module in modules:
        for name, value in list(vars(module).items()):
            if callable(value) and value in replaced:
                setattr(module, name, replaced[value])
    settings.OPTIONS_PANEL_TITLE = "选项"
    settings.COMMANDS_PANEL_TITLE = "命令"
    settings.ARGUMENTS_PANEL_TITLE = "参数"
    settings.ERRORS_PANEL_TITLE = "错误"
    settings.ERRORS_SUGGESTION = "加 -h 查看帮助"
    settings.DEFAULT_STRING = "[默认:{}]"
    settings.ENVVAR_STRING = "[环境变量:{}]"
    settings.REQUIRED_LONG_STRING = "[必填]"

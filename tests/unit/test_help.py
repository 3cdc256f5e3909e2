"""The help of every command: whole, in Chinese, and no wider than the terminal."""

import re
from collections.abc import Iterator

import click
import pytest
from rich.cells import cell_len

from regaudit.cli.chinese import usage_text
from regaudit.cli.help import Menu
from regaudit.cli.main import cli
from regaudit.cli.options import Coded


def commands(group: click.Group = cli, path: str = "regaudit") -> Iterator[tuple[str, click.Command]]:
    """All commands, with what is typed for each."""
    yield path, group
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


TREE = dict(commands())
NAMES = re.compile(r"SQLite|PostgreSQL|JSON|\.json|\.eml")


def packed(text: str) -> str:
    return "".join(text.split())


@pytest.fixture(params=[80, 100])
def columns(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setenv("COLUMNS", str(request.param))
    return int(request.param)


@pytest.mark.parametrize("path", TREE)
def test_help_is_whole_and_fits(path: str, columns: int) -> None:
    command = TREE[path]
    context = click.Context(command, info_name=path, **cli.context_settings)
    shown = click.unstyle(command.get_help(context))
    assert max(map(cell_len, shown.splitlines())) <= columns
    told = packed(shown)
    assert packed(command.help or "") in told
    for param in command.params:
        if isinstance(param, click.Option):
            assert param.help
            assert packed(param.help) in told, param.name
    if isinstance(command, click.Group):
        assert isinstance(command, Menu)
        for name in command.list_commands(context):
            under = command.get_command(context, name)
            assert under is not None
            assert packed(name + (under.help or "").partition("。")[0].partition("\n\n")[0]) in told


@pytest.mark.parametrize("path", TREE)
def test_what_is_to_be_typed_is_named_in_chinese(path: str) -> None:
    command = TREE[path]
    context = click.Context(command, info_name=path)
    usage = click.unstyle(command.get_usage(context))
    assert usage.startswith(f"用法: {path} [选项]")
    assert not re.search("[A-Za-z]", NAMES.sub("", packed(usage).replace(packed(path), "", 1)))
    for param in command.params:
        if isinstance(param, click.Option) and not param.is_flag and not isinstance(param.type, click.Choice):
            assert not re.search("[A-Za-z]", NAMES.sub("", param.make_metavar(context))), param.name


CHOSEN = [
    (path, param)
    for path, command in TREE.items()
    for param in command.params
    if isinstance(param.type, click.Choice)
]
NAMED = {"hash_name", "engine", "shapes"}
"""Options whose choices are names, and have no other in Chinese."""


def test_choices_have_chinese_names_unless_they_are_names() -> None:
    assert {param.name for _path, param in CHOSEN if not isinstance(param.type, Coded)} == NAMED


def refused(path: str, words: list[str]) -> str:
    """What is said of words that a command does not take."""
    with pytest.raises(click.UsageError) as caught:
        TREE[path].make_context(path, words)
    return usage_text(caught.value)


def given(param: click.Parameter) -> list[str]:
    """Some words that give a parameter."""
    word = param.type.choices[0] if isinstance(param.type, Coded) else "1"
    return [*param.opts, word] if isinstance(param, click.Option) else [word]


@pytest.mark.parametrize(
    ("path", "param"),
    [each for each in CHOSEN if isinstance(each[1].type, Coded)],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_a_choice_is_given_by_code_or_chinese_name(path: str, param: click.Parameter) -> None:
    kind = param.type
    assert isinstance(kind, Coded)
    listed = dict(each.split(" ") for each in kind.told.split("、"))
    assert list(listed) == list(kind.choices)
    context = click.Context(TREE[path], info_name=path)
    for code, title in listed.items():
        assert re.search("[一-龥]", title)
        assert [kind.convert(word, param, context) for word in (code, title, f" {title}\u3000")] == [code] * 3
    [flag] = param.opts
    others = [each for each in TREE[path].params if each.required and each is not param]
    words = [word for each in others for word in given(each)]
    assert refused(path, [*words, flag, "别的"]) == f"'{flag}' 的值无效:'别的' 应为下列之一:{kind.told}"
    if param.required:
        assert refused(path, words) == f"缺少选项 '{flag}',应为下列之一:{kind.told}"


def test_a_wrong_option_is_told_with_what_looks_like_it_beside_the_dashes() -> None:
    path = "regaudit ledger list"
    assert refused(path, ["--lamp", "红"]) == "没有选项 '--lamp'"
    assert refused(path, ["--ligth", "红"]) == "没有选项 '--ligth';是不是 '--light'?"

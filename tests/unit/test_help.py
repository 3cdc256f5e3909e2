"""The help of every command: whole, in Chinese, and no wider than the terminal."""

import re
from collections.abc import Iterator

import click
import pytest
from rich.cells import cell_len

from regaudit.cli.help import Menu
from regaudit.cli.main import cli


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
    context = click.Context(command, info_name=path, help_option_names=["-h", "--help"])
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

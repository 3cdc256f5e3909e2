"""A file in the folder of commands is a command."""

import subprocess
import sys
from pathlib import Path

import click
import pytest

from regaudit.cli import commands
from regaudit.cli.main import Commands, cli

FOLDER = Path(str(commands.__file__)).parent
COMMAND = '''"""Greet."""

import click


@click.command()
@click.argument("name")
def say_hello(name: str) -> None:
    """问候。"""
    click.echo(f"您好,{name}")
'''
RUN = """
from regaudit.cli import commands, main

commands.__path__.append({folder!r})
main()
"""


def regaudit(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run a command with one more folder of commands."""
    code = RUN.format(folder=str(folder))
    return subprocess.run(
        [sys.executable, "-X", "utf8", "-c", code, *words], capture_output=True, text=True, check=False
    )


def test_a_new_file_is_a_new_command(tmp_path: Path) -> None:
    (tmp_path / "say_hello.py").write_text(COMMAND, encoding="utf-8")
    assert "问候\n" in regaudit(tmp_path, "--help").stdout
    assert regaudit(tmp_path, "say-hello", "张三").stdout == "您好,张三\n"


def test_without_the_file_there_is_no_command(tmp_path: Path) -> None:
    assert "问候" not in regaudit(tmp_path, "--help").stdout
    run = regaudit(tmp_path, "say-hello", "张三")
    assert run.returncode == 2
    assert "没有命令 'say-hello'" in run.stderr


def test_a_word_of_python_stands_with_an_underscore(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in ("lambda_", "go_on"):
        (tmp_path / f"{file}.py").touch()
    monkeypatch.setattr(commands, "__path__", [str(tmp_path)])
    group = Commands(name="regaudit")
    assert group.list_commands(click.Context(group)) == ["go-on", "lambda"]


def test_the_help_lists_every_file_with_its_first_line() -> None:
    context = click.Context(cli)
    files = {path.stem.rstrip("_").replace("_", "-") for path in FOLDER.glob("[a-z]*.py")}
    assert set(cli.list_commands(context)) == files
    for name in files:
        command = cli.get_command(context, name)
        assert command is not None
        assert command.get_short_help_str()

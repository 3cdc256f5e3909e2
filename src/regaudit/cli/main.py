"""The command `regaudit`: where its commands are found, and what becomes of their errors."""

import sys
from functools import cached_property
from importlib import import_module
from io import TextIOWrapper
from pkgutil import iter_modules

import click
from rich.markup import escape

from regaudit import __version__
from regaudit.base.errors import RegauditError, UsageError
from regaudit.base.failures import STORAGE_ERRORS, explain, was_interrupted
from regaudit.base.modes import owner_only
from regaudit.cli import commands
from regaudit.cli.chinese import speak_chinese, usage_text
from regaudit.cli.help import Menu
from regaudit.cli.screen import complain

speak_chinese()


class Commands(Menu):
    """A command for every file of `commands/`: `copy_log.py` holds `copy_log`, which is `copy-log`.

    A file is imported when its command is asked for: a night waits for no other.
    """

    @cached_property
    def files(self) -> dict[str, str]:
        """The files by the names of their commands; what Python calls `import_` is `import`."""
        found = (module.name for module in iter_modules(commands.__path__))
        return {file.removesuffix("_").replace("_", "-"): file for file in found}

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - as click calls it
        """The names, in the order of the help text."""
        return sorted(self.files)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """A command by its name."""
        if cmd_name not in self.files:
            return None
        file = self.files[cmd_name]
        command: click.Command = getattr(import_module(f"{commands.__name__}.{file}"), file)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that words begin with; of one that there is not, the names that look like it."""
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as error:
            raise click.exceptions.NoSuchCommand(
                error.command_name, possibilities=self.files, ctx=ctx
            ) from error


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="regaudit %(version)s")
def cli() -> None:
    """不动产登记平台日志审计:超期、插队、一人办到底,逐晚检查,留痕入台账。"""


def _run() -> int:
    """The exit status of the command that was asked for."""
    try:
        return int(cli.main(standalone_mode=False) or 0)
    except Exception as error:
        if was_interrupted(error):
            raise KeyboardInterrupt from error
        raise


def main() -> None:
    """Run the command line; expected failures become a message and an exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A rare character that a terminal's code page lacks must not stop the whole command.
            stream.reconfigure(errors="backslashreplace")
    try:
        with owner_only():
            raise SystemExit(_run())
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        raise SystemExit(error.exit_code) from error
    except click.ClickException as error:
        complain(f"[bold red]用法有误[/]:{escape(usage_text(error))}")
        if isinstance(error, click.UsageError) and error.ctx:
            complain(f"运行 {error.ctx.command_path} -h 查看用法")
        raise SystemExit(error.exit_code) from error
    except RegauditError as error:
        what = "用法有误" if isinstance(error, UsageError) else "失败"
        complain(f"[bold red]{what}[/]:{escape(str(error))}")
        raise SystemExit(error.exit_status) from error
    except STORAGE_ERRORS as error:
        # A full or failing disk shows itself anywhere; what was half written is taken back or not believed.
        complain(f"[bold red]失败[/]:{escape(explain(error))}")
        raise SystemExit(1) from error
    except (KeyboardInterrupt, click.Abort):
        complain("已中断:没有做完的不留痕迹,此前已做完的仍在")
        raise SystemExit(130) from None

"""The command `regaudit`: in which module each of its commands stands, and what becomes of their errors."""

import sys
from importlib import import_module
from io import TextIOWrapper

import rich_click as click
from rich.markup import escape

from regaudit import __version__
from regaudit.base.errors import RegauditError
from regaudit.base.failures import STORAGE_ERRORS, explain, was_interrupted
from regaudit.cli.chinese import speak_chinese
from regaudit.cli.screen import complain

speak_chinese()

MODULES = {
    **dict.fromkeys(("backtest", "replay"), "replay"),
    "calendar": "calendar",
    "check": "check",
    **dict.fromkeys(("compare-checkpoints", "prove", "verify-proof"), "prove"),
    "copy-log": "copy_log",
    "explain": "explain",
    **dict.fromkeys(("findings", "rules"), "findings"),
    "import": "import_",
    **dict.fromkeys(("imports", "preview", "quarantine", "trace"), "preview"),
    "init": "init",
    **dict.fromkeys(("keys", "verify"), "verify"),
    **dict.fromkeys(("nightly", "schedule", "withdraw-night"), "nightly"),
    "profiles": "profiles",
    "simulate": "simulate",
}
"""The commands, and the module of `commands/` that each stands in."""


class Commands(click.RichGroup):
    """A group that imports a command's module when somebody asks for it: a night waits for no other."""

    group_class = click.RichGroup

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - as click calls it
        """The names, in the order of the help text."""
        return sorted(MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A command by its name."""
        if cmd_name in MODULES:
            import_module(f"regaudit.cli.commands.{MODULES[cmd_name]}")
        return super().get_command(ctx, cmd_name)


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
        raise SystemExit(_run())
    except click.ClickException as error:
        complain(f"[bold red]用法有误[/]:{escape(error.format_message())}")
        if isinstance(error, click.UsageError) and error.ctx:
            complain(f"运行 {error.ctx.command_path} -h 查看用法")
        raise SystemExit(error.exit_code) from error
    except RegauditError as error:
        complain(f"[bold red]失败[/]:{escape(str(error))}")
        raise SystemExit(error.exit_status) from error
    except STORAGE_ERRORS as error:
        # A full or failing disk shows itself anywhere; what was half written is taken back or not believed.
        complain(f"[bold red]失败[/]:{escape(explain(error))}")
        raise SystemExit(1) from error
    except (KeyboardInterrupt, click.Abort):
        complain("已中断:没有做完的不留痕迹,此前已做完的仍在")
        raise SystemExit(130) from None

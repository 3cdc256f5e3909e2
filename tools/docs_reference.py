"""Commands, tables and events as pages, from what the program itself says of them."""

from collections.abc import Iterator, Mapping

import click
import duckdb
from docs_base import ENGLISH, WIDTH, Tongue

from regaudit.catalogue.event_kinds import Field, catalogue
from regaudit.catalogue.published import published_tables
from regaudit.cli.help import ChineseHelp
from regaudit.cli.main import cli


def cli_page(tongue: Tongue) -> str:
    """The page of commands, from their own help."""
    text = [tongue.say("# Commands", "# 命令"), tongue.words("cli", "intro")]
    for name, command in _commands(cli):
        context = click.Context(command, info_name=f"regaudit {name}", **cli.context_settings)
        formatter = ChineseHelp(width=WIDTH)
        for part in (
            click.Command.format_usage,
            click.Command.format_help_text,
            click.Command.format_options,
        ):
            part(command, context, formatter)
        text.append(f"## {name}\n\n```text\n{click.unstyle(formatter.getvalue()).rstrip()}\n```")
    return tongue.page(text, "the commands' help texts")


def _commands(group: click.Group, above: str = "") -> Iterator[tuple[str, click.Command]]:
    """A group's commands with their full names, and theirs."""
    context = click.Context(group)
    for name in sorted(group.list_commands(context)):
        if command := group.get_command(context, name):
            yield f"{above}{name}", command
        if isinstance(command, click.Group):
            yield from _commands(command, f"{above}{name} ")


def database_page(db: duckdb.DuckDBPyConnection, tongue: Tongue) -> str:
    """The page of tables, from `projections/published.toml` and a database that was really built."""
    text = [tongue.say("# The analyst database", "# 分析数据库"), tongue.words("database", "intro")]
    types = {
        (table, column): kind
        for table, column, kind in db.execute(
            "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE schema_name = 'main'"
        ).fetchall()
    }
    for name, published in published_tables().items():
        rows = [
            [f"`{column}`", f"`{types[name, column]}`", about] for column, about in published.columns.items()
        ]
        whence = tongue.say(". From `{}`.", "。取自 `{}`。").format(published.source)
        head = tongue.say("column|type|说明", "列|类型|说明").split("|")
        text.append(f"## {name}\n\n{tongue.wide(published.title)}{whence}\n\n{tongue.table(head, rows)}")
    return tongue.page(text, "projections/published.toml and a built database")


def events_page() -> str:
    """`docs/events.md`, from `events/*.toml`."""
    text = [
        "# Events",
        (
            "The kinds of event in the log, one TOML file each in `events/`. The state is a JSON object with "
            "exactly these fields; optional ones are left out where they are empty: 0, false, an empty text, "
            "array or map, null. A map is an object whose keys are no fixed names. How events are stored: "
            "[log-format](log-format.md)."
        ),
    ]
    for kind in catalogue().values():
        facts = f"Stream `{kind.stream}`, version {kind.version}."
        parts = [f"## {kind.topic}", f"{kind.title}. {kind.about} {facts}", _fields(kind.fields)]
        parts += [f"`{name}`:\n\n{_fields(members)}" for name, members in kind.objects.items()]
        text.append("\n\n".join(parts))
    return ENGLISH.page(text, "events/*.toml")


def _fields(fields: Mapping[str, Field]) -> str:
    rows = [
        [f"`{name}`", f"{field.type}{', optional' if field.optional else ''}", field.about]
        for name, field in fields.items()
    ]
    return ENGLISH.table(["field", "type", "what"], rows)

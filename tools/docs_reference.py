"""Commands, tables and events as pages, from what the program itself says of them."""

from collections.abc import Iterator, Mapping

import click
import demo
import duckdb
from docs_base import WIDTH, page

from regaudit.catalogue.event_kinds import Field, catalogue
from regaudit.catalogue.published import published_tables
from regaudit.cli.main import cli


def cli_page() -> str:
    """`docs/cli.md`, from the commands' own help."""
    text = [
        "# Commands",
        (
            "As `regaudit COMMAND --help` tells it. The workspace is `--home`, else the environment variable "
            "`REGAUDIT_HOME`, else the current folder. Exit status: 0 done, 1 failed, 2 wrong usage, 3 done "
            "but rows were quarantined, an expected export is missing or not all of one was read; "
            "[operations](operations.md#exit-statuses) says what to do."
        ),
    ]
    for name, command in _commands(cli):
        context = click.Context(command, info_name=f"regaudit {name}")
        formatter = click.HelpFormatter(width=WIDTH)
        for part in (
            click.Command.format_usage,
            click.Command.format_help_text,
            click.Command.format_options,
        ):
            part(command, context, formatter)
        text.append(f"## {name}\n\n```text\n{formatter.getvalue().rstrip()}\n```")
    return page(text, "the commands' help texts")


def _commands(group: click.Group, above: str = "") -> Iterator[tuple[str, click.Command]]:
    """A group's commands with their full names, and theirs."""
    context = click.Context(group)
    for name in sorted(group.list_commands(context)):
        if command := group.get_command(context, name):
            yield f"{above}{name}", command
        if isinstance(command, click.Group):
            yield from _commands(command, f"{above}{name} ")


def database_page(db: duckdb.DuckDBPyConnection) -> str:
    """`docs/database.md`, from `projections/published.toml` and a database that was really built."""
    text = [
        "# The analyst database",
        (
            "`regaudit.duckdb` in the workspace: schema `main`, read only, replaced as a whole "
            "by each night. Any client of DuckDB 1.4 or later opens it. Times are local wall-clock times "
            "without a zone. Tables and columns carry these comments in the database, too: `SELECT "
            "column_name, comment FROM duckdb_columns() WHERE table_name = 'cases'`."
        ),
    ]
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
        heading = f"## {name}\n\n{published.title}. From `{published.source}`."
        text.append(f"{heading}\n\n{demo.table(['column', 'type', '说明'], rows)}")
    return page(text, "projections/published.toml and a built database")


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
    return page(text, "events/*.toml")


def _fields(fields: Mapping[str, Field]) -> str:
    rows = [
        [f"`{name}`", f"{field.type}{', optional' if field.optional else ''}", field.about]
        for name, field in fields.items()
    ]
    return demo.table(["field", "type", "what"], rows)

"""What a mapping says of a table: its entries, as they stand in the TOML file."""

from typing import Annotated

from msgspec import Meta, Struct

SourceColumns = str | Annotated[list[str], Meta(min_length=1)]
Patterns = str | Annotated[list[str], Meta(min_length=1)]
"""Texts a cell may have, without regard to case: `*` stands for any characters, an empty text for a blank."""


class Action(Struct, frozen=True, forbid_unknown_fields=True):
    """One of the actions that a row stands for: it happened if its day (`occurred_at`) is not blank.

    `columns` and `constants` add to those of the table; `when` are further conditions on the row.
    """

    step: str
    columns: dict[str, SourceColumns] = {}
    constants: dict[str, str] = {}
    when: dict[str, Patterns] = {}


class Rule(Struct, frozen=True, forbid_unknown_fields=True):
    """What holds for rows of which every cell in `when` matches.

    `then` gives canonical values: for each column, the first rule that matches and names it. An empty text
    makes it blank. `skip` leaves the row out. `when` looks at the export's columns, or at canonical ones
    with their canonical values; a column that is missing is blank.
    """

    when: Annotated[dict[str, Patterns], Meta(min_length=1)]
    then: dict[str, str] = {}
    skip: bool = False


class Fill(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a canonical column is blank, it is that of other rows of the export with the same key `by`."""

    by: SourceColumns


class Sheet(Struct, frozen=True, forbid_unknown_fields=True):
    """What becomes of one table's columns.

    `columns` maps a canonical column to the export's column, or to a list of which the first that is not
    blank counts; canonical names that the export uses itself need no entry. For what it maps no other column
    counts, be it called as we call it, unless with `fallback`. A table lacking one of `required` is not this
    one. With `actions`, a row is as many canonical rows as actions happened.

    `join` makes a time of several columns, the day first; `times` gives the formats of a time column. A
    column that is named and not there is told, unless it is one of `optional` (the export's name, or ours).
    """

    required: list[str] = []
    columns: dict[str, SourceColumns] = {}
    constants: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}
    actions: list[Action] = []
    rules: list[Rule] = []
    times: dict[str, SourceColumns] = {}
    join: dict[str, Annotated[list[str], Meta(min_length=2)]] = {}
    optional: list[str] = []
    fallback: bool = False


class TableMapping(Sheet, frozen=True, forbid_unknown_fields=True):
    """One table of an export of several: known by title, or by columns where titles do not tell.

    A title is one of `names` or has it among its words (`DJT_DJ_SLSQ` has `SLSQ`). With `ignore`, no cell
    of it is read.
    """

    names: list[str] = []
    ignore: bool = False


def listed(columns: SourceColumns) -> list[str]:
    """One name or several, as a list."""
    return [columns] if isinstance(columns, str) else columns

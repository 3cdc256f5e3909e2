"""What a following night makes anew is found by keys: each table's cover all that its rows are made of."""

import duckdb
import pytest

from regaudit.catalogue.sqlfile import SqlFile, load_sql_files
from regaudit.warehouse.increments import is_per_case, passing_tables
from regaudit.warehouse.keyed import is_keyed

FILES = load_sql_files()
# Not of a case, yet the same for a case whenever it is asked: the calendar, who held an account on a day,
# what the rosters say, which file an import was.
# What is said of an office matters to its open cases alone, and these are always made anew.
STEADY = {
    "core.office_data",
    *("core.workdays", "core.calendar_ends", "core.account_holders", "core.roster_entries"),
    *("staging.import_parts", "staging.steps", "staging.folds", "staging.login_writings", "core.name_terms"),
}


@pytest.mark.parametrize("file", [f for f in FILES if is_per_case(f)], ids=lambda file: file.table)
def test_per_case_tables_read_what_belongs_to_the_case(file: object) -> None:
    per_case = {f.table for f in FILES if is_per_case(f)}
    reads = next(f.reads for f in FILES if f is file)
    others = {name for name in reads if not name.startswith(("reference.", "params."))}
    assert others <= per_case | STEADY


KEYED = [file for file in FILES if is_keyed(file)]
# What every key sees alike: the calendar and the roster, whose changes start over.
COMMON = {"core.workdays", "core.roster_entries", "core.roster_terms"}
# Noted as events are staged: a new writing changes no row that was there.
NOTED = {"staging.folds", "staging.login_writings"}
MADE = {file.table for file in FILES if not file.head.get("view")}


@pytest.mark.parametrize("file", KEYED, ids=lambda file: file.table)
def test_keys_are_touched_by_what_their_rows_are_made_of(file: SqlFile) -> None:
    leads: dict[str, list[str] | str] = file.head["key_of"]
    assert leads.keys() <= (MADE | {"core.actions", "reference.run"}) - {file.table}
    assert all(len(key) == len(file.head["per_key"]) for key in leads.values() if isinstance(key, list))
    # What is neither of cases nor of keys is made whole, and its changes show nowhere unless they lead;
    # a table with keys of its own leads, too. One of cases does so beside another table.
    of_cases = {f.table for f in FILES if is_per_case(f)}
    others = {name for name in file.reads if not name.startswith(("reference.", "params."))}
    assert others - of_cases - COMMON <= leads.keys()
    assert "reference.run" not in file.reads or "reference.run" in leads


@pytest.mark.parametrize("file", KEYED, ids=lambda file: file.table)
def test_what_finds_keys_reads_what_there_is(file: SqlFile) -> None:
    passing = passing_tables(FILES)
    with duckdb.connect() as db:
        for select in (key for key in file.head["key_of"].values() if isinstance(key, str)):
            found = {name for name in db.get_table_names(select, qualified=True) if "." in name}
            assert {name.split(" ")[0] for name in found} <= (MADE | NOTED) - passing


def test_no_table_of_cases_hangs_on_keys_that_change() -> None:
    per_case = [file for file in FILES if is_per_case(file)]
    assert {name for file in per_case for name in file.reads} & {f.table for f in KEYED} <= STEADY

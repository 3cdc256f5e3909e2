"""Data flows one way: a module imports earlier stages only, a SELECT reads earlier layers only."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import click
import duckdb
import pytest

from regaudit.cli.main import cli

ROOT = Path(__file__).parents[1]
SRC = ROOT / "src"
MODULE_LINES = 300
SQL_LINES = 80
TEST_LINES = 500

ROOMS = [
    *("base", "catalogue", "sources", "eventlog", "intake", "warehouse"),
    *("audit", "spark", "ledger", "outlets", "proof", "lake", "operation", "cli"),
]
"""In the order in which data goes through them: a room imports only rooms before it."""
APART = "simulate"
"""Stands beside the house: nothing but the command line and tests imports it."""
TWINS = {"sqlite", "postgresql"}
"""Folders that do the same for two stores, under the same names."""
WITHOUT = {
    "simulate": {"warehouse", "audit", "ledger", "outlets", "eventlog", "intake"},
    "outlets": {"intake.importer", "audit.rule_runs"},
}
"""What a room must do without though it stands before it: truth is planted, readers find nothing."""

READS = {
    "staging": {"log"},
    "core": {"staging", "core", "reference", "params"},
    "findings": {"core", "reference", "params"},
    # Made from the warehouse, or asked of the published tables (`main`).
    "results": {"results", "staging", "core", "reference", "main"},
}
FORBIDDEN = {
    *("now", "today", "current_date", "current_time", "current_timestamp", "get_current_time"),
    *("get_current_timestamp", "transaction_timestamp", "localtime", "localtimestamp", "current_localtime"),
    *("current_localtimestamp", "random", "uuid", "uuidv4", "uuidv7", "gen_random_uuid", "setseed"),
    *(
        "read_csv",
        "read_csv_auto",
        "sniff_csv",
        "read_parquet",
        "parquet_scan",
        "read_json",
        "read_json_auto",
    ),
    *("read_json_objects", "read_ndjson", "read_text", "read_blob", "glob", "getenv", "getvariable", "query"),
    *("query_table", "nextval", "currval", "current_setting"),
}
NOT_PORTABLE = {"datesub", "date_sub", "quantile_cont"}


def modules() -> dict[str, Path]:
    found = {}
    for path in sorted(SRC.rglob("*.py")):
        parts = path.relative_to(SRC).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def imports(path: Path) -> Iterator[str]:
    """The modules of ours that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "regaudit")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "regaudit":
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in MODULES else str(node.module)


def room_of(module: str) -> str:
    """The first folder below `regaudit`; empty at the top."""
    return ".".join(module.split(".")[1:2])


def test_every_folder_is_a_room_and_nothing_else_lies_at_the_top() -> None:
    top = SRC / "regaudit"
    folders = {path.name for path in top.iterdir() if path.is_dir() and any(path.rglob("*.py"))}
    assert folders - {APART} <= set(ROOMS)
    assert {path.name for path in top.glob("*.py")} == {"__init__.py", "__main__.py"}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_rooms_before_its_own(module: str) -> None:
    mine = room_of(module)
    others = {other: room_of(other) for other in imports(MODULES[module]) if room_of(other) not in ("", mine)}
    for other, room in others.items():
        if room == APART:
            assert mine == "cli", f"{module} imports {other}"
        elif mine in ROOMS:
            assert ROOMS.index(room) < ROOMS.index(mine), f"{module} imports {other}, which stands behind it"
        short = other.removeprefix("regaudit.")
        assert not {room, short} & WITHOUT.get(mine, set()), f"{module} imports {other}"


def test_a_name_stands_once_in_a_room() -> None:
    for room in ROOMS:
        names: dict[str, Path] = {}
        for path in sorted((SRC / "regaudit" / room).rglob("*.py")):
            if path.stem == "__init__" or path.parent.name in TWINS:
                continue
            assert path.stem not in names, f"{path} and {names[path.stem]}"
            assert path.stem in ("mapping", "wording") or not path.stem.endswith("ing"), (
                f"{path}: a file is a noun"
            )
            names[path.stem] = path


def test_no_module_imports_itself_in_a_circle() -> None:
    graph = {module: set(imports(path)) - {module} for module, path in MODULES.items()}

    def visit(module: str, above: tuple[str, ...]) -> None:
        assert module not in above, " → ".join([*above, module])
        for other in graph[module]:
            visit(other, (*above, module))

    for module in graph:
        visit(module, ())


def test_only_clock_reads_the_clock_and_only_open_wires_it() -> None:
    readers = {
        module
        for module, path in MODULES.items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr in ("now", "today", "utcnow", "time_ns", "gmtime", "localtime")
        and isinstance(node.value, ast.Name)
        and node.value.id in ("datetime", "date", "time")
    }
    assert readers <= {"regaudit.base.clock"}
    users = {module for module, path in MODULES.items() if "system_clock" in path.read_text(encoding="utf-8")}
    roots = {f"regaudit.operation.{name}" for name in ("open", "schedule", "desk", "doctor.examination")}
    assert users <= {"regaudit.base.clock", *roots}


def test_every_command_stands_in_the_file_that_bears_its_name() -> None:
    context = click.Context(cli)
    for path in (SRC / "regaudit" / "cli" / "commands").glob("[a-z]*.py"):
        name = path.stem.removesuffix("_").replace("_", "-")
        command = cli.get_command(context, name)
        assert command is not None
        assert (command.name, getattr(command.callback, "__module__", "")) == (
            name,
            f"regaudit.cli.commands.{path.stem}",
        )


def test_a_check_does_not_wait_for_what_other_commands_need() -> None:
    code = "import sys; from regaudit.cli import main\ntry: main()\nfinally: print(*sys.modules)"
    words = [sys.executable, "-c", code, "check", "--help"]
    loaded = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
    assert "regaudit.warehouse.build" in loaded
    assert not set(loaded) & {
        "regaudit.simulate",
        "regaudit.outlets.mail",
        "regaudit.operation.schedule",
        "jinja2",
        "apscheduler",
    }
    commands = {module for module in loaded if module.startswith("regaudit.cli.commands.")}
    assert commands == {"regaudit.cli.commands.check"}


@pytest.mark.parametrize("module", MODULES)
def test_modules_are_short(module: str) -> None:
    assert len(MODULES[module].read_text(encoding="utf-8").splitlines()) <= MODULE_LINES


TESTS = sorted((ROOT / "tests").rglob("*.py"))


def test_test_files_are_short_and_skip_in_one_place() -> None:
    """A test that cannot run says so through `needs`, which counts it and fails where it must not be."""
    skip = "pytest" + ".skip"
    for path in TESTS:
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= TEST_LINES, path
        marks = (skip, "mark.skip", "importor" + "skip")
        assert path.name in ("needs.py", Path(__file__).name) or not any(mark in text for mark in marks), path


def test_a_test_file_borrows_from_its_own_folder_or_from_above() -> None:
    """Where another folder's tests are not collected, its files cannot be imported."""
    for path in TESTS:
        borrowed = re.findall(r"^(?:from|import) (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert all((path.parent / f"{name}.py").exists() for name in borrowed), path


OF_WORKSPACES = {"subprocess", "multiprocessing", "servers", "stores", "faults", "Desk"}
"""What starts a process or a server, or makes a whole workspace."""
MAKERS = {"desk", "new_desk", "store", "folder", "whole", "victim", "mail_server", "platform", "inbox"}
"""Fixtures that do."""


@pytest.mark.parametrize("path", sorted((ROOT / "tests" / "unit").glob("*.py")), ids=lambda path: path.stem)
def test_a_unit_is_tried_alone(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: set[str] = set()
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = {alias.name for alias in node.names} | {getattr(node, "module", None) or ""}
        elif isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            names = {argument.arg for argument in node.args.args}
            assert not names & MAKERS, f"{path.name}, {node.name}: belongs to tests/integration"
            continue
        assert not names & OF_WORKSPACES, f"{path.name}: belongs to tests/integration"


SQL = sorted(
    (path for layer in READS for path in (ROOT / "projections" / layer).glob("*.sql")),
    key=lambda path: path.as_posix(),
)


def nodes(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
    for part in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from nodes(part)


@pytest.fixture(scope="module")
def parse() -> Iterator[Callable[[Path], Any]]:
    """The tree of a SQL file; each is parsed once."""
    with duckdb.connect() as db:
        yield cache(partial(parsed, db))


def parsed(db: duckdb.DuckDBPyConnection, path: Path) -> Any:
    sql = path.read_text(encoding="utf-8")
    [(text,)] = db.execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchall()
    tree = json.loads(text)
    assert not tree["error"], tree
    return tree


@pytest.mark.parametrize("path", SQL, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_select_reads_earlier_layers_and_nothing_else(path: Path, parse: Callable[[Path], Any]) -> None:
    tree = parse(path)
    assert len(tree["statements"]) == 1
    own = {entry["key"] for node in nodes(tree) for entry in node.get("cte_map", {}).get("map", [])}
    for node in nodes(tree):
        if node.get("type") == "BASE_TABLE":
            assert node["catalog_name"] == ""
            if node["schema_name"]:
                assert node["schema_name"] in READS[path.parent.name], node["table_name"]
            else:
                # What has no schema and is not named in the file itself would be looked for on the disk.
                assert node["table_name"] in own


def test_what_is_asked_of_published_tables_reads_nothing_else(parse: Callable[[Path], Any]) -> None:
    """Analysts have the published database alone."""
    for path in (path for path in SQL if path.parent.name == "results"):
        schemas = {node["schema_name"] for node in nodes(parse(path)) if node.get("type") == "BASE_TABLE"}
        assert "main" not in schemas or schemas <= {"main", ""}, path.stem


def test_every_select_of_results_is_used() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in MODULES.values())
    for path in (path for path in SQL if path.parent.name == "results"):
        assert f'"{path.stem}"' in text, path.stem


@pytest.mark.parametrize("path", SQL, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_no_clock_no_chance_no_files_in_sql(path: Path, parse: Callable[[Path], Any]) -> None:
    tree = parse(path)
    used = {str(node["function_name"]).lower() for node in nodes(tree) if node.get("function_name")}
    named = {
        str(node["column_names"][-1]).lower()
        for node in nodes(tree)
        if len(node.get("column_names", [])) == 1
    }
    assert not (used | named) & FORBIDDEN
    assert not used & NOT_PORTABLE


@pytest.mark.parametrize("path", SQL, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_selects_are_short_and_say_what_they_are(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    head, select = text.split("*/\n", 1)
    assert head.startswith("/*\n")
    assert "title" in head
    assert len(select.splitlines()) <= SQL_LINES


def test_what_is_forbidden_would_be_seen(tmp_path: Path, parse: Callable[[Path], Any]) -> None:
    """The check itself: it must see each way to the clock, to chance and to files."""
    for number, (select, culprit) in enumerate(
        (
            ("select now() as x", "now"),
            ("select current_date as x", "current_date"),
            ("select current_timestamp as x", "current_timestamp"),
            ("select random() as x", "random"),
            ("select * from read_csv('x.csv')", "read_csv"),
            ("with a as (select uuid() as x) select * from a", "uuid"),
        )
    ):
        path = tmp_path / f"{number}.sql"
        path.write_text(select, encoding="utf-8")
        tree = parse(path)
        words = {str(node.get("function_name", "")).lower() for node in nodes(tree)}
        words |= {str(node["column_names"][-1]).lower() for node in nodes(tree) if node.get("column_names")}
        assert culprit in words & FORBIDDEN, (select, words)


TOUR = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def test_the_tour_names_every_room_and_nothing_that_is_not_there() -> None:
    named = re.findall(r"`([\w./-]+/[\w.-]*)`", TOUR)
    places = [ROOT, SRC / "regaudit", *(SRC / "regaudit" / room for room in ROOMS)]
    of_a_workspace = {"archive/", "outbox/"}
    lost = [
        name for name in named if name not in of_a_workspace and not any((p / name).exists() for p in places)
    ]
    assert not lost
    rooms = {path.name for path in (SRC / "regaudit").iterdir() if (path / "__init__.py").exists()}
    assert {f"{room}/" for room in rooms} <= set(named)


def test_duckdb_is_opened_in_one_place() -> None:
    users = {module for module, path in MODULES.items() if "duckdb.connect(" in path.read_text("utf-8")}
    assert users == {"regaudit.base.duck"}

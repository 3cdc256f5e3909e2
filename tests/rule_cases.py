"""Reads and runs the case files `tests/rules/*.md`.

Each `## heading` is one case. Its blocks:

    given steps | given roster         a table, columns as in an export; twice is two imports
    given roster on DAY                a roster that was imported on that day
    given steps from SOURCE covering FIRST..LAST     what the import says of itself; either may be left out
    given steps as NAME lacking TABLE rejecting N    a folder with this table, and TABLE as an empty file;
                                       N rows of it go to quarantine; any may be left out
    given steps of closed cases        of a source that sends cases when they are closed
    given steps because REASON         a declared back-fill; both may stand behind all that is said above
    given night DAY RULE…              a night ran then, with these rules beside the expected ones;
                                       rosters that stand behind it came after it, before the next steps
    given withdrawn DAY                the night of that day, the last, was withdrawn
    given missed                       a table of exports that nights missed: source, office, night, due; with
                                       `again`, the source was there again that night
    given profile NAME                 a shipped profile; a TOML block after it extends it
    given settings | given mapping     a TOML block
    given as-of TIME
    expect [RULE]                      a table: every subject that the rule examined, no more, no less
    expect nothing [from RULE]         the rule examined nothing: its run is `not_applicable`
    expect no run [from RULE]          the rule is switched off
    expect status STATUS [from RULE]
    expect cases                       a table: every case, with columns of core.cases
    expect queue_overtakes             a table: every pair
    expect accounts                    a table: every account, with columns of core.accounts
    expect persons                     a table: every natural person, with columns of core.persons
    expect steps                       a table: every action, with columns of core.steps
    expect core.TABLE                  a table: every row of it, by the columns named
    expect silent_offices              a table: every office that the night tells of, with columns of it
    expect account_changes             a table: every account that the night tells of, with columns of it
    expect finding_evidence            a table: every row that a finding of the rule names, by the
        [from RULE]                    subject's columns, `of` (its case; the subject's own unless given),
                                       step, occurred_at and role; what is no action by its account or
                                       source, and as step `roster`, `import` or `missed`
    expect finding_persons             a table: every person of a finding of the rule, by the subject's
        [from RULE]                    columns, person_id and role; with is_answerable

RULE is the file's own name unless given. A range `A1..A9` in a table stands for nine rows. In an expected
table a blank cell is not compared, `null` is no value, and `COLUMN contains` looks for a part of the text.
Everything else is prose.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

import duckdb
from msgspec import Struct, field
from rule_world import AS_OF, OFFICE, Export, Given, Happening, Row, built, records, wanted

from regaudit.audit.results import LISTED, list_findings, make_result
from regaudit.audit.rule_runs import subject_columns
from regaudit.catalogue.rules import load_rules
from regaudit.catalogue.sqlfile import load_sql_files
from regaudit.intake.results import Origin

_BLOCK = re.compile(r"(given|expect)\b *(.*)")
_STEPS = re.compile(
    r"steps(?: as (?P<name>\S+))?(?: from (?P<source>\S+))?"
    r"(?: covering (?P<first>[\d-]+)\.\.(?P<last>[\d-]+))?"
    r"(?: lacking (?P<lacking>\S+))?(?: rejecting (?P<rejecting>\d+))?"
    r"(?P<closed> of closed cases)?(?: because (?P<backfill>\S+))?"
)
_RANGE = re.compile(r"(\D*)(\d+)\.\.\1(\d+)")
_TRUTH = {True: "true", False: "false", None: "unknown"}
_CORE_TABLES = {
    "steps": ("office", "case_no", "step", "occurred_at"),
    "cases": ("office", "case_no"),
    "accounts": ("account", "valid_from"),
    "persons": ("person_id",),
    "queue_overtakes": ("office", "case_no", "overtaken_case_no"),
}
"""Those of which an expectation need not name all columns: with what tells their rows apart."""
ASKED = {
    "silent_offices": ("core.steps", "core.imports", "core.expected_exports", "core.workdays"),
    "account_changes": ("core.roster_entries", "core.runs"),
}
"""What a night asks of the tables, and those that it reads."""
_ASKED_OF = {"silent_offices": ("office",), "account_changes": ("office", "account")}
_OF_FINDINGS = ("finding_evidence", "finding_persons")
_READ_FOR_FINDINGS = {
    *("core.ledger", "core.steps", "core.cases", "core.queue_takers"),
    *("staging.roster_entries", "staging.imports", "staging.missed_exports"),
}
_NAMED_ROWS = """
SELECT position, case_no AS "of", step, occurred_at FROM staging.steps
UNION ALL SELECT position, account, 'roster', NULL FROM staging.roster_entries
UNION ALL SELECT position, source, 'import', NULL FROM staging.imports
UNION ALL SELECT position, source, 'missed', night FROM staging.missed_exports
"""
_HAPPENINGS: dict[str, Callable[["Block", str], Happening]] = {
    "missed": lambda block, _: Happening(missed=block.rows),
    "night": lambda _, value: Happening(night=value),
    "withdrawn": lambda _, value: Happening(withdrawn=value),
}
_STATUSES = ("passed", "failed", "not_applicable")
T = TypeVar("T")


class Block(Struct):
    """`given …` or `expect …` with the table or the TOML text that follows it."""

    verb: str
    subject: str
    header: list[str] = field(default_factory=list)
    rows: list[dict[str, str]] = field(default_factory=list)
    toml: str = ""


class RuleCase(Struct):
    """One case of a case file."""

    rule: str
    heading: str
    blocks: list[Block] = field(default_factory=list)

    def given(self, subject: str) -> list[Block]:
        """The given blocks on a subject."""
        return [
            block for block in self.blocks if (block.verb, block.subject.split(" ")[0]) == ("given", subject)
        ]

    def expected(self) -> list[Block]:
        """All expect blocks."""
        return [block for block in self.blocks if block.verb == "expect"]


def read_cases(path: Path) -> list[RuleCase]:
    """The cases of a file.

    Raises:
        ValueError: a table or block stands where none can, or a case expects nothing at all.
    """
    return parse_cases(path.stem, path.read_text(encoding="utf-8"))


def parse_cases(rule: str, text: str) -> list[RuleCase]:
    """The cases in a text."""
    cases: list[RuleCase] = []
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith("## "):
            cases.append(RuleCase(rule, line.removeprefix("## ").strip()))
        elif match := _BLOCK.fullmatch(line.rstrip()):
            _last(cases, line).blocks.append(Block(match[1], match[2]))
        elif line.startswith("```"):
            block = _last(_last(cases, line).blocks, line)
            block.toml = "\n".join(iter(lambda: next(lines), "```")) + "\n"
        elif line.startswith("|"):
            _add_row(_last(_last(cases, line).blocks, line), line)
    for case in cases:
        if not case.expected() or not case.given("steps"):
            raise ValueError(f"{rule}: {case.heading!r} lacks given steps or any expectation")
    return cases


def run_case(
    case: RuleCase, home: Path, then: Callable[[duckdb.DuckDBPyConnection], None] | None = None
) -> None:
    """Build the case's world and hold every expectation against it; `then` is given the warehouse.

    Raises:
        AssertionError: an expectation does not hold.
    """
    with built(home, given_of(case)) as db:
        hold(case, db)
        if then is not None:
            then(db)


def hold(case: RuleCase, db: duckdb.DuckDBPyConnection) -> None:
    """Hold every expectation of a case against the warehouse of its world.

    Raises:
        AssertionError: an expectation does not hold.
    """
    for block in case.expected():
        _check(db, case.rule, block)


def tables_made(case: RuleCase) -> set[str]:
    """The tables that its expectations need."""
    given = given_of(case)
    made = {file.table for file in wanted(load_sql_files(), given.tables)}
    subjects = {block.subject.partition(" from ")[0] for block in case.expected()}
    results = [*(ASKED.keys() & subjects), *(LISTED if subjects & {*_OF_FINDINGS} else ())]
    return made | {f"results.{name}" for name in results}


def _last(items: list[T], line: str) -> T:
    if not items:
        raise ValueError(f"nothing above that this line could belong to: {line}")
    return items[-1]


def _add_row(block: Block, line: str) -> None:
    cells = [cell.strip(" ") for cell in line.strip(" ").strip("|").split("|")]
    if not block.header:
        block.header = cells
    elif len(cells) != len(block.header):
        raise ValueError(f"{len(block.header)} columns, but {len(cells)} cells: {line}")
    elif not all(re.fullmatch(":?-+:?", cell) for cell in cells):
        block.rows.extend(_expanded(dict(zip(block.header, cells, strict=True))))


def _expanded(row: dict[str, str]) -> Iterator[dict[str, str]]:
    spans = {}
    for name, cell in row.items():
        if match := _RANGE.fullmatch(cell):
            prefix, first, last = match.groups()
            spans[name] = [f"{prefix}{n:0{len(first)}}" for n in range(int(first), int(last) + 1)]
    if not spans:
        yield row
        return
    for cells in zip(*spans.values(), strict=True):
        yield row | dict(zip(spans, cells, strict=True))


def given_of(case: RuleCase) -> Given:
    words = {"profile": "default", "as-of": AS_OF}
    happened: dict[int, list[Happening]] = {}
    first_rosters: list[Block] = []
    logs = 0
    toml = {"profile": "", "settings": "", "mapping": ""}
    for block in case.blocks:
        if block.verb != "given":
            continue
        name, _, value = block.subject.partition(" ")
        if name in words:
            words[name] = value
        if name in toml:
            toml[name] += block.toml
        if name in _HAPPENINGS:
            happened.setdefault(logs, []).append(_HAPPENINGS[name](block, value))
        if name == "roster" and any(one.night for some in happened.values() for one in some):
            happened.setdefault(logs, []).append(Happening(roster=block.rows))
        elif name == "roster":
            first_rosters.append(block)
        logs += name == "steps"
        if name not in {*words, *toml, *_HAPPENINGS, "steps", "roster"}:
            raise ValueError(f"{case.heading!r}: given {block.subject}?")
    return Given(
        step_logs=[[{"office": OFFICE} | row for row in block.rows] for block in case.given("steps")],
        origins=[_origin(block) for block in case.given("steps")],
        exports=[_export(block) for block in case.given("steps")],
        happened=happened,
        rosters=[block.rows for block in first_rosters],
        roster_days=[_roster_day(block) for block in first_rosters],
        profile=words["profile"],
        profile_toml=toml["profile"],
        settings_toml=toml["settings"],
        mapping_toml=toml["mapping"],
        as_of=words["as-of"],
        tables=frozenset().union(*map(partial(_tables_of, case.rule), case.expected())),
    )


def _roster_day(block: Block) -> date | None:
    words = block.subject.split()
    if words[1:2] not in ([], ["on"]) or len(words) not in (1, 3):
        raise ValueError(f"given {block.subject}?")
    return date.fromisoformat(words[2]) if words[1:] else None


def _export(block: Block) -> Export:
    match = _steps(block)
    return Export(match["name"] or "", match["lacking"] or "", int(match["rejecting"] or 0))


def _steps(block: Block) -> re.Match[str]:
    match = _STEPS.fullmatch(block.subject)
    if match is None:
        raise ValueError(f"given {block.subject}?")
    return match


def _origin(block: Block) -> Origin:
    match = _steps(block)
    covers = (match["first"], match["last"]) if match["first"] else None
    delivers = "closed" if match["closed"] else ""
    return Origin(
        source=match["source"] or "", covers=covers, delivers=delivers, backfill=match["backfill"] or ""
    )


def _tables_of(rule: str, block: Block) -> set[str]:
    """The tables that an expectation is about."""
    subject, _, other = block.subject.partition(" from ")
    if subject in _CORE_TABLES:
        return {f"core.{subject}"}
    if subject.startswith("core."):
        return {subject}
    if subject in ASKED:
        return {*ASKED[subject]}
    if subject in _OF_FINDINGS:
        return {f"findings.{(other or rule).replace('-', '_')}", *_READ_FOR_FINDINGS}
    if subject in ("nothing", "no run") or subject.startswith("status "):
        subject = ""
    return {f"findings.{(subject or other or rule).replace('-', '_')}"}


def _check(db: duckdb.DuckDBPyConnection, rule: str, block: Block) -> None:
    subject, _, other = block.subject.partition(" from ")
    rule = other or rule
    if subject == "no run":
        assert not records(db, f"SELECT rule FROM results.rule_runs WHERE rule = '{rule}'")
    elif subject == "nothing":
        _check_status(db, rule, "not_applicable")
    elif subject.startswith("status "):
        _check_status(db, rule, subject.removeprefix("status "))
    elif subject in _CORE_TABLES:
        _check_table(block, records(db, f"SELECT * FROM core.{subject}"), _CORE_TABLES[subject])
    elif subject.startswith("core."):
        found = [
            [_text(row[name]) for name in block.header] for row in records(db, f"SELECT * FROM {subject}")
        ]
        wanted_rows = sorted([row[name] for name in block.header] for row in block.rows)
        assert sorted(found) == wanted_rows, f"expect {subject}: other rows than expected: {sorted(found)}"
    elif subject in ASKED:
        make_result(db, subject)
        _check_table(block, records(db, f"SELECT * FROM results.{subject}"), _ASKED_OF[subject])
    elif subject in _OF_FINDINGS:
        _check_findings(db, rule, block, subject)
    else:
        rule = subject or rule
        key = subject_columns(load_rules()[rule])
        _check_table(block, _judgements(db, rule, key), key)


def _check_status(db: duckdb.DuckDBPyConnection, rule: str, status: str) -> None:
    if status not in _STATUSES:
        raise ValueError(f"status {status}?")
    runs = {row["rule"]: row for row in records(db, "SELECT rule, status, examined FROM results.rule_runs")}
    assert runs[rule]["status"] == status, runs[rule]


def _judgements(db: duckdb.DuckDBPyConnection, rule: str, key: tuple[str, ...]) -> list[dict[str, object]]:
    """What a rule says of each subject; a violation with the severity and summary it is reported with."""
    found = {
        tuple(row[name] for name in key): row
        for row in records(db, f"SELECT * FROM results.violations WHERE rule = '{rule}'")
    }
    examined = records(db, f"SELECT * FROM findings.{rule.replace('-', '_')}")
    rows = [row | found.get(tuple(row.get(name) for name in key), {}) for row in examined]
    for row in rows:
        # Where a rule's subject may be any, the columns of the others tell no two apart.
        of_kind = subject_columns(load_rules()[rule], str(row.get("subject", "")))
        row.update({name: None for name in key if name not in of_kind})
    return [row | {"is_violation": _TRUTH[row["is_violation"]]} for row in rows]  # type: ignore[index]


def _check_findings(db: duckdb.DuckDBPyConnection, rule: str, block: Block, table: str) -> None:
    """The rows or the persons of a rule's findings, each by the finding's subject."""
    list_findings(db)
    subject = subject_columns(load_rules()[rule])
    columns = ", ".join(f"f.{name}" for name in subject)
    of_rule = f"FROM results.published_findings AS f JOIN results.{table} AS t USING (finding_id)"
    if table == "finding_evidence":
        block.rows = [{"of": row.get("case_no", "")} | row for row in block.rows]
        found = f"SELECT {columns}, t.*, r.* {of_rule} LEFT JOIN ({_NAMED_ROWS}) AS r USING (position)"
        key = (*subject, "of", "step", "occurred_at", "role")
    else:
        columns = columns.replace("f.person_id", "f.person_id AS subject")
        found = f"SELECT {columns}, t.* {of_rule}"
        key = (*(name for name in subject if name != "person_id"), "person_id", "role")
    _check_table(block, records(db, f"{found} WHERE f.rule = '{rule}'"), key)


def _check_table(block: Block, actual: list[dict[str, object]], key: tuple[str, ...]) -> None:
    """Expected and actual rows are the same rows, and equal in every cell that is not blank."""
    by_key = {tuple(_text(row.get(name)) for name in key): row for row in actual}
    assert len(by_key) == len(actual), f"a subject twice: {actual}"
    wanted: dict[tuple[str, ...], Row] = {}
    for expected in block.rows:
        wanted[tuple(_subject_of(expected, name, key) for name in key)] = expected
    assert len(wanted) == len(block.rows), "the expectation names a row twice"
    assert sorted(wanted) == sorted(by_key), (
        f"expect {block.subject}: other rows than expected: {sorted(by_key)}"
    )
    for name, row in wanted.items():
        for column, cell in row.items():
            if cell and column not in key:
                _check_cell(name, column, cell, by_key[name])


def _subject_of(expected: Row, name: str, key: tuple[str, ...]) -> str:
    """A part of what an expected row is about; where it may be about anything, all else is no value."""
    if set(key) >= {"case_no", "person_id"}:
        default = OFFICE if name == "office" and expected.get("case_no") else "null"
        return expected.get(name) or default
    return {"office": OFFICE, **expected}[name]


def _check_cell(name: tuple[str, ...], column: str, cell: str, actual: dict[str, object]) -> None:
    where = f"{'/'.join(name)} {column}"
    if column.endswith(" contains"):
        text = _text(actual[column.removesuffix(" contains")])
        assert cell in text, f"{where}: {cell!r} is not in {text!r}"
    else:
        text = _text(actual[column])
        assert text == cell, f"{where}: expected {cell!r}, got {text!r}"


def _text(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return _TRUTH[value]
    if isinstance(value, datetime):
        return value.isoformat(" ").removesuffix(":00")
    return value.isoformat() if isinstance(value, date) else str(value)

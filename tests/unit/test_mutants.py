"""`make mutants`: which changes it makes, which it chooses, and what it makes of the list of equal ones."""

from pathlib import Path

import pytest
from tooling import tool

from regaudit.catalogue.sqlfile import load_sql_files

ROOT = Path(__file__).resolve().parents[2]


MADE = tool("sql_mutations")
MUTANTS = tool("mutants")
TRIALS = tool("mutant_trials")
ONE = {
    "comparison": [
        ("a = b", ["a <> b"]),
        ("a <> b", ["a = b"]),
        ("a < b", ["a <= b"]),
        ("a <= b", ["a < b"]),
        ("a > b", ["a >= b"]),
        ("a >= b", ["a > b"]),
        ("a is distinct from b", ["a is not distinct from b"]),
        ("a is not distinct from b", ["a is distinct from b"]),
        ("a in (b, c)", ["a not in (b, c)"]),
        ("a not in (b, c)", ["a in (b, c)"]),
    ],
    "null test": [("f(a) is null", ["f(a) is not null"]), ("a is not null", ["a is null"])],
    "and/or": [
        ("a and b or c", ["a or b or c", "a and b and c"]),
        ("a between b and c and d", ["a between b and c or d"]),
    ],
    "min/max": [
        ("min(a)", ["max(a)"]),
        ("max(min(a))", ["min(min(a))", "max(max(a))"]),
        ("arg_max(a, b)", ["arg_min(a, b)"]),
        ("least(a, b)", ["greatest(a, b)"]),
        ("bool_or(a)", ["bool_and(a)"]),
    ],
    "sign": [("a - b + c", ["a + b + c", "a - b - c"]), ("-a", ["a"])],
    "literal": [
        ("1", ["2"]),
        ("0.8", ["1.8"]),
        ("'a b'", ["'a b~'"]),
        ("''", ["'~'"]),
        ("coalesce(a, false)", ["coalesce(a, true)"]),
        ("interval 5 minute", ["interval 6 minute"]),
        ("interval '5' minute", ["interval '6' minute"]),
        ("cast(a as decimal(18, 2))", []),
        ("exists (select 1 from t)", []),
    ],
}


@pytest.mark.parametrize(
    ("kind", "expression", "others"), [(kind, *pair) for kind, pairs in ONE.items() for pair in pairs]
)
def test_one_thing_is_changed(kind: str, expression: str, others: list[str]) -> None:
    select = f"select\n    {expression}\nfrom t"
    made = MADE.mutations(select)
    assert [one.of(select) for one in made] == [f"select\n    {other}\nfrom t" for other in others]
    assert {one.kind for one in made} <= {kind}
    assert [(one.before, one.after) for one in made] == [(expression, other) for other in others]


@pytest.mark.parametrize(
    ("join", "other"), [("left join", "inner join"), ("inner join", "left join"), ("semi join", "anti join")]
)
def test_a_join_is_changed(join: str, other: str) -> None:
    select = f"select a\nfrom t\n{join} u using (b)"
    assert [one.of(select) for one in MADE.mutations(select)] == [f"select a\nfrom t\n{other} u using (b)"]


def test_a_cross_join_and_comments_stay() -> None:
    assert MADE.mutations("select a -- 1 = 1\nfrom t\ncross join u /* is null */") == []


def test_equal_lines_are_told_apart() -> None:
    select = "select 1\nunion all\nselect 1"
    assert [(one.after, one.nth) for one in MADE.mutations(select)] == [("select 2", 1), ("select 2", 2)]


def test_every_file_is_read_and_every_change_is_another_text() -> None:
    texts = MUTANTS.selects()
    assert {
        file.table.replace(".", "/") + ".sql" for file in load_sql_files() if file.layer != "staging"
    } <= {*texts}
    known = MUTANTS.all_mutants(texts)
    assert len({(one.file, one.changed) for one in known}) == len(known)
    assert all(one.changed != one.select for one in known)
    assert known == MUTANTS.all_mutants(texts), "the same again"
    assert {one.mutation.kind for one in known} == {*ONE, "join"}


def test_a_seed_chooses_the_same_again() -> None:
    texts = {"core/a.sql": "select a = b, c < d, e and f from t", "core/b.sql": "select min(a) - 1 from u"}
    first, again, other = (MUTANTS.chosen(MUTANTS.all_mutants(texts), seed) for seed in (1, 1, 2))
    assert first == again != other
    assert sorted(first, key=repr) == sorted(other, key=repr)


def test_the_mutant_is_read_in_place_of_the_file_and_only_then() -> None:
    shipped = {file.table: file.select for file in load_sql_files()}
    mutant = MUTANTS.all_mutants({"core/runs.sql": MUTANTS.selects()["core/runs.sql"]})[0]
    with TRIALS.changed(mutant):
        read = {file.table: file.select for file in load_sql_files()}
    assert {table for table in read if read[table] != shipped[table]} == {"core.runs"}
    assert read["core.runs"] == mutant.changed
    assert {file.table: file.select for file in load_sql_files()} == shipped


def test_those_that_lived_are_found_in_what_was_printed() -> None:
    select = "select 1\nunion all\nselect 1\nwhere a and b"
    known = MUTANTS.all_mutants({"core/a.sql": select})
    fates = ["killed by one", "LIVED", "equal"]
    printed = "".join(
        f"{MUTANTS.words_of(one)}\n  {fate} [0.1 s]\n" for one, fate in zip(known, fates, strict=True)
    )
    assert MUTANTS.survivors(printed) == {MUTANTS.words_of(known[1])}
    assert len({MUTANTS.words_of(one) for one in known}) == len(known)


ENTRY = '[[equal]]\nfile = "core/a.sql"\nbefore = "{}"\nafter = "select a <> b"\nwhy = "{}"\n'


def test_what_is_listed_as_equal_is_found(tmp_path: Path) -> None:
    known = MUTANTS.all_mutants({"core/a.sql": "select a = b"})
    path = tmp_path / "equal.toml"
    path.write_text(ENTRY.format("select a = b", "nobody asks"), encoding="utf-8")
    assert MUTANTS.equals(known, path) == {*known}


@pytest.mark.parametrize(
    "text",
    [
        ENTRY.format("select a = c", "nobody asks"),
        ENTRY.format("select a = b", ""),
        ENTRY.format("select a = b", "nobody asks") * 2,
    ],
    ids=["no such line any more", "no reason", "twice"],
)
def test_an_entry_that_fits_nothing_is_an_error(text: str, tmp_path: Path) -> None:
    path = tmp_path / "equal.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="no such change"):
        MUTANTS.equals(MUTANTS.all_mutants({"core/a.sql": "select a = b"}), path)


def test_the_list_that_is_shipped_fits() -> None:
    MUTANTS.equals(MUTANTS.all_mutants(MUTANTS.selects()))

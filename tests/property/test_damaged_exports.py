"""One registry, every damage on the way: the same findings, or the loss is told and nobody is accused."""

import json
from collections.abc import Callable
from pathlib import Path
from random import Random

import polars as pl
import pytest
import xlsxwriter
from conftest import Desk

pytestmark = pytest.mark.long

CASES = 300
Finding = tuple[str, str, str, str]
Rows = list[dict[str, str]]
Damage = Callable[[Rows, Random], Rows]
WORDS = (
    "NULL",
    "(null)",
    r"\N",
    "None",
    "NaT",
    "N/A",
    "#N/A",
    "--",
    "暂无",
    "0",
    "/",
    "无",
    "\u200b",
    "\u3000",
)
OPTIONAL = ("account", "operator", "terminal", "unit_no", "batch_no", "reason", "approver", "serial_no")
INVISIBLE = ("\u200b", "\u200d", "\u00ad", "\ufeff", "\u2060", "\ufe0f", "\u202e")


def chance(name: str) -> Random:
    return Random(name)  # noqa: S311 - a damage that can be made again


def everywhere(*names: str) -> Callable[[Callable[[str, Random], str]], Damage]:
    """Every filled cell of these columns, changed alike."""

    def of(change: Callable[[str, Random], str]) -> Damage:
        def damage(rows: Rows, chance: Random) -> Rows:
            return [
                row | {name: change(row[name], chance) for name in names if row.get(name)} for row in rows
            ]

        return damage

    return of


def words_for_nothing(rows: Rows, chance: Random) -> Rows:
    return [
        {n: chance.choice(WORDS) if not cell and n in OPTIONAL else cell for n, cell in row.items()}
        for row in rows
    ]


def with_an_invisible(text: str, chance: Random) -> str:
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice(INVISIBLE) + text[at:]


def in_any_case(text: str, chance: Random) -> str:
    return "".join(chance.choice((letter.upper(), letter.lower())) for letter in text)


def full_width(text: str, _: Random) -> str:
    return "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in text)


def shuffled_and_doubled(rows: Rows, chance: Random) -> Rows:
    return chance.sample([*rows, *chance.choices(rows, k=len(rows) // 3)], len(rows) + len(rows) // 3)


HARMLESS: dict[str, Damage] = {
    "words for nothing": words_for_nothing,
    "invisible characters": everywhere("case_no", "account", "operator")(with_an_invisible),
    "letter case of logins": everywhere("account")(in_any_case),
    "full width": everywhere("case_no", "account", "unit_no")(full_width),
    "spaces around": everywhere("case_no", "account", "step")(lambda text, _: f"\u00a0{text}\u3000"),
    "marks for text": everywhere("case_no", "unit_no")(lambda text, _: f"'{text}"),
    "shuffled and doubled": shuffled_and_doubled,
    "times with an offset": everywhere("occurred_at")(
        lambda text, _: text.replace(" ", "T") + "+08:00" if len(text) > len("2026-03-02") else text
    ),
}
"""What is read as it was meant: no finding comes or goes."""


def cut(text: str, _: Random) -> str:
    return f"{float(text):.5E}" if text.isdigit() else text


def without(name: str) -> Damage:
    return lambda rows, _: [{n: cell for n, cell in row.items() if n != name} for row in rows]


def every_fifth(name: str, change: Callable[[str], str]) -> Damage:
    def damage(rows: Rows, _: Random) -> Rows:
        chosen = sorted({row["case_no"] for row in rows})[::5]
        return [row | {name: change(row[name])} if row["case_no"] in chosen else row for row in rows]

    return damage


LOSSES: dict[str, Damage] = {
    "case numbers cut by a spreadsheet": everywhere("case_no")(cut),
    "case numbers as quantities": every_fifth(
        "case_no", lambda text: f"{text}.0" if text.isdigit() else text
    ),
    "case numbers too wide for their column": every_fifth("case_no", lambda text: "#" * len(text)),
    "logins cut by a spreadsheet": every_fifth("account", lambda _: "1.50602E+14"),
    "times nobody can read": every_fifth("occurred_at", lambda _: "上个月"),
    "days that could be two": every_fifth("occurred_at", lambda _: "3/2/2026 9:00"),
    "no column of logins": without("account"),
}
"""What is lost: it is told, and nobody is accused or cleared by what is left of a case."""
EVERY_DAY = {
    *("words for nothing", "invisible characters", "full width", "times with an offset"),
    *("case numbers cut by a spreadsheet", "days that could be two", "no column of logins"),
}
"""Of cells that say nothing, look odd or are times; of numbers lost, days in doubt, a column that lacks."""


def some(damages: dict[str, Damage]) -> pytest.MarkDecorator:
    """Those of every day, and the others with the slow tests."""
    marked = [pytest.param(name, marks=[] if name in EVERY_DAY else [pytest.mark.slow]) for name in damages]
    return pytest.mark.parametrize("name", marked)


MOVED = ("passed-over", "queue-jump")
"""Whom somebody overtook depends on who else is there."""
MAPPING = "".join(
    f'{name} = "{name}"\n' for name in ("case_no", "office", "step", "occurred_at", "account", "operator")
)


def registry(folder: Path) -> tuple[Rows, str]:
    Desk(folder).ok("simulate", "--cases", str(CASES), "--seed", "11", "--out", folder)
    as_of = json.loads((folder / "simulation.json").read_text(encoding="utf-8"))["as_of"]
    rows = pl.read_csv(folder / "steps.csv", infer_schema=False).fill_null("")
    return rows.to_dicts(), as_of


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Rows, str, set[Finding]]:
    folder = tmp_path_factory.mktemp("platform")
    rows, as_of = registry(folder)
    undamaged, status = findings(tmp_path_factory.mktemp("undamaged"), folder, rows, as_of)
    assert status == 0
    assert len({rule for rule, *_ in undamaged}) > 8, "the registry must have something to find"
    return folder, rows, as_of, undamaged


def findings(
    home: Path, platform: Path, rows: Rows, as_of: str, write: Callable[[Path, Rows], Path] | None = None
) -> tuple[set[Finding], int]:
    """What a workspace of its own finds, and the exit status of the import."""
    desk = Desk(home).make()
    desk.ok("import", platform / "roster.csv")
    (home / "m.toml").write_text(f"[columns]\n{MAPPING}", encoding="utf-8")
    words: list[str | Path]
    if write:
        words = [write(home, rows)]
    else:
        pl.DataFrame(rows).write_csv(home / "steps.csv")
        words = [home / "steps.csv", "--mapping", home / "m.toml"]
    status = desk.run("import", *words).status
    desk.ok("check", "--as-of", as_of)
    subject = "coalesce(office, ''), coalesce(case_no, ''), coalesce(account, person_id, '')"
    # A hint accuses nobody.
    found = desk.query(f"SELECT rule, {subject} FROM findings WHERE severity <> 'info'")
    return {(rule, office, case, who) for rule, office, case, who in found}, status


@some(HARMLESS)
def test_what_can_be_read_is_read_as_it_was_meant(
    platform: tuple[Path, Rows, str, set[Finding]], tmp_path: Path, name: str
) -> None:
    folder, rows, as_of, undamaged = platform
    found, status = findings(tmp_path, folder, HARMLESS[name](rows, chance(name)), as_of)
    assert status == 0
    assert {_plain(finding) for finding in found} == {_plain(finding) for finding in undamaged}


def _plain(finding: Finding) -> tuple[str, ...]:
    """Shown as it came: compared without what nobody sees, and a login in one letter case."""
    rule, office, *subjects = finding
    seen = ["".join(letter for letter in text if letter not in INVISIBLE) for text in subjects]
    narrow = ["".join(chr(ord(c) - 0xFEE0) if "\uff01" <= c <= "\uff5e" else c for c in s) for s in seen]
    return rule, office, *(text.strip("\u3000\u00a0").casefold() for text in narrow)


def test_a_login_that_is_an_error_is_blank_and_nobody_is_accused(
    platform: tuple[Path, Rows, str, set[Finding]], tmp_path: Path
) -> None:
    folder, rows, as_of, undamaged = platform
    damaged = every_fifth("account", lambda _: "#REF!")(rows, chance(""))
    found, _ = findings(tmp_path, folder, [row | {"operator": ""} for row in damaged], as_of)
    assert not {finding for finding in found - undamaged if finding[0] not in MOVED}
    unknown = Desk(tmp_path).query("SELECT count(*) FROM unknowns WHERE rule = 'one-person'")
    assert unknown[0][0] > 0


@some(LOSSES)
def test_what_is_lost_is_told_and_accuses_nobody(
    platform: tuple[Path, Rows, str, set[Finding]], tmp_path: Path, name: str
) -> None:
    folder, rows, as_of, undamaged = platform
    found, status = findings(tmp_path, folder, LOSSES[name](rows, chance(name)), as_of)
    assert status == 3
    assert not {finding for finding in found - undamaged if finding[0] not in MOVED}


def merged(home: Path, rows: Rows) -> Path:
    """A workbook in which equal logins below one another are one merged cell, as people make them."""
    path = home / "steps.xlsx"
    names = list(rows[0])
    ordered = sorted(rows, key=lambda row: (row["case_no"], row["account"]))
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("日志")
        sheet.write_row(0, 0, names)
        for number, row in enumerate(ordered, start=1):
            for place, name in enumerate(names):
                if name != "account":
                    sheet.write_string(number, place, row[name])
        place, first = names.index("account"), 1
        for number in range(2, len(ordered) + 2):
            ends = number > len(ordered) or any(
                ordered[number - 1][name] != ordered[first - 1][name] for name in ("case_no", "account")
            )
            if ends:
                login = ordered[first - 1]["account"]
                if number - first > 1:
                    sheet.merge_range(first, place, number - 1, place, login)
                else:
                    sheet.write_string(first, place, login)
                first = number
    return path


def test_merged_cells_hold_for_every_row(
    platform: tuple[Path, Rows, str, set[Finding]], tmp_path: Path
) -> None:
    folder, rows, as_of, undamaged = platform
    assert findings(tmp_path, folder, rows, as_of, merged) == (undamaged, 0)

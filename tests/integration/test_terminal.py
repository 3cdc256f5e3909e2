"""Commands on a terminal of eighty columns: what they show fits, and what people copy is whole."""

import json
import os
import pty
import re
import subprocess
import sys
from contextlib import nullcontext, suppress
from pathlib import Path

import pytest
from conftest import SRC, Desk, ordinary_case, step
from rich.cells import cell_len

COLUMNS = 80
MAIN = """
import json, sys
from regaudit.cli import main
for words in json.loads(sys.argv[1]):
    sys.argv = ["regaudit", *words]
    try:
        main()
    except SystemExit:
        print(chr(30))
"""
LONG = [f"022026030200{n:03}" for n in range(1, 31)]
FIRST, SECOND = "2026-03-10", "2026-03-11"


def late(case_no: str, **more: str) -> dict[str, str]:
    """An acceptance that comes due on 9 March, with no end."""
    return step(case_no, "accept", "2026-03-02 09:00:00", "li", registration_type="200", **more)


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Two nights of two offices that have one case number in common; only read."""
    desk = Desk(tmp_path_factory.mktemp("centre") / "home").make()
    rows = [late(LONG[0], operator="李四"), late(LONG[0], office="150603"), *ordinary_case("A1")]
    desk.ok("nightly", desk.export("a.csv", rows), "--as-of", FIRST)
    alone = [
        step("022026031000001", name, f"2026-03-11 {at}:00", "sun", operator="孙一") for name, at in ACTS
    ]
    desk.ok("nightly", desk.export("b.csv", [late(LONG[1]), *alone]), "--as-of", SECOND)
    return desk


ACTS = (("accept", "09:00"), ("review", "10:00"), ("book", "11:00"))


def shown(desk: Desk, *commands: tuple[str, ...], to: Path | None = None) -> list[str]:
    """What commands show, one after the other in one process, on a terminal of so many columns.

    Args:
        desk: whose workspace they read.
        commands: their words.
        to: a file that standard output goes to; standard error stays on the terminal.
    """
    ours, its = pty.openpty()
    size = {"COLUMNS": f"{COLUMNS}", "TERM": "xterm", "PYTHONPATH": str(SRC)}
    words = json.dumps([[*words, "--home", str(desk.home)] for words in commands])
    with (
        to.open("wb") if to else nullcontext(its) as out,
        subprocess.Popen(
            [sys.executable, "-c", MAIN, words], stdin=its, stdout=out, stderr=its, env=os.environ | size
        ),
    ):
        os.close(its)
        told = b""
        with suppress(OSError):
            while chunk := os.read(ours, 1 << 16):
                told += chunk
    os.close(ours)
    if to:
        told = to.read_bytes()
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", told.decode()).replace("\r\n", "\n")
    parts = plain.split("\x1e\n")
    assert len(parts) == len(commands) + 1, plain
    # A bar of progress is wiped away where it stood.
    return [re.sub(r"(?m)^.*\r", "", part) for part in parts[:-1]]


READING = (
    ("findings",),
    ("findings", "--unknown"),
    ("rules",),
    ("profiles",),
    ("trace", f"150602/{LONG[0]}"),
    ("ledger", "list"),
    ("ledger", "show", "150602-2026-0001"),
    ("imports",),
    ("doctor",),
    ("user", "list"),
    ("check", "--as-of", SECOND),
    ("trace", LONG[0]),
)


def test_every_screen_fits_and_breaks_no_number(centre: Desk, tmp_path: Path) -> None:
    desk = centre.copy_to(tmp_path / "home")
    whole = {row["finding_id"] for row in desk.facts("findings")} | {LONG[0], LONG[1]}
    told = shown(desk, *READING)
    path = str(desk.home)
    for words, screen in zip(READING, told, strict=True):
        for line in screen.splitlines():
            # A path is left to the terminal, which copies it whole.
            assert cell_len(line) <= COLUMNS or path in line, (words, line)
    assert all(number in told[0] for number in whole)
    assert f"150602/{LONG[0]}" in "".join(told[-1].split())


WRITTEN = (
    ("findings",),
    ("findings", "--json"),
    ("findings", "--csv"),
    ("findings", "--unknown"),
    ("trace", "A1"),
    ("ledger", "list"),
    ("ledger", "list", "--json"),
    ("verify", "--json"),
)


def test_a_file_holds_all_that_a_pipe_does_while_the_bar_is_on_the_terminal(
    centre: Desk, tmp_path: Path
) -> None:
    told = shown(centre, *WRITTEN, to=tmp_path / "out")
    for words, written in zip(WRITTEN, told, strict=True):
        assert written == centre.run(*words).out, words


def test_what_goes_to_a_program_has_whole_lines(centre: Desk) -> None:
    told = centre.ok("findings").out.splitlines()
    assert all(row["summary"] in line for row, line in zip(centre.facts("findings"), told[2::2], strict=True))


def test_a_table_without_room_has_lines_for_each_row(centre: Desk) -> None:
    out = centre.on_terminal("rules", columns=80).out
    assert "┃" not in out
    assert re.search(r"overdue.*\r\n    名称 超期  级别 重要", out)
    assert "┃" in centre.on_terminal("rules", columns=200).out


def test_findings_are_of_a_rule_by_its_title(centre: Desk) -> None:
    assert centre.facts("findings", "--rule", "超期") == centre.facts("findings", "--rule", "overdue") != []
    wrong = centre.run("findings", "--rule", "超其")
    assert wrong.status == 2
    assert "超期(overdue)" in wrong.text
    assert "是不是" not in centre.run("findings", "--rule", "xyz").text


def test_findings_are_of_a_severity(centre: Desk) -> None:
    every = centre.facts("findings")
    for title, code in (("严重", "critical"), ("重要", "major"), ("提示", "info")):
        found = centre.facts("findings", "--severity", title)
        assert found == centre.facts("findings", "--severity", code)
        assert found == [row for row in every if row["severity"] == code]
    assert centre.run("findings", "--severity", "要命").status == 2


def test_findings_are_of_a_case(centre: Desk) -> None:
    every = [row for row in centre.facts("findings") if row["case_no"] == LONG[0]]
    assert {row["office"] for row in every} == {"150602", "150603"}
    assert centre.facts("findings", "--case", LONG[0]) == every
    of_one = [row for row in every if row["office"] == "150603"]
    assert centre.facts("findings", "--case", f"150603/{LONG[0]}") == of_one
    assert centre.facts("findings", "--case", "A1") == []


def test_findings_are_of_a_person_by_name_or_number(centre: Desk) -> None:
    found = centre.facts("findings", "--person", "孙一")
    assert "one-person" in {row["rule"] for row in found}
    [(person,)] = centre.query("SELECT DISTINCT person_id FROM persons WHERE person_name = '孙一'")
    assert centre.facts("findings", "--person", person) == found
    assert len(found) < len(centre.facts("findings"))
    assert centre.facts("findings", "--person", "没有此人") == []


def test_new_is_what_the_last_night_found_or_a_check_since(centre: Desk, tmp_path: Path) -> None:
    new = {row["finding_id"] for row in centre.facts("findings", "--new")}
    before = "SELECT finding_id FROM finding_history WHERE night < DATE '2026-03-11'"
    found = centre.query(f"SELECT finding_id FROM findings WHERE finding_id NOT IN ({before})")
    assert new == {finding_id for (finding_id,) in found}
    assert new
    assert len(new) < len(centre.facts("findings"))
    desk = centre.copy_to(tmp_path / "home")
    desk.ok("import", desk.export("c.csv", [late(LONG[2])]))
    desk.ok("check", "--as-of", SECOND)
    since = {row["case_no"] for row in desk.facts("findings", "--new", "--rule", "overdue")}
    assert since == {LONG[1], LONG[2]}


def test_what_cannot_be_decided_has_no_severity_and_is_not_new(centre: Desk) -> None:
    for words in (("--severity", "严重"), ("--new",), ("--person", "孙一"), ("--case", "A1"), ("--open",)):
        assert centre.run("findings", "--unknown", *words).status == 2
    assert centre.run("findings", "--unknown", "--office", "150602", "--limit", "3").status == 0


def test_a_case_is_traced_by_its_number_where_one_office_has_it(centre: Desk) -> None:
    assert centre.facts("trace", "A1") == centre.facts("trace", "150602/A1")
    both = centre.run("trace", LONG[0])
    assert both.status == 2
    assert f"150602/{LONG[0]}、150603/{LONG[0]}" in both.text
    assert centre.facts("trace", f"150603/{LONG[0]}")["case"]["office"] == "150603"
    assert centre.run("trace", "150602/nobody").status == 2


def test_a_number_that_is_not_whole_is_told_what_it_may_be(centre: Desk) -> None:
    one = centre.run("trace", "022026031").text
    assert "有以此开头的150602/022026031000001" in one
    assert "等" not in one
    every = [
        "150602/022026030200001",
        "150602/022026030200002",
        "150602/022026031000001",
        f"150603/{LONG[0]}",
    ]
    assert f"有以此开头的{'、'.join(every)}" in centre.run("trace", "0220").text
    assert "有以此开头的150603/" in centre.run("trace", "150603/0220").text
    for nothing in ("9", "150603/9", "150602/", "150604/0220", "%"):
        told = centre.run("trace", nothing)
        assert told.status == 2
        assert "请核对登记机构和业务号" in told.text


def test_no_more_than_five_numbers_are_told(desk: Desk) -> None:
    desk.ok("import", desk.export("a.csv", [late(case_no) for case_no in LONG[:6]]))
    desk.ok("check", "--as-of", FIRST)
    told = desk.run("trace", "0220").text
    assert f"{LONG[4]}等" in told
    assert LONG[5] not in told


def test_explain_is_short_unless_asked_for_all(desk: Desk) -> None:
    steps = [step("A1", "accept", "2026-01-05 09:00:00", "li", registration_type="200")]
    desk.ok("import", desk.export("a.csv", steps))
    desk.ok("check", "--as-of", "2026-03-31")
    [found] = desk.facts("findings", "--rule", "overdue")
    days = {row["on_date"] for row in desk.facts("explain", found["finding_id"])["days"]}
    full = desk.ok("explain", found["finding_id"], "--full").out
    short = desk.ok("explain", found["finding_id"]).out
    assert all(day in full for day in days)
    left = [day for day in days if day not in short]
    assert f"(略去 {len(left)} 行,--full 全部列出)" in short
    assert min(days) in short
    assert max(days) in short
    assert "略去" not in full

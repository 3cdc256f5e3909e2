"""One action in two writings is one; another person in its place is an alteration; else nothing is merged."""

from collections.abc import Callable

import pytest
from conftest import Desk, step
from stores import BOTH_STORES

pytestmark = pytest.mark.long

Row = dict[str, str]
COVERS = ("--covers", "2026-03-02..2026-03-02")
ROSTER = [
    {"account": account, "person_id": person, "person_name": name, "office": "150602", "org_kind": "center"}
    for account, person, name in (
        ("zhangwei", "P1", "张伟"),
        ("zw2", "P1", "张伟"),
        ("liting", "P2", "李婷"),
    )
]
EXACT = [
    step("M1", "accept", "2026-03-02 09:05:20", "zhangwei"),
    step("M1", "review", "2026-03-02 09:05:50", "liting"),
    step("M1", "book", "2026-03-02 10:00:10", "wanghai"),
]
NAMED = [
    row | {"account": "", "operator": name} for row, name in zip(EXACT, ("张伟", "李婷", "王海"), strict=True)
]


def with_time(rows: list[Row], length: int, end: str = "") -> list[Row]:
    return [row | {"occurred_at": row["occurred_at"][:length] + end} for row in rows]


WRITINGS = {
    "to the minute": (EXACT, with_time(EXACT, 16)),
    "to the minute with seconds": (EXACT, with_time(EXACT, 16, ":00")),
    "to the day": (EXACT, with_time(EXACT, 10)),
    "account added": (NAMED, [a | {"operator": n["operator"]} for a, n in zip(EXACT, NAMED, strict=True)]),
    "account added, to the minute": (
        NAMED,
        with_time([a | {"operator": n["operator"]} for a, n in zip(EXACT, NAMED, strict=True)], 16),
    ),
    "letter case": (EXACT, [row | {"account": row["account"].upper()} for row in EXACT]),
    "case number": (EXACT, [row | {"case_no": "M\u200b1"} for row in EXACT]),
    "name": (
        NAMED,
        [row | {"operator": row["operator"][0] + " \u200b" + row["operator"][1]} for row in NAMED],
    ),
}


@pytest.mark.parametrize("name", WRITINGS)
@pytest.mark.parametrize("turn", [1, -1])
def test_one_action_in_two_writings_is_known_and_told(desk: Desk, name: str, turn: int) -> None:
    first, again = WRITINGS[name][::turn]
    desk.ok("import", desk.export("first.csv", first))
    [result] = desk.facts("import", desk.export("again.csv", again), *COVERS)
    assert (result["appended"], result["known"], result["altered"], result["vanished"]) == (0, 3, 0, 0)
    assert result["rewritten"] == 3
    # In whatever order they come again.
    for rows in (first, again):
        [result] = desk.facts(
            "import", desk.export("once more.csv", [*rows, step("X", "accept", "2026-03-01")])
        )
        assert (result["appended"] + result["known"], result["altered"]) == (4, 0)
    assert len(desk.events("step-recorded")) == 4
    desk.assert_log_is_whole()


def test_the_import_tells_it(desk: Desk) -> None:
    desk.ok("import", desk.export("first.csv", EXACT))
    told = desk.ok("import", desk.export("again.csv", with_time(EXACT, 16))).text
    assert "已有3" in told
    assert "写法与已有记录不同" in told


@BOTH_STORES
def test_another_login_of_the_same_person_is_the_same_action(desk: Desk) -> None:
    desk.ok("import", desk.export("roster.csv", ROSTER))
    desk.ok("import", desk.export("first.csv", EXACT))
    again = [EXACT[0] | {"account": "zw2"}, *EXACT[1:]]
    [result] = desk.facts("import", desk.export("again.csv", again), *COVERS)
    assert (result["known"], result["altered"], result["vanished"], result["rewritten"]) == (3, 0, 0, 1)


def test_two_actions_within_one_minute_stay_two(desk: Desk) -> None:
    rows = [step("M1", "review", f"2026-03-02 09:05:{second}", "liting") for second in (20, 50)]
    desk.ok("import", desk.export("first.csv", [*EXACT[:1], *rows]))
    [result] = desk.facts("import", desk.export("again.csv", with_time([*EXACT[:1], *rows], 16)), *COVERS)
    assert (result["known"], result["vanished"]) == (3, 0)
    # Nor is a full minute another one's, where the export writes seconds.
    more = [
        step("M1", "review", "2026-03-02 09:05:00", "liting"),
        step("M1", "charge", "2026-03-02 11:00:01"),
    ]
    [result] = desk.facts("import", desk.export("more.csv", more))
    assert result["appended"] == 2
    # Rows of one import are never one because of their writing.
    both = [row | {"case_no": "M2"} for row in (EXACT[0], *with_time(EXACT[:1], 10))]
    [result] = desk.facts("import", desk.export("both.csv", both))
    assert result["appended"] == 2


def altered(desk: Desk) -> list[str]:
    desk.ok("check", "--as-of", "2026-03-05")
    return [text for (text,) in desk.query("SELECT summary FROM findings WHERE rule = 'log-altered'")]


@pytest.mark.slow
def test_another_person_in_its_place_is_an_alteration(desk: Desk) -> None:
    desk.ok("import", desk.export("roster.csv", ROSTER))
    desk.ok("import", desk.export("first.csv", EXACT))
    changed = [EXACT[0], EXACT[1] | {"account": "zhangwei"}, EXACT[2]]
    [result] = desk.facts("import", desk.export("again.csv", changed), *COVERS)
    assert (result["appended"], result["known"], result["altered"], result["vanished"]) == (0, 2, 1, 0)
    [summary] = altered(desk)
    assert "账号 liting→zhangwei" in summary
    [result] = desk.facts(
        "import", desk.export("later.csv", [*changed, step("X", "accept", "2026-03-02")]), *COVERS
    )
    assert (result["appended"], result["known"], result["altered"], result["vanished"]) == (1, 3, 0, 0)
    assert len(desk.events("step-altered")) == 1


INNOCENT: dict[str, Callable[[Row], list[Row]]] = {
    "both acted at one second": lambda row: [row, row | {"account": "second"}],
    "another second": lambda row: [row | {"account": "second", "occurred_at": "2026-03-02 09:05:51"}],
    "another node": lambda row: [row | {"account": "second", "node": "复审"}],
    "nobody told": lambda row: [row | {"account": ""}],
}


@pytest.mark.parametrize("name", INNOCENT)
def test_what_is_no_alteration_is_a_new_action(desk: Desk, name: str) -> None:
    desk.ok("import", desk.export("first.csv", EXACT))
    again = [EXACT[0], *INNOCENT[name](EXACT[1]), EXACT[2]]
    [result] = desk.facts("import", desk.export("again.csv", again))
    assert (result["appended"], result["altered"]) == (1, 0)
    assert altered(desk) == []


def test_dates_and_single_rows_accuse_nobody(desk: Desk) -> None:
    days = with_time(EXACT, 10)
    desk.ok("import", desk.export("first.csv", days))
    [result] = desk.facts("import", desk.export("again.csv", [days[0], days[1] | {"account": "second"}]))
    assert (result["appended"], result["altered"]) == (1, 0)
    desk.ok("import", desk.export("other.csv", [EXACT[1] | {"case_no": "M2"}]))
    # Nothing else of the case was known: a part of an export lacks what it lacks.
    alone = [EXACT[1] | {"case_no": "M2", "account": "second"}]
    [result] = desk.facts("import", desk.export("alone.csv", alone))
    assert (result["appended"], result["altered"]) == (1, 0)


@pytest.mark.slow
def test_other_content_in_another_writing_is_altered(desk: Desk) -> None:
    first = [EXACT[0], EXACT[1] | {"result": "return", "started_at": "2026-03-02 09:01:07"}, EXACT[2]]
    desk.ok("import", desk.export("first.csv", first))
    minutes = with_time([first[0], first[1] | {"started_at": "2026-03-02 09:01"}, first[2]], 16)
    [result] = desk.facts("import", desk.export("again.csv", minutes))
    assert (result["known"], result["altered"]) == (3, 0)
    minutes[1] = minutes[1] | {"result": "approve"}
    [result] = desk.facts("import", desk.export("changed.csv", minutes))
    assert (result["known"], result["altered"]) == (2, 1)
    [summary] = altered(desk)
    assert "结果" in summary


@pytest.mark.slow
def test_numbers_that_differ_in_zeros_or_case_alone_are_told_and_not_joined(desk: Desk) -> None:
    first = [step(number, "accept", "2026-03-02 09:00:00", "li") for number in ("123", "SQ-7", "88")]
    [result] = desk.facts("import", desk.export("first.csv", first))
    assert result["alike"] == []
    numbers = ("00123", "sq-7", "88", "9", "09", "124")
    again = desk.export(
        "again.csv", [step(number, "review", "2026-03-03 09:00:00", "li") for number in numbers]
    )
    previewed = desk.ok("preview", again).text
    told = desk.ok("import", again).text
    assert "业务号00123与已有的123只差前导零" in previewed
    assert "业务号sq-7与已有的SQ-7只差大小写" in previewed
    assert "业务号00123与已有的123只差前导零" in told
    assert "业务号sq-7与已有的SQ-7只差大小写" in told
    assert "只差前导零" in told.split("本文件中的")[1]
    assert told.count("只差") == 3
    desk.ok("check", "--as-of", "2026-03-05")
    assert desk.query("SELECT count(*) FROM cases") == [(8,)]

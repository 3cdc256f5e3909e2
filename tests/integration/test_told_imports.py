"""What an import leaves out, takes for later or does not find is told: in preview, import and event."""

from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

from conftest import Desk, step

ROWS = [
    step("501", "accept", "2026-03-05 09:00:00", "lin"),
    step("501", "review", "2026-03-05 10:00:00", "wu"),
]


def renamed(desk: Desk, mapping: str, **columns: str) -> tuple[Path, Path]:
    """An export whose columns are called otherwise, and a mapping that is written beside it."""
    rows = [{columns.get(name, name): cell for name, cell in row.items()} for row in ROWS]
    path = desk.home / "m.toml"
    path.write_text(mapping, encoding="utf-8")
    return desk.export("log.csv", rows), path


def imported(desk: Desk, export: Path, mapping: Path, status: int) -> dict[str, Any]:
    facts = desk.facts("preview", export, "--mapping", mapping, status=status)
    [result] = desk.facts("import", export, "--mapping", mapping, status=status)
    [event] = desk.events("import-recorded")
    told = [facts["exports"][0]["absent"], result["absent"], event.state.get("absent", [])]
    assert told == [told[0]] * 3
    return dict(result)


def test_a_column_that_the_platform_renamed_is_told(desk: Desk) -> None:
    export, mapping = renamed(desk, '[columns]\naccount = "登录名"', account="登录账户")
    result = imported(desk, export, mapping, 3)
    assert (result["absent"], result["appended"]) == (["登录名(账号)"], 2)
    assert {action.get("account") for action in desk.actions()} == {None}
    assert "登录名" in desk.run("preview", export, "--mapping", mapping).out
    # It is known, and incomplete still.
    again = desk.run("import", export, "--mapping", mapping)
    assert (again.status, "登录名(账号)" in again.out) == (3, True)


def test_a_column_of_our_name_does_not_stand_in_for_it(desk: Desk) -> None:
    export, mapping = renamed(desk, '[columns]\naccount = "登录名"')
    assert imported(desk, export, mapping, 3)["absent"] == ["登录名(账号)"]
    assert {action.get("account") for action in desk.actions()} == {None}


def test_with_fallback_it_does(desk: Desk) -> None:
    export, mapping = renamed(desk, 'fallback = true\noptional = ["登录名"]\n[columns]\naccount = "登录名"')
    assert imported(desk, export, mapping, 0)["absent"] == []
    assert {action.get("account") for action in desk.actions()} == {"lin", "wu"}


def test_an_optional_column_may_be_absent(desk: Desk) -> None:
    export, mapping = renamed(desk, 'optional = ["terminal"]\n[columns]\nterminal = "机器"')
    assert imported(desk, export, mapping, 0)["absent"] == []


def test_a_night_with_an_absent_column_is_incomplete(desk: Desk) -> None:
    export, _ = renamed(desk, '[columns]\nterminal = "机器"')
    desk.configure('[[sources]]\nname = "a"\npath = "log.csv"\nmapping = "m.toml"\n')
    assert desk.run("nightly", "--as-of", "2026-03-06").status == 3
    assert export.exists()


def test_a_condition_on_an_unknown_column_is_refused(desk: Desk) -> None:
    export, mapping = renamed(desk, '[[rules]]\nwhen = { "环节名" = "抽查" }\nskip = true')
    told = desk.run("import", export, "--mapping", mapping)
    assert (told.status, desk.events("import-recorded")) == (1, [])
    assert all(word in told.err for word in ("log.csv", "m.toml", "[[rules]]", "环节名", "optional"))
    mapping.write_text('optional = ["环节名"]\n' + mapping.read_text("utf-8"), encoding="utf-8")
    assert desk.run("import", export, "--mapping", mapping).status == 0


def test_rows_that_a_rule_skips_are_counted_by_rule(desk: Desk) -> None:
    export, mapping = renamed(desk, '[[rules]]\nwhen = { account = ["wu", "x"] }\nskip = true')
    result = imported(desk, export, mapping, 0)
    assert (result["rows_read"], result["appended"], result["skipped"]) == (2, 1, 1)
    assert result["left_out"] == {"account = wu、x": 1}
    [event] = desk.events("import-recorded")
    assert event.state["left_out"] == [{"rows": 1, "rule": "account = wu、x"}]
    assert "映射规定跳过 1 行" in desk.run("preview", export, "--mapping", mapping).out


def test_dates_that_lie_ahead_are_kept_told_and_accuse_nobody(desk: Desk) -> None:
    ahead = datetime.now() + timedelta(days=40)
    late = step("502", "book", f"{ahead:%Y-%m-%d %H:%M:%S}", "wang")
    export = desk.export("log.csv", [*ROWS, step("502", "accept", "2026-03-05 09:00:00", "lin"), late])
    preview = desk.run("preview", export)
    assert (preview.status, "未来日期 1 个" in preview.out) == (0, True)
    told = desk.run("import", export)
    assert (told.status, "未来日期 1 个" in told.out) == (0, True)
    [event] = desk.events("import-recorded")
    assert (event.state["future"], event.state["appended"]) == (1, 4)
    desk.run("check", "--as-of", "2026-03-31")
    assert desk.query("SELECT count(*) FROM findings WHERE case_no = '502' AND rule = 'missing-step'") == [
        (0,)
    ]
    desk.run("check", "--as-of", f"{ahead + timedelta(days=1):%Y-%m-%d}")
    assert desk.query("SELECT count(*) FROM steps WHERE case_no = '502' AND step = 'book'") == [(1,)]


def test_results_that_nobody_knows_are_counted_and_decide_nothing(desk: Desk) -> None:
    results = {"601": "通过", "602": "张三已阅", "603": "已阅", "604": ""}
    accepts = [step(number, "accept", "2026-03-05 09:00:00", "lin") for number in results]
    reviews = [
        step(number, "review", "2026-03-05 10:00:00", "wu") | {"result": result}
        for number, result in results.items()
    ]
    books = [step(number, "book", "2026-03-05 11:00:00", "wang") for number in results]
    export = desk.export("log.csv", [*accepts, *reviews, *books])
    preview = desk.run("preview", export)
    assert "照原样保留的结果:张三已阅(1)、已阅(1)" in preview.out
    told = desk.run("import", export)
    assert (told.status, "结果有 2 种不认识的写法,共 2 行" in told.out.replace("\n", "")) == (0, True)
    assert "张三已阅" not in told.out
    [event] = desk.events("import-recorded")
    assert event.state["unknown"] == [{"column": "result", "rows": 2, "values": 2}]
    # As it came, so that the same row comes back as known whatever is learnt of its words.
    assert {action.get("result") for action in desk.actions()} == {"通过", "张三已阅", "已阅", None}
    desk.run("check", "--as-of", "2026-03-31")
    unknown = desk.query("SELECT case_no FROM unknowns WHERE rule = 'missing-step' ORDER BY 1")
    assert unknown == [("602",), ("603",)]
    assert desk.query("SELECT result FROM steps WHERE case_no = '601' AND step = 'review'") == [("approve",)]


def mailed(desk: Desk) -> str:
    """The body of the last mail, on one line."""
    body = message_from_bytes(desk.mails()[-1].read_bytes(), policy=default).get_body(("plain",))
    assert body is not None
    return "".join(str(body.get_content()).split())


def test_a_night_tells_of_results_that_nobody_knows_without_showing_them(desk: Desk) -> None:
    reviews = [ROWS[1] | {"result": result} for result in ("张三已阅", "已阅", "同意")]
    reviews = [row | {"case_no": str(number)} for number, row in enumerate(reviews, 701)]
    # Whoever imported them by day has been told; the posts have not.
    desk.ok("import", desk.export("log.csv", [*ROWS, *reviews]))
    night = desk.run("nightly", "--as-of", "2026-03-05")
    for told in (night.text, mailed(desk)):
        assert "log.csv" in told
        assert "结果有2种不认识的写法" in told
        assert "已阅" not in told


def test_a_night_of_known_results_says_nothing_of_them(desk: Desk) -> None:
    desk.ok("nightly", desk.export("log.csv", ROWS), "--as-of", "2026-03-05")
    assert not any("不认识" in text for text in desk.facts("nightly", "--as-of", "2026-03-05")["notices"])
    assert "不认识" not in mailed(desk)


def test_nothing_ahead_nothing_absent_nothing_skipped_leaves_no_mark(desk: Desk) -> None:
    desk.ok("import", desk.export("log.csv", ROWS))
    [event] = desk.events("import-recorded")
    assert not {"future", "absent", "left_out", "unknown"} & set(event.state)


def test_a_mapping_of_a_log_says_nothing_of_a_roster(desk: Desk) -> None:
    text = '[columns]\naccount = "登录名"\nstep = "环节"'
    export, mapping = renamed(desk, text, account="登录名", step="环节")
    roster = desk.export("roster.csv", [{"账号": "lin", "人员编号": "P7", "登记机构": "150602"}])
    desk.ok("import", export, roster, "--mapping", mapping)
    assert len(desk.events("roster-entry-recorded")) == 1

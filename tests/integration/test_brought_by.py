"""A finding says which import brought the latest of its evidence."""

from conftest import Desk, ordinary_case, step

OLD = [
    step("1", "accept", "2026-03-02 09:00:00", "li", registration_type="200"),
    step("1", "review", "2026-03-02 10:00:00", "wang", started_at="2026-03-02 09:50:00"),
]
LATE_ROW = step("1", "review", "2026-03-02 10:30:00", "li", node="复审", started_at="2026-03-02 10:20:00")


def test_late_data_names_its_import(desk: Desk) -> None:
    desk.ok("nightly", desk.export("a.csv", OLD), "--as-of", "2026-03-03")
    assert desk.query("SELECT rule FROM findings WHERE rule = 'accept-review-same'") == []
    desk.ok("import", desk.export("b.csv", ordinary_case("2")))
    desk.ok("nightly", desk.export("c.csv", [LATE_ROW]), "--as-of", "2026-03-20")
    asked = """
        SELECT f.rule, f.state, i.file_name FROM findings AS f JOIN imports AS i ON f.brought_by = i.import_no
        WHERE f.case_no = '1' ORDER BY f.rule"""
    found = desk.query(asked)
    assert ("accept-review-same", "open", "c.csv") in found
    assert ("overdue", "open", "a.csv") in found
    booked = [step("1", "book", "2026-03-05 11:00:00", "zhao")]
    desk.ok("nightly", desk.export("d.csv", booked), "--as-of", "2026-03-21")
    assert ("overdue", "gone", "a.csv") in desk.query(asked)

"""Who is meant by a finding, as analysts read it: over nights, and after it is gone."""

from conftest import Desk, step

ANSWERABLE = """
SELECT DISTINCT f.rule, p.person_id FROM finding_persons AS p JOIN findings AS f USING (finding_id)
WHERE p.is_answerable ORDER BY ALL
"""
ACTS = """
SELECT s.account, s.step, s.occurred_at::VARCHAR
FROM finding_evidence AS e JOIN findings AS f USING (finding_id)
JOIN steps AS s USING (position) WHERE e.role = 'act' AND f.rule = ? ORDER BY s.position
"""
LOST = """
SELECT f.rule, position FROM findings AS f, unnest(f.evidence) AS e(position)
ANTI JOIN finding_evidence AS t ON f.finding_id = t.finding_id AND e.position = t.position
"""


def test_a_jump_accuses_the_jumper_alone_the_night_after_too(desk: Desk) -> None:
    waiting = [step(f"A{n}", "accept", "2026-03-02 09:00:00", "chen") for n in range(3)]
    jumper = [
        step("B", "accept", "2026-03-02 10:00:00", "zhang"),
        step("B", "review", "2026-03-02 10:30:00", "li"),
        *(step(f"A{n}", "review", "2026-03-02 11:00:00", "chen") for n in range(3)),
    ]
    desk.ok("import", desk.export("a.csv", [*waiting, *jumper]))
    desk.ok("nightly", "--as-of", "2026-03-02")
    jumped = [row for row in desk.query(ANSWERABLE) if row[0] == "queue-jump"]
    assert jumped == [("queue-jump", "account:li")]
    assert desk.query(ACTS.replace("?", "'queue-jump'")) == [("li", "review", "2026-03-02 10:30:00")]
    overtaken = "SELECT count(*) FROM finding_evidence WHERE role = 'overtaken'"
    assert desk.query(overtaken) == [(3,)]
    assert desk.query(LOST) == []

    # Whoever books it the same night is of the case, not of the jump; who did all three is of his own case.
    own = [step("C", name, "2026-03-03 09:00:00", "wang") for name in ("accept", "review", "book")]
    desk.ok("import", desk.export("b.csv", [step("B", "book", "2026-03-03 09:00:00", "zhao"), *own]))
    desk.ok("nightly", "--as-of", "2026-03-03")
    jumped = [row for row in desk.query(ANSWERABLE) if row[0] == "queue-jump"]
    assert jumped == [("queue-jump", "account:li")]
    assert ("one-person", "account:wang") in desk.query(ANSWERABLE)
    assert desk.query(LOST) == []


def test_what_is_gone_keeps_its_rows_and_accuses_nobody(desk: Desk) -> None:
    desk.configure("", profile="ordos-2023")
    desk.ok("import", desk.export("a.csv", [step("A1", "accept", "2026-03-02 09:00:00", "zhang")]))
    desk.ok("nightly", "--as-of", "2026-03-06")
    desk.ok("import", desk.export("b.csv", [step("A1", "refuse", "2026-03-09 09:00:00", "li")]))
    desk.ok("nightly", "--as-of", "2026-03-09")
    assert desk.query("SELECT rule, state FROM findings") == [("due-soon", "gone")]
    assert desk.query("SELECT role, count(*) FROM finding_evidence GROUP BY ALL") == [("context", 1)]
    persons = "SELECT person_id, role, is_answerable FROM finding_persons"
    assert desk.query(persons) == [("account:zhang", "accepted", False)]

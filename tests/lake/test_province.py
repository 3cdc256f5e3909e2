"""A province finds what its counties find; where persons are shared, what one workspace of all would find."""

from pathlib import Path

import duckdb
import pytest
from conftest import Desk
from lake_site import COUNTIES, NEXT, Site, make_site

from regaudit.catalogue.published import published_tables
from regaudit.lake.joint_tables import own_rules

STAY = {"nights", "setting_changes", "runs", "codes", "rule_runs", "recurrences"} | {
    name for name in published_tables() if name.startswith("ledger_")
}
"""Tables whose events stay at home, or that tell of the run itself."""
JOINED = (
    *("steps", "cases", "unknowns", "persons", "accounts", "offices", "case_people", "handovers", "pauses"),
    *("queue_units", "queue_overtakes", "clock_rounds", "step_times", "finding_persons"),
)
PLACES = {"evidence", "import_no", "file_sha256", "row_no", "table_name", "brought_by"}
TOLD = (
    "finding_id",
    "rule",
    "severity",
    "office",
    "case_no",
    "account",
    "person_id",
    "due_on",
    "summary",
    "basis",
)
ACTION = "s.office, s.case_no, s.step, s.node, s.occurred_at, s.account, s.operator"
NOT_OWN = f"rule NOT IN ({', '.join(repr(rule) for rule in sorted(own_rules()))})"


class Asked:
    """A province's database, with those of workspaces beside it."""

    def __init__(self, out: Path, beside: dict[str, Desk]) -> None:
        self.db = duckdb.connect(out / "province.duckdb", read_only=True)
        for name, desk in beside.items():
            self.db.execute(f"ATTACH '{desk.home / 'regaudit.duckdb'}' AS {name} (READ_ONLY)")

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        return self.db.execute(sql).fetchall()

    def differing(self, one: str, other: str, *, with_places: bool) -> list[tuple[object, ...]]:
        """The rows that one of two sources of a table has and the other lacks."""
        columns = [str(row[0]) for row in self.rows(f"DESCRIBE {one.partition(' ')[0]}")]
        if not with_places:
            columns = [name for name in columns if name not in PLACES and not name.endswith("position")]
        listed = ", ".join(columns)
        return self.rows(
            f"(SELECT {listed} FROM {one} EXCEPT ALL SELECT {listed} FROM {other}) UNION ALL "
            f"(SELECT {listed} FROM {other} EXCEPT ALL SELECT {listed} FROM {one})"
        )


def check_lake(site: Site, out: Path) -> None:
    run = site.together.run("lake", "check", site.lake, "-o", out, "--as-of", NEXT)
    assert run.status == 0, run


@pytest.mark.long
def test_what_a_province_finds(tmp_path: Path) -> None:
    site = make_site(tmp_path)
    check_lake(site, tmp_path / "apart")
    apart = Asked(tmp_path / "apart", site.counties)
    for name, log_id in zip(site.counties, COUNTIES, strict=True):
        for table in published_tables().keys() - STAY:
            ours = f"{table} WHERE log_id = '{log_id}'"
            assert apart.differing(f"{name}.{table}", ours, with_places=True) == []
    found = {rule for (rule,) in apart.rows(f"SELECT DISTINCT rule FROM findings WHERE NOT ({NOT_OWN})")}
    assert {"late-entry", "log-altered"} <= found

    settings = site.lake / "lake.toml"
    settings.write_text("[lake]\nshared_person_ids = true\n", encoding="utf-8")
    check_lake(site, tmp_path / "joined")
    joined = Asked(tmp_path / "joined", {**site.counties, "one": site.together})
    for table in JOINED:
        # Findings of how rows came are each county's own; the one workspace has its own of them.
        where = (
            f"finding_id IN (SELECT finding_id FROM {{}}findings WHERE {NOT_OWN})"
            if "finding" in table
            else "true"
        )
        one, ours = where.format("one."), where.format("")
        if table == "unknowns":
            one = ours = NOT_OWN
        assert joined.differing(f"one.{table} WHERE {one}", f"{table} WHERE {ours}", with_places=False) == []
    told = ", ".join(TOLD)
    listed = "SELECT {told} FROM {source}findings WHERE state = 'open' AND {not_own}"
    acts = (
        "SELECT f.finding_id, e.role, {action} FROM {source}findings AS f "
        "INNER JOIN {source}finding_evidence AS e ON {finding} INNER JOIN {source}steps AS s ON {step} "
        "WHERE f.state = 'open' AND {not_own}"
    )
    alone = {"finding": "f.finding_id = e.finding_id", "step": "e.position = s.position"}
    of_logs = {
        "finding": f"{alone['finding']} AND f.log_id = e.log_id",
        "step": f"{alone['step']} AND e.position_log = s.log_id",
    }
    for sql in (listed, acts):
        words = {"told": told, "action": ACTION, "not_own": NOT_OWN}
        in_one = joined.rows(sql.format(source="one.", **words, **alone))
        in_all = joined.rows(sql.format(source="", **words, **of_logs))
        assert sorted(map(repr, in_one)) == sorted(map(repr, in_all))
    for name, log_id in zip(site.counties, COUNTIES, strict=True):
        own = f"SELECT {told} FROM {{}}findings WHERE NOT ({NOT_OWN}) AND {{}}"
        assert joined.rows(own.format(f"{name}.", "true")) == joined.rows(
            own.format("", f"log_id = '{log_id}'")
        )
    # People of two counties, who are one person where ids are shared, are found by the joint build alone.
    assert joined.rows(
        "SELECT * FROM findings WHERE log_id = 'joint:1' AND len(evidence_logs) = len(evidence)"
    )

"""Which rows of which builds are published, each with its log, and positions as that log has them."""

from collections.abc import Iterator, Sequence

import duckdb

from regaudit.base.duck import quoted
from regaudit.catalogue.published import PublishedTable, published_tables
from regaudit.lake.builds import Joint, Own
from regaudit.lake.joint_tables import OWN_CORE, own_rules
from regaudit.lake.numbers import log_of, restored

CODES = "codes"
"""The published table that is the same for all logs; its rows are of the log `*`."""
_LISTED = ("findings", "finding_evidence", "finding_persons", "unknowns", "rule_runs")
"""Published tables of what rules found: of those that ask how rows came, each log's own."""
_WITH_RULE = ("findings", "unknowns", "rule_runs")
_FOUND = "results.published_findings"


def catalog_of(build: Own | Joint) -> str:
    """Under which name a build is attached."""
    return f"{'own' if isinstance(build, Own) else 'joint'}_{build.number}"


def joint_name(build: Joint) -> str:
    """The id under which rows of a joint build are published that are no single log's."""
    return f"joint:{build.number}"


class Rows:
    """SELECTs of the rows of published tables, of builds that are attached to a connection."""

    def __init__(self, db: duckdb.DuckDBPyConnection, owns: Sequence[Own], joints: Sequence[Joint]) -> None:
        self._db, self._owns, self._joints = db, owns, joints
        self._joined = {own.number for joint in joints for own in joint.members}

    def selects(self, name: str, table: PublishedTable) -> Iterator[str]:
        """One for each build with rows of a table: of a log in a joint build, what it alone can tell."""
        of_people = table.source.startswith("core.") and table.source not in OWN_CORE and name != "workdays"
        is_joined = name in _LISTED or of_people
        for own in self._owns:
            where = ""
            if is_joined and own.number in self._joined:
                if name not in _LISTED:
                    continue
                where = f"WHERE {_of_rules(name, catalog_of(own), f'IN ({_of_log()})')}"
            yield _own_select(own, name, table, where)
        if is_joined:
            yield from (self._joint_select(joint, name, table) for joint in self._joints)

    def _kinds(self, table: str, published: PublishedTable) -> dict[str, str]:
        rows = self._db.execute(f"DESCRIBE {table}").fetchall()
        return {name: kind for name, kind, *_ in rows if name in published.columns}

    def _joint_select(self, joint: Joint, name: str, table: PublishedTable) -> str:
        catalog = catalog_of(joint)
        source = f"{catalog}.{table.source}"
        as_own = self._kinds(f"{catalog_of(joint.members[0])}.{table.source}", table)
        of_row = restored(self._kinds(source, table))
        columns = ", ".join(f"CAST({of_row[one]} AS {as_own[one]}) AS {one}" for one in table.columns)
        place = _Place(joint)
        log_id = place.of_row(table)
        if name == "findings":
            logs = place.of_each("evidence")
            columns += f", CASE WHEN len(list_distinct({logs})) > 1 THEN {logs} END AS evidence_logs"
        elif name in ("finding_evidence", "finding_persons"):
            of_finding = place.of_row(published_tables()["findings"])
            found = f"(SELECT finding_id, {of_finding} AS log_id FROM {catalog}.{_FOUND})"
            source += f" INNER JOIN {found} AS of_finding USING (finding_id)"
            log_id = "of_finding.log_id"
            if name == "finding_evidence":
                columns += f", {place.of_position('position')} AS position_log"
        where = f"WHERE {_of_rules(name, catalog, f'NOT IN ({_of_log()})')}" if name in _LISTED else ""
        return f"SELECT {log_id} AS log_id, {columns} FROM {source} {where}"


def _of_log() -> str:
    return ", ".join(f"'{rule}'" for rule in sorted(own_rules()))


def _own_select(own: Own, name: str, table: PublishedTable, where: str) -> str:
    log_id = "*" if name == CODES else quoted(own.log.log_id)
    columns = ", ".join(table.columns)
    if name == "findings":
        columns += ", CAST(NULL AS VARCHAR[]) AS evidence_logs"
    elif name == "finding_evidence":
        columns += f", '{log_id}' AS position_log"
    return f"SELECT '{log_id}' AS log_id, {columns} FROM {catalog_of(own)}.{table.source} {where}"


def _of_rules(name: str, catalog: str, condition: str) -> str:
    """The condition that a row of what was found is of some rules."""
    if name in _WITH_RULE:
        return f"rule {condition}"
    return f"finding_id IN (SELECT finding_id FROM {catalog}.{_FOUND} WHERE rule {condition})"


class _Place:
    """Of which log the rows of a joint build are, as expressions."""

    def __init__(self, joint: Joint) -> None:
        named = {own.number: quoted(own.log.log_id) for own in joint.members}
        self._ids = [named.get(number, "") for number in range(1, max(named) + 1)]
        offices = ", ".join(
            f"'{quoted(office)}': '{named[own.number]}'" for own in joint.members for office in own.offices
        )
        self._offices = f"MAP {{{offices}}}"
        self._none = f"'{joint_name(joint)}'"

    def of_position(self, position: str) -> str:
        return log_of(position, self._ids)

    def of_each(self, positions: str) -> str:
        return f"list_transform({positions}, lambda one: {self.of_position('one')})"

    def of_row(self, table: PublishedTable) -> str:
        """By its position, evidence or office; of no single log where these are of several."""
        of_office = f"({self._offices})[office]"
        if "position" in table.columns:
            return self.of_position("position")
        if "evidence" in table.columns:
            logs = f"list_distinct({self.of_each('evidence')})"
            return (
                f"CASE len({logs}) WHEN 1 THEN {logs}[1] WHEN 0 THEN coalesce({of_office}, {self._none}) "
                f"ELSE {self._none} END"
            )
        if "office" in table.columns:
            return f"coalesce({of_office}, {self._none})"
        if "offices" in table.columns:
            logs = f"list_distinct(list_transform(offices, lambda one: ({self._offices})[one]))"
            return f"CASE len({logs}) WHEN 1 THEN {logs}[1] ELSE {self._none} END"
        return self._none

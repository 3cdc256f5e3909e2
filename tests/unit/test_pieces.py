"""Tables whose rows are made anew each night neither fall to pieces nor are joined every night."""

from pathlib import Path

import duckdb

from regaudit.warehouse.pieces import join_where_many

FULL = 122_880


def night(path: Path, rows: str) -> tuple[int, bool]:
    """Make rows anew and write the file back; how many pieces there are, and whether they might be joined."""
    with duckdb.connect() as db:
        db.execute(f"ATTACH '{path}' AS w (RECOVERY_MODE NO_WAL_WRITES)")
        db.execute("USE w")
        db.execute("CREATE SCHEMA IF NOT EXISTS core")
        db.execute("CREATE TABLE IF NOT EXISTS core.steps AS SELECT range AS position FROM range(0)")
        db.execute(f"CREATE TEMP TABLE made AS {rows}")
        db.execute("DELETE FROM core.steps WHERE position IN (FROM made)")
        db.execute("INSERT INTO core.steps FROM made")
        join_where_many(db)
        [(joins,)] = db.execute("SELECT current_setting('max_vacuum_tasks')::BIGINT").fetchall()
        db.execute("USE memory")
        db.execute("DETACH w")
    with duckdb.connect(path, read_only=True) as db:
        storage = "pragma_storage_info('core.steps')"
        [(pieces,)] = db.execute(f"SELECT count(DISTINCT row_group_id) FROM {storage}").fetchall()
        assert db.execute("SELECT count(*), count(DISTINCT position) FROM core.steps").fetchall() == [
            (4 * FULL,) * 2
        ]
    return pieces, joins > 0


def test_pieces_are_joined_when_they_are_many(tmp_path: Path) -> None:
    path = tmp_path / "w.duckdb"
    assert not night(path, f"SELECT range AS position FROM range({4 * FULL})")[1]
    found = [
        night(path, f"SELECT range * 50 + {number} AS position FROM range({4 * FULL // 50})")
        for number in range(16)
    ]
    joined = [is_joined for _, is_joined in found]
    assert 0 < sum(joined) < len(joined) / 2
    assert max(pieces for pieces, _ in found) <= 9

"""A DuckDB file that does not open: why is told, and only a damaged warehouse is thrown away."""

import os
import resource
import signal
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from regaudit.base.duck import DatabaseFileError, Hindrance, attach, connect
from regaudit.base.errors import RegauditError
from regaudit.outlets.database import AnalystDatabase
from regaudit.warehouse.build import Warehouse

NOBODY = 65534


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with a warehouse that holds a table."""
    (tmp_path / ".work").mkdir()
    with duckdb.connect(warehouse(tmp_path)) as db:
        db.execute("CREATE TABLE kept AS SELECT range AS number, 'row ' || range AS text FROM range(5000)")
    return tmp_path


def warehouse(home: Path) -> Path:
    return home / ".work" / "warehouse.duckdb"


@contextmanager
def held(path: Path, *, read_only: bool) -> Iterator[int]:
    """The file opened by another process, whose number is given."""
    code = (
        f"import duckdb; db = duckdb.connect({str(path)!r}, read_only={read_only}); "
        "print('open', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == b"open\n"
        yield process.pid
        process.communicate(b"\n", timeout=30)


def refusal(path: Path, *, read_only: bool = False) -> DatabaseFileError:
    """What both ways of opening say; they agree."""
    with pytest.raises(DatabaseFileError) as connected:
        connect(path, read_only=read_only)
    with pytest.raises(DatabaseFileError) as attached, connect() as db:
        attach(db, path, "other", *(["READ_ONLY"] if read_only else []))
    assert attached.value.hindrance is connected.value.hindrance
    assert str(path) in str(attached.value)
    return connected.value


def assert_kept(home: Path) -> None:
    with duckdb.connect(warehouse(home), read_only=True) as db:
        assert db.execute("SELECT count(*) FROM kept").fetchall() == [(5000,)]


def test_a_reader_keeps_the_warehouse_and_is_named(home: Path) -> None:
    with held(warehouse(home), read_only=True) as pid:
        error = refusal(warehouse(home))
        with pytest.raises(DatabaseFileError) as refused:
            Warehouse(home)
    assert error.hindrance is refused.value.hindrance is Hindrance.HELD
    assert f"进程号 {pid}" in str(refused.value)
    assert_kept(home)
    with Warehouse(home) as opened:
        assert opened.db.execute("SELECT count(*) FROM kept").fetchall() == [(5000,)]


def test_a_writer_keeps_a_reader_out_and_is_named(home: Path) -> None:
    with held(warehouse(home), read_only=False) as pid:
        error = refusal(warehouse(home), read_only=True)
    assert error.hindrance is Hindrance.HELD
    assert error.hindrance.lies_outside
    assert f"进程号 {pid}" in str(error)


def in_child(work: Callable[[], None]) -> int:
    """Do it in a process of its own; its exit status."""
    if child := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    status = 1
    try:
        work()
        status = 0
    finally:
        os._exit(status)


def test_a_missing_right_deletes_nothing(home: Path) -> None:
    path = warehouse(home)
    path.chmod(0o400)
    temporary = Path(tempfile.gettempdir())
    above = [folder for folder in home.parents if temporary in folder.parents]
    for folder in (path.parent, home, *above):  # that only the file's own rights keep anybody out
        folder.chmod(0o777)

    def work() -> None:
        if os.getuid() == 0:
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        with pytest.raises(DatabaseFileError, match="没有权限") as refused:
            Warehouse(home)
        assert refused.value.hindrance is Hindrance.RIGHT

    assert in_child(work) == 0
    assert_kept(home)


def test_a_full_disk_deletes_nothing_and_is_no_damage(home: Path) -> None:
    new = home / "new"
    new.mkdir()

    def work() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        with pytest.raises(DatabaseFileError, match="空间") as refused:
            Warehouse(new)
        assert refused.value.hindrance is Hindrance.ROOM

    assert in_child(work) == 0


def test_a_folder_in_its_place_stays(home: Path) -> None:
    warehouse(home).unlink()
    warehouse(home).mkdir()
    (warehouse(home) / "note").touch()
    with pytest.raises(DatabaseFileError) as refused:
        Warehouse(home)
    assert refused.value.hindrance is Hindrance.OTHER
    assert (warehouse(home) / "note").exists()


def checksum(block: bytes | bytearray) -> int:
    """DuckDB's checksum of a block of whole words."""
    found = 5381
    for (word,) in struct.iter_unpack("<Q", block):
        found ^= word * 0xBF58476D1CE4E5B9 & (1 << 64) - 1
    return found


def test_a_file_of_a_newer_duckdb_stays(home: Path) -> None:
    path = warehouse(home)
    whole = path.read_bytes()
    head = bytearray(whole[8:4096])
    assert struct.unpack("<Q", whole[:8])[0] == checksum(head)
    head[4:12] = struct.pack("<Q", 100_000)
    newer = struct.pack("<Q", checksum(head)) + head + whole[4096:]
    path.write_bytes(newer)
    error = refusal(path, read_only=True)
    assert error.hindrance is Hindrance.NEWER
    assert "较新" in str(error)
    with pytest.raises(DatabaseFileError):
        Warehouse(home)
    assert path.read_bytes() == newer


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "garbage": lambda _: b"garbage" * 5000,
    "empty": lambda _: b"",
    "cut in its head": lambda whole: whole[:5000],
    "cut in its middle": lambda whole: whole[: len(whole) // 2],
    "changed in its head": lambda whole: whole[:20] + b"\xff\xee" + whole[22:],
    "changed in its middle": lambda whole: whole[:12000] + bytes(1000) + whole[13000:],
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_warehouse_is_made_anew(home: Path, damage: Callable[[bytes], bytes]) -> None:
    path = warehouse(home)
    path.write_bytes(damage(path.read_bytes()))
    error = refusal(path)
    assert error.hindrance is Hindrance.DAMAGED
    assert not error.hindrance.lies_outside
    with Warehouse(home) as opened:
        assert opened.db.execute("SELECT count(*) FROM duckdb_tables()").fetchall() == [(0,)]


def test_a_published_database_that_is_held_is_not_to_be_made_again(home: Path) -> None:
    path = home / "regaudit.duckdb"
    path.write_bytes(warehouse(home).read_bytes())
    with (
        held(path, read_only=False) as pid,
        pytest.raises(RegauditError, match=f"进程号 {pid}") as refused,
        AnalystDatabase(home),
    ):
        pass
    assert "重建" not in str(refused.value)
    path.write_bytes(b"garbage" * 5000)
    with pytest.raises(RegauditError, match=r"已损坏.*请运行 regaudit check"), AnalystDatabase(home):
        pass

"""A server that fails in the middle of an append, that does not answer a commit, that does not let us in."""

import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from threading import Thread
from typing import Any

import psycopg
import pytest
from conftest import Desk, ordinary_case
from faults import COMMANDS, assert_whole_and_goes_on, states, waiting, words_of
from servers import GUARDED_PHRASE, port
from stores import ON_POSTGRESQL, advisory_numbers, master

from regaudit.base.settings import Store
from regaudit.eventlog.make import make_log

pytestmark = pytest.mark.long

MOMENTS = {
    "with the events": "TRIGGER fails AFTER INSERT ON {}.stored_events FOR EACH STATEMENT",
    "with the checkpoint": "TRIGGER fails AFTER INSERT ON {}.checkpoints FOR EACH STATEMENT",
    "at the commit": (
        "CONSTRAINT TRIGGER fails AFTER INSERT ON {}.checkpoints DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
    ),
}
FAILURES = {
    "disk full": ("RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'", "数据库服务器的磁盘"),
    "connection lost": ("PERFORM pg_terminate_backend(pg_backend_pid())", "连接中断"),
}
# A night takes long: what fails in it fails in an import, too.
ALWAYS = {
    *(("import", "at the commit", failure) for failure in FAILURES),
    ("change of keys", "at the commit", "connection lost"),
}
WAYS = [
    pytest.param(*way, marks=[] if way in ALWAYS else [pytest.mark.slow])
    for way in product(COMMANDS, MOMENTS, FAILURES)
]
LOCK_LOST = (
    "PERFORM pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory' AND granted "
    "AND (classid::bigint << 32) | objid::bigint = ANY(ARRAY[{}]::bigint[])"
)
# A step of a person, such as a change of keys, has no lock on the server.
LOCKED_WAYS = [
    pytest.param(*way, marks=[] if way == ("import", "with the events") else [pytest.mark.slow])
    for way in product(("import", "night"), MOMENTS)
]
WRONG, VARIABLE = "c0rrect-h0rse", "STORE_PHRASE"


@contextmanager
def failing(store: Store, moment: str, failure: str, size: int) -> Iterator[None]:
    """While every append fails that brings the log to a size."""
    where = store.schema
    with master() as db:
        db.execute(
            f"CREATE FUNCTION {where}.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF (SELECT max(position) FROM {where}.stored_events) >= {size} THEN {failure}; END IF; "
            "RETURN NULL; END $$"
        )
        db.execute(f"CREATE {MOMENTS[moment].format(where)} EXECUTE FUNCTION {where}.fail()")
        yield
        db.execute(f"DROP FUNCTION {where}.fail() CASCADE")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, dict[str, list[Any]]]]:
    """A workspace with an export that waits; what the log holds when each command has ended."""
    folder, after = tmp_path_factory.mktemp("whole"), {}
    with waiting(folder / "home", "postgresql") as desk:
        for name in COMMANDS:
            with desk.copied(folder / "ended") as copy:
                copy.ok(*words_of(copy, name))
                after[name] = states(copy)
        yield desk, after


@pytest.mark.parametrize(("name", "moment", "failure"), WAYS)
def test_the_server_fails_in_an_append(
    whole: tuple[Desk, dict[str, list[Any]]], tmp_path: Path, name: str, moment: str, failure: str
) -> None:
    before, after = states(whole[0]), whole[1][name]
    statement, said = FAILURES[failure]
    for size in sorted({len(before) + 1, len(after)} if name == "night" else {len(after)}):
        with whole[0].copied(tmp_path / "home") as desk:
            with failing(desk.store, moment, statement, size):
                run = desk.run(*words_of(desk, name))
            assert run.status == 1
            assert said in run.text
            assert "未写入任何事件" in run.text
            assert_whole_and_goes_on(desk, name, run, before, after)


@pytest.mark.parametrize(("name", "moment"), LOCKED_WAYS)
def test_the_locks_connection_is_lost_in_an_append(
    whole: tuple[Desk, dict[str, list[Any]]], tmp_path: Path, name: str, moment: str
) -> None:
    before, after = states(whole[0]), whole[1][name]
    # Once the checkpoint is signed others who take the lock wait for this append: it counts.
    is_signed = moment != "with the events"
    for size in sorted({len(before) + 1, len(after)} if name == "night" else {len(after)}):
        with whole[0].copied(tmp_path / "home") as desk:
            numbers = ", ".join(map(str, advisory_numbers(desk.store.schema)))
            with failing(desk.store, moment, LOCK_LOST.format(numbers), size):
                run = desk.run(*words_of(desk, name))
            is_last = is_signed and size == len(after)
            assert run.status == (0 if is_last else 1), run
            assert is_last or "锁已失去" in run.text
            assert "失败" not in "".join(event.state["subject"] for event in desk.events("mail-sent"))
            assert_whole_and_goes_on(desk, name, run, before, after)


class DeafServer:
    """Between a client and the server: the answer to the first commit of an append does not arrive."""

    def __init__(self) -> None:
        self.is_lost = False
        self._socket = socket.create_server(("127.0.0.1", 0))

    def __enter__(self) -> str:
        Thread(target=self._accept, daemon=True).start()
        return f"postgresql://root@127.0.0.1:{self._socket.getsockname()[1]}/test?sslmode=disable"

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        has_appended = False
        with client, socket.create_connection(("127.0.0.1", port("postgresql"))) as server:
            while True:
                for side in select.select([client, server], [], [])[0]:
                    if not (data := side.recv(1 << 16)):
                        return
                    (server if side is client else client).sendall(data)
                    has_appended |= side is client and b"COPY" in data
                    if has_appended and side is client and b"COMMIT" in data and not self.is_lost:
                        server.recv(1 << 16)
                        self.is_lost = True
                        return


@ON_POSTGRESQL
@pytest.mark.parametrize("words", [("import", "b.csv"), ("keys", "rotate")])
def test_the_answer_to_a_commit_is_lost(desk: Desk, words: tuple[str, ...]) -> None:
    desk.ok("import", desk.export("a.csv", ordinary_case("1")))
    desk.export("b.csv", ordinary_case("2"))
    before, given = states(desk), [desk.home / word if word.endswith(".csv") else word for word in words]
    store = desk.store
    proxy = DeafServer()
    with proxy as url:
        desk.store = Store(url=url, schema=store.schema)
        desk.configure("")
        run = desk.run(*given)
    desk.store = store
    desk.configure("")
    assert (proxy.is_lost, run.status) == (True, 1)
    assert "事件已写入" in run.text
    assert "连接中断" in run.text
    stored = states(desk)
    assert len(stored) > len(before)
    desk.ok(*given)
    assert states(desk)[: len(stored)] == stored
    assert [topic for *_, topic in states(desk)].count("step-recorded") == (6 if "import" in words else 3)
    assert desk.facts("verify")["is_whole"]


def test_a_wrong_password_is_told_and_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    guarded = f"postgresql://centre@127.0.0.1:{port('guarded')}/postgres"
    monkeypatch.setenv(VARIABLE, GUARDED_PHRASE)
    store = Store(url=guarded, schema="regaudit", password_env=VARIABLE)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(guarded, password=WRONG).close()
    desk = Desk(tmp_path / "home", store)
    desk.home.mkdir()
    desk.configure("")
    make_log(desk.home)
    path = desk.export("a.csv", ordinary_case("1"))
    desk.ok("import", path)
    assert desk.facts("verify")["is_whole"]
    for phrase in (WRONG, ""):
        monkeypatch.setenv(VARIABLE, phrase)
        for command in (["import", path], ["nightly", path], ["verify"], ["imports"], ["keys", "rotate"]):
            run = desk.run(*command)
            assert run.status == 1, run
            assert "核对user和密码" in run.text
            assert "Traceback" not in run.text
            assert not phrase or phrase not in run.out + run.err
        run = desk.run("init", tmp_path / "new", "--store", guarded)
        assert run.status == 1
        assert "核对user和密码" in run.text
    assert WRONG not in "".join(file.read_text("utf-8") for file in desk.home.rglob("*.eml"))
    monkeypatch.setenv(VARIABLE, GUARDED_PHRASE)
    desk.ok("import", desk.export("b.csv", ordinary_case("2")))
    assert desk.facts("verify")["events"] == 8

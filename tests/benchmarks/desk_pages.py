"""What a page of the desk costs, of many cases and entries: alone, and with many readers while a night runs.

    python tests/benchmarks/desk_pages.py [--cases 1000000] [--folder FOLDER] [--night WORKSPACE]

makes a workspace with REGAUDIT_BENCH_ENTRIES entries (20,000 unless said otherwise) and a published database
of so many cases (100,000), starts `regaudit serve` and prints, for each kind of page, the CPU time of the
server for one reader alone, and how long it took for twenty readers at once, with a night of another
workspace running and without. CPU times can be compared; how long it took depends on what else the machine
does.
A folder that was made before is used again. The night that runs is that of a small workspace unless
another is given.
"""

import argparse
import http.client
import os
import random
import re
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

import duckdb
from desk_data import COMMAND, PASSWORD, READERS, ROLES, make_workspace
from entries import OFFICE

from regaudit.base.folders import Folders

ROUNDS, PAGES_EACH = 20, 40
PAUSE = float(os.environ.get("REGAUDIT_BENCH_PAUSE", "1"))
"""Seconds for which a reader looks at a page, on the average; 0: all ask without a break."""
_TICKS = os.sysconf("SC_CLK_TCK")
_TOKEN = re.compile(r'name="_token" value="([^"]*)"')
DOWNLOADS = ("/ledger/view.csv", "/ledger/view.xlsx")
Pages = dict[str, list[str]]


class Reader:
    """Somebody with a session."""

    def __init__(self, port: int, login: str) -> None:
        self._link = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._cookie = ""
        _, text = self.get("/login")
        found = _TOKEN.search(text)
        assert found
        status, _ = self._ask(
            "POST", "/login", urlencode({"_token": found[1], "login": login, "password": PASSWORD})
        )
        assert status == 303, (login, status)

    def get(self, path: str) -> tuple[int, str]:
        """Status and text of a page."""
        return self._ask("GET", path)

    def _ask(self, method: str, path: str, body: str = "") -> tuple[int, str]:
        headers = {"Cookie": self._cookie} if self._cookie else {}
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            self._link.request(method, path, body or None, headers)
            answer = self._link.getresponse()
        except http.client.RemoteDisconnected:
            # Nothing was said for some seconds, and the server hung up.
            self._link.request(method, path, body or None, headers)
            answer = self._link.getresponse()
        told = answer.getheader("set-cookie")
        if told:
            self._cookie = told.partition(";")[0]
        return answer.status, answer.read().decode("utf-8", "replace")


class Server:
    """`regaudit serve` of a workspace, as a process of its own."""

    def __init__(self, home: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        words = ("serve", "--port", str(self.port), "--home", str(home))
        self.process = subprocess.Popen([*COMMAND, *words], stdout=subprocess.DEVNULL)
        self._wait()

    def _wait(self) -> None:
        for _ in range(600):
            try:
                link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
                link.request("GET", "/login")
                link.getresponse().read()
            except OSError:
                time.sleep(0.2)
                continue
            return
        raise SystemExit("regaudit serve does not answer")

    def settle(self) -> None:
        """Wait until nothing is counted behind the readers' backs any more."""
        used = -1.0
        while (now := self.cpu()) - used > 0.05:
            used = now
            time.sleep(1)

    def cpu(self) -> float:
        """CPU seconds so far."""
        told = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(told[11]) + int(told[12])) / _TICKS

    def peak(self) -> float:
        """MiB at most so far."""
        told = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        found = re.search(r"VmHWM:\s+(\d+)", told)
        assert found
        return int(found[1]) / 1024

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(60)


def pages_of(home: Path) -> Pages:
    """Addresses of every kind of page that a reader of all cases has."""
    with duckdb.connect(str(Folders(home).database), read_only=True) as db:
        cases = db.execute(
            f"SELECT case_no FROM cases WHERE office = '{OFFICE}'"
            " USING SAMPLE reservoir(40 ROWS) REPEATABLE (1)"
        ).fetchall()
        persons = db.execute(
            f"SELECT person_id, person_name FROM persons WHERE list_contains(offices, '{OFFICE}')"
            " ORDER BY hash(person_id) LIMIT 20"
        ).fetchall()
        found = db.execute(
            f"SELECT entry FROM ledger_entries WHERE office = '{OFFICE}' AND kind = 'finding'"
            " AND entry NOT LIKE '%-2020-%' ORDER BY hash(entry) LIMIT 20"
        ).fetchall()
    filled = [f"{OFFICE}-2020-{number:05}" for number in range(7, 20_000, 997)]
    return {
        "/": ["/"],
        "/ledger": ["/ledger"],
        "/ledger filtered": [
            "/ledger?rule=overdue&sort=due",
            "/ledger?state=rectifying&sort=-since",
            *(f"/ledger?text={number}&office={OFFICE}" for number in range(10, 200, 7)),
        ],
        "/ledger/NUMBER": [f"/ledger/{number}" for (number,) in found],
        "/ledger/NUMBER plain": [f"/ledger/{number}" for number in filled],
        "/cases": ["/cases"],
        "/cases by number": [f"/cases?q={quote(number[:12])}" for (number,) in cases],
        "/cases late": [f"/cases?state=late&page={number}" for number in (1, 2, 3, 4)],
        "/cases/OFFICE/NO": [f"/cases/{OFFICE}/{quote(number)}" for (number,) in cases],
        "/persons": ["/persons", "/persons?page=2"],
        "/persons by name": [f"/persons?q={quote(name)}" for _, name in persons if name],
        "/persons/ID": [f"/persons/{quote(person)}" for person, _ in persons],
        "/figures": ["/figures", f"/figures?office={OFFICE}"],
    }


def alone(server: Server, pages: Pages) -> dict[str, float]:
    """CPU milliseconds of the server for a page of each kind, one after another."""
    reader, found = Reader(server.port, READERS[0]), {}
    for kind, paths in (pages | {path: [path] for path in DOWNLOADS}).items():
        rounds = 3 if kind in DOWNLOADS else ROUNDS
        _read(reader, paths[0])
        server.settle()
        before = server.cpu()
        for number in range(1, rounds + 1):
            _read(reader, paths[number % len(paths)])
        found[kind] = (server.cpu() - before) / rounds * 1000
    return found


def together(server: Server, pages: Pages) -> dict[str, list[float]]:
    """Milliseconds of each page, for all readers at once."""
    taken: dict[str, list[float]] = {kind: [] for kind in pages}
    readers = [Reader(server.port, login) for login in READERS]

    def read(place: int) -> None:
        kinds, chance = [*pages], random.Random(place)  # noqa: S311 - no secrets
        for number in range(PAGES_EACH):
            kind = kinds[(number + place) % len(kinds)]
            if ROLES[place] == "head" and kind not in (
                "/",
                "/ledger",
                "/ledger filtered",
                "/cases",
                "/figures",
            ):
                continue
            paths = pages[kind]
            time.sleep(chance.uniform(0, 2 * PAUSE))
            started = time.perf_counter()
            _read(readers[place], paths[(number * 7 + place) % len(paths)])
            taken[kind].append((time.perf_counter() - started) * 1000)

    threads = [threading.Thread(target=read, args=(place,)) for place in range(len(readers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return taken


@contextmanager
def night_of(home: Path) -> Iterator[None]:
    """While a night runs, again and again."""
    ends = threading.Event()

    def run() -> None:
        while not ends.is_set():
            night = subprocess.Popen(
                [*COMMAND, "nightly", "--home", str(home)],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            while night.poll() is None:
                if ends.wait(0.2):
                    night.terminate()
                    night.wait()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        ends.set()
        thread.join()


def measure(base: Path, other: Path) -> Iterator[tuple[str, str]]:
    """The figures of a workspace that was made."""
    home = base / "home"
    pages = pages_of(home)
    server = Server(home)
    try:
        started = server.cpu()
        server.settle()
        yield "start, and what is counted behind", f"{started:.1f} s, {server.cpu():.1f} s CPU"
        yield "  memory then", f"{server.peak():.0f} MiB"
        for kind, cost in alone(server, pages).items():
            yield f"{kind}", f"{cost:.0f} ms CPU"
        yield "memory at most, one reader", f"{server.peak():.0f} MiB"
        yield from _told("", lambda: together(server, pages))
        with night_of(other):
            yield from _told(", a night running", lambda: together(server, pages))
        yield "memory at most", f"{server.peak():.0f} MiB"
    finally:
        server.stop()


def _told(when: str, take: Callable[[], dict[str, list[float]]]) -> Iterator[tuple[str, str]]:
    for kind, found in take().items():
        ordered = sorted(found)
        if ordered:
            median, late, most = (
                ordered[len(ordered) // 2],
                ordered[len(ordered) * 95 // 100],
                ordered[-1],
            )
            yield (
                f"{kind}, {len(READERS)} readers{when}",
                f"median {median:.0f} ms, 95 % {late:.0f} ms, at most {most:.0f} ms",
            )


def _read(reader: Reader, path: str) -> None:
    status, text = reader.get(path)
    if status != 200:
        raise SystemExit(f"{path}: {status} {text[:500]}")


def main() -> None:
    """Make what is missing, measure, print."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--cases", type=int, default=100_000)
    asked.add_argument("--folder", type=Path)
    asked.add_argument("--night", type=Path)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="regaudit-desk-") as made:
        base = given.folder or Path(made)
        if not (base / "home").exists():
            base.mkdir(parents=True, exist_ok=True)
            make_workspace(base, given.cases)
        for label, figure in measure(base, given.night or base / "other"):
            print(f"{label:<56}{figure}", flush=True)


if __name__ == "__main__":
    main()

"""A night on `sample_logs/`, start to finish: `make demo`.

Makes `demo-home/`, runs the main job, shows what it found, and holds that against what was planted. One that
is there is made afresh with `--again`, which takes users and ledger away. Exit status 1 when a planted
violation was missed or a finding was not planted, 2 where nothing could be begun.
"""

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import duckdb
from rich.cells import cell_len

from regaudit.base.press import NoPressError
from regaudit.catalogue.rules import Rule, load_rules
from regaudit.operation.doctor.machine import is_installed
from regaudit.outlets.reports.report_paper import report_press
from regaudit.simulate import RULES

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "sample_logs"
HOME = "demo-home"
Key = tuple[str, str, str]
"""Rule, office, subject of a violation."""
WIDTH = 110
"""Columns of output that goes to a file."""
_NARROW = 80
"""Columns of the narrowest terminal."""


class Query(NamedTuple):
    """A query for the analyst database, with what it answers."""

    name: str
    title: str
    sql: str


QUERIES = (
    Query(
        "late",
        "还没办结、已经超期的业务,最久的在前",
        """\
SELECT office, case_no, registration_title, due_on, -remaining_days AS late_days
FROM cases
WHERE state = 'open' AND remaining_days < 0
ORDER BY late_days DESC""",
    ),
    Query(
        "jumps",
        "谁插了队:先于几件更早入队的业务,有无原因说明",
        """\
SELECT office, coalesce(batch_no, o.case_no) AS unit, started_at,
       count(DISTINCT overtaken_case_no) AS overtaken, explained
FROM queue_overtakes AS o JOIN cases USING (office, case_no)
GROUP BY ALL
HAVING overtaken >= 3
ORDER BY overtaken DESC, started_at""",
    ),
    Query(
        "evidence",
        "一人办到底的证据:谁做的,在哪个文件的哪一行",
        """\
WITH proof AS (
    SELECT unnest(evidence) AS position FROM findings WHERE rule = 'one-person'
)
SELECT s.case_no, s.step, strftime(s.occurred_at, '%m-%d %H:%M') AS at,
       s.person_name, i.file_name, s.row_no
FROM proof JOIN steps AS s USING (position) JOIN imports AS i USING (import_no)
ORDER BY s.case_no, s.occurred_at
LIMIT 6""",
    ),
)

_TRACED = """
SELECT office || '/' || case_no
FROM cases INNER JOIN workdays ON on_date > CAST(accepted_at AS DATE) AND on_date <= due_on AND calendar = '*'
WHERE workdays.kind = 'makeup' AND remaining_days < 0 AND closed_at IS NOT NULL
ORDER BY on_date < due_on, accepted_at, office, case_no LIMIT 1
"""

_MONTH, _OFFICE = ("--month", "2026-03"), "150602"

_LISTED = "SELECT min(entry) FROM ledger_entries WHERE rule = 'queue-jump' AND kind = 'finding'"


def simulation() -> dict[str, Any]:
    """What `sample_logs/` holds: profile, as-of date, counts."""
    facts: dict[str, Any] = json.loads((SAMPLE / "simulation.json").read_text(encoding="utf-8"))
    return facts


def night_command() -> list[str]:
    """The words of the night on the sample logs, run from the repository's root."""
    files = ["sample_logs/roster.csv", "sample_logs/steps.csv"]
    return ["nightly", *files, "--as-of", simulation()["as_of"], "--home", HOME]


def regaudit(words: Sequence[str], folder: Path, *, width: int = 0) -> str:
    """Run a command in `folder` and return what it printed; with no width, it prints to our own output.

    Raises:
        RuntimeError: it did not exit with 0.
    """
    program = [sys.executable, "-c", "from regaudit.cli import main; main()"]
    environment = os.environ | {"PYTHONIOENCODING": "utf-8"}
    if width or not sys.stdout.isatty():
        environment["COLUMNS"] = str(width or WIDTH)
    environment.pop("REGAUDIT_HOME", None)
    sys.stdout.flush()
    done = subprocess.run(  # noqa: S603 - our own program
        [*program, *words],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE if width else None,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"regaudit {' '.join(words)}: exit status {done.returncode}\n{done.stdout or ''}")
    return "\n".join(line.rstrip() for line in (done.stdout or "").splitlines())


def answer(db: duckdb.DuckDBPyConnection, sql: str) -> str:
    """A query's result as a table that is Markdown and lines up on a terminal, too."""
    cursor = db.execute(sql)
    headers = [name for name, *_ in cursor.description or []]
    return table(headers, [[_text(cell) for cell in row] for row in cursor.fetchall()])


def _text(cell: object) -> str:
    return "" if cell is None else str(cell).lower() if isinstance(cell, bool) else str(cell)


def table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, padded by the width on screen."""
    widths = [max(map(cell_len, column)) for column in zip(headers, *rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        padded = (cell + " " * (w - cell_len(cell)) for cell, w in zip(cells, widths, strict=True))
        return f"| {' | '.join(padded)} |"

    return "\n".join([line(headers), line(["-" * w for w in widths]), *map(line, rows)])


class Tally(NamedTuple):
    """Of one rule: the violations that were planted, and those that were found, as rule, office, subject."""

    rule: str
    planted: set[Key]
    found: set[Key]

    @property
    def missed(self) -> list[Key]:
        """Planted and not found."""
        return sorted(self.planted - self.found)

    @property
    def extra(self) -> list[Key]:
        """Found though nobody planted it."""
        return sorted(self.found - self.planted)

    @property
    def counts(self) -> list[int]:
        """Planted, found among these, missed, extra."""
        return [len(self.planted), len(self.planted & self.found), len(self.missed), len(self.extra)]


def compare_with_truth(
    db: duckdb.DuckDBPyConnection, *truths: Path, known: Iterable[str] = RULES
) -> list[Tally]:
    """Each rule that ran and that the truths are about, by name.

    Args:
        db: The analyst database of a workspace that took in the platform's exports.
        truths: Its `truth.csv`, and others that lie beside it.
        known: The rules that they are about.
    """
    rules = load_rules()
    ran = {rule for (rule,) in db.execute("SELECT rule FROM rule_runs").fetchall()}
    rows = [row for path in truths for row in _rows(path)]
    planted = {_key(rules[row["rule"]], row["office"], row["subject"]) for row in rows if row["rule"] in ran}
    found = {
        _key(rules[rule], office, subjects[_SUBJECTS.index(rules[rule].subject)])
        for rule, office, *subjects in db.execute(
            "SELECT rule, office, case_no, account, person_id FROM findings WHERE state = 'open'"
        ).fetchall()
        if rules[rule].subject in _SUBJECTS
    }
    return [
        Tally(rule, {key for key in planted if key[0] == rule}, {key for key in found if key[0] == rule})
        for rule in sorted(ran.intersection(known))
    ]


_SUBJECTS = ("case", "account", "person")


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _key(rule: Rule, office: str, subject: str) -> Key:
    """A person is one at all offices."""
    return rule.name, "" if rule.subject == "person" else office, subject


def _refuse(found: str, advice: str) -> NoReturn:
    """End, with what is wrong and what to do (Chinese)."""
    print(f"不能试运行:{found}\n  → {advice}", file=sys.stderr)
    raise SystemExit(2)


def _fresh(home: Path, *, again: bool) -> None:
    """Remove the workspace of an earlier demo where that is asked for, and nothing else."""
    for folder in (home.parent, home):
        if folder.exists() and not os.access(folder, os.W_OK):
            _refuse(f"没有权限写入 {folder}", "请把整个文件夹复制到自己可以写入的地方,在那里运行")
    if not home.exists():
        return
    if not (home / "regaudit.toml").is_file():
        _refuse(f"{home} 不是试运行的工作区", "请先把它移走")
    if not again:
        _refuse(
            f"{home} 已有试运行的工作区,其中有它的用户和台账",
            "保留的,请先把它移走;不要了、从头再来的,加 --again",
        )
    shutil.rmtree(home)


def _run(title: str, words: Sequence[str]) -> None:
    print(f"\n── {title}\n{typed(words)}", flush=True)
    regaudit(words, ROOT)


def typed(words: Sequence[str]) -> str:
    """A command as it is typed on a terminal of eighty columns, going on behind a backslash."""
    lines = ["$ regaudit"]
    for word in words:
        if cell_len(f"{lines[-1]} {word} \\") > _NARROW:
            lines[-1] += " \\"
            lines.append("   ")
        lines[-1] += f" {word}"
    return "\n".join(lines)


def _end_month() -> None:
    """What a month ends with: its report, and a draw of the cases that are inspected."""
    try:
        report_press()
    except NoPressError as error:
        print(f"\n── 月报:{error}")
    else:
        _run("月报(PDF、XLSX、JSON)", ["report", "monthly", *_MONTH, "--home", HOME])
    of_office = [*_MONTH, "--office", _OFFICE, "--home", HOME]
    drawn = f"{HOME}/reports/DRAW.json"
    dice = ["--dice", "4261352264", "--witness", "赵一", "--witness", "钱二", "-o", drawn]
    _run("抽查:先冻结总体", ["inspect", "freeze", *of_office])
    _run("当着两名见证人掷骰子,再抽取", ["inspect", "draw", *of_office, *dice])
    _run("人人可以重算这次抽取", ["inspect", "verify-draw", drawn, "--home", HOME])


def main(*, again: bool = False) -> int:
    """The demonstration.

    Args:
        again: whether the workspace of an earlier one is removed.

    Returns:
        The exit status.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
    home = ROOT / HOME
    _fresh(home, again=again)
    _run("建立工作区", ["init", HOME, "--profile", simulation()["profile"]])
    _run("夜间作业", night_command())
    _run("看问题(节选一条规则)", ["findings", "--rule", "one-person", "--home", HOME])
    with duckdb.connect(home / "regaudit.duckdb", read_only=True) as db:
        traced = str(db.execute(_TRACED).fetchall()[0][0])
        _run("一件业务的来龙去脉:期限之内有调休上班日", ["trace", traced, "--home", HOME])
        entry = str(db.execute(_LISTED).fetchall()[0][0])
        _run("台账中的一项:挂账时的事实、期限、可以办理什么", ["ledger", "show", entry, "--home", HOME])
        print("\n── 在 regaudit.duckdb 中查询(任何 DuckDB 客户端均可)")
        for query in QUERIES:
            print(f"\n{query.title}\n\n{query.sql}\n\n{answer(db, query.sql)}")
        tallies = compare_with_truth(db, SAMPLE / "truth.csv")
    planted, found, missed, extra = (sum(column) for column in zip(*(t.counts for t in tallies), strict=True))
    print(f"\n── 与真相对照:埋入违规 {planted} 项,找到 {found} 项,漏报 {missed} 项,多报 {extra} 项\n")
    rows = [[tally.rule, *map(str, tally.counts)] for tally in tallies]
    print(table(["规则", "埋入", "找到", "漏报", "多报"], rows))
    for tally in tallies:
        for label, keys in (("漏报", tally.missed), ("多报", tally.extra)):
            for key in keys:
                print(f"  {label} {' '.join(key)}")
    _end_month()
    print("\n── 邮件(没有设置邮件服务器,存为 .eml,可用邮件程序打开):")
    for path in sorted((home / "outbox").glob("*.eml")):
        print(f"  {path.relative_to(ROOT)}")
    if is_installed("desk"):
        program = ROOT / "tools" / "desk.py"
        print(f"\n── 打开它的监管台(打印网址、登录名和口令):\n  {sys.executable} {program}")
    return 1 if missed or extra else 0


if __name__ == "__main__":
    if sys.argv[1:] not in ([], ["--again"]):
        _refuse(f"不认识 {' '.join(sys.argv[1:])}", "可用的只有 --again:删去 demo-home/,从头再来")
    raise SystemExit(main(again="--again" in sys.argv[1:]))

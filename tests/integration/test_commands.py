"""Every command: what it says, its JSON, its exit status, and what it says when its words are wrong."""

import errno
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from conftest import COMMAND, SRC, Desk, MailServer, ordinary_case, step

from regaudit.base.failures import explain
from regaudit.base.settings import load_settings

AS_OF = "2026-03-10"
LATE = step("20260302001", "accept", "2026-03-02 09:00:00", "li", registration_type="200")
READING = [
    ("findings",),
    ("findings", "--rule", "overdue", "--office", "150602", "--open"),
    ("trace", "150602/20260302001"),
    ("rules",),
    ("profiles",),
]
WRITING = [("check", "--as-of", AS_OF), ("nightly", "--as-of", AS_OF)]


@pytest.fixture(scope="module")
def after_a_night(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("night") / "home").make()
    desk.ok("nightly", desk.export("a.csv", [LATE, *ordinary_case("1")]), "--as-of", AS_OF)
    return desk


@pytest.fixture
def checked(after_a_night: Desk, tmp_path: Path) -> Iterator[Desk]:
    desk = after_a_night.copy_to(tmp_path / "home")
    yield desk
    desk.assert_log_is_whole()


@pytest.mark.parametrize("words", [*READING, *WRITING], ids=" ".join)
def test_every_command_speaks_chinese_and_json(checked: Desk, words: tuple[str, ...]) -> None:
    told = checked.ok(*words)
    assert any("\u4e00" <= char <= "\u9fff" for char in told.out), told
    assert told.err == ""
    as_json = checked.ok(*words, "--json")
    assert json.loads(as_json.out)
    assert "NaN" not in as_json.out


STAGES = {
    ("preview", "b.csv"): "读取",
    ("import", "b.csv"): "写入",
    ("imports",): "",
    ("check", "--as-of", AS_OF): "规则",
    ("nightly", "--as-of", AS_OF, "--json"): "投影",
    ("trace", "150602/20260302001"): "查找原文",
    ("replay", "1"): "规则",
    ("backtest", "--profile", "default", "--as-of", AS_OF): "规则",
    ("verify",): "核对",
    ("prove", "150602/20260302001", "--out", "proof.json"): "",
}
# All of them report through one function; those of every day read, write and compute.
EVERY_DAY = ("import", "check", "prove")


@pytest.mark.parametrize(
    "words",
    [pytest.param(words, marks=[] if words[0] in EVERY_DAY else [pytest.mark.slow]) for words in STAGES],
    ids=lambda words: words[0],
)
def test_long_work_shows_progress_on_a_terminal(checked: Desk, words: tuple[str, ...]) -> None:
    checked.export("b.csv", ordinary_case("2"))
    run = checked.on_terminal(*(checked.home / word if "." in word else word for word in words))
    assert run.status == 0, run.out
    assert STAGES[words] in run.out


def test_findings_are_filtered(checked: Desk) -> None:
    [finding] = checked.facts("findings", "--rule", "overdue")
    assert (finding["case_no"], finding["state"], finding["severity"]) == ("20260302001", "open", "major")
    assert finding["first_found_on"] == AS_OF
    assert checked.facts("findings", "--office", "999999") == []
    assert checked.facts("findings", "--rule", "queue-jump") == []


def test_a_trace_names_file_and_row_and_counts_the_days(checked: Desk) -> None:
    facts = checked.facts("trace", "150602/20260302001")
    assert facts["case"]["due_on"] == "2026-03-09"
    [row] = facts["steps"]
    assert (row["file_name"], row["row_no"]) == ("a.csv", 2)
    assert [finding["rule"] for finding in facts["findings"]] == ["overdue"]
    late = [day["on_date"] for day in facts["days"] if day["is_late"]]
    assert late == ["2026-03-10"]


def test_a_case_number_may_hold_anything(desk: Desk) -> None:
    for case_no in ("a/b", "[red]x[/red]", "50%", "'; DROP TABLE cases; --", "案 1"):
        desk.ok("import", desk.export(f"{abs(hash(case_no))}.csv", ordinary_case(case_no)))
    desk.ok("check", "--as-of", AS_OF)
    for case_no in ("a/b", "[red]x[/red]", "50%", "'; DROP TABLE cases; --", "案 1"):
        assert desk.facts("trace", f"150602/{case_no}")["case"]["case_no"] == case_no
        assert case_no in desk.ok("trace", f"150602/{case_no}").out


USAGE = {
    "no such command": (("fly",), "没有命令"),
    "a slip in a command": (("verfy",), "没有命令'verfy';是不是'verify'?"),
    "no such option": (("check", "--fast"), "没有选项"),
    "no such rule": (("findings", "--rule", "no-such"), "no-such"),
    "no such case": (("trace", "150602/nobody"), "nobody"),
    "no case number": (("trace", "150602"), "150602"),
    "no files": (("import",), "缺少参数"),
    "no such time": (("check", "--as-of", "gestern"), "gestern"),
    "no such day": (("nightly", "--as-of", "2026-02-30"), "2026-02-30"),
    "a zone": (("check", "--as-of", "2026-03-02T09:00:00+08:00"), "时区"),
    "no number": (("simulate", "--cases", "many", "--seed", "1", "--out", "x"), "many"),
    "too few": (("simulate", "--cases", "0", "--seed", "1", "--out", "x"), "0"),
    "no seed": (("simulate", "--cases", "1", "--out", "x"), "缺少选项"),
    "no such profile": (("init", "elsewhere", "--profile", "mars"), "mars"),
}


@pytest.mark.parametrize("case", USAGE)
def test_wrong_words_are_answered_in_chinese_with_status_2(checked: Desk, case: str) -> None:
    words, named = USAGE[case]
    before = checked.events()
    run = checked.run(*words)
    assert run.status == 2, run
    assert named in run.text
    assert any("\u4e00" <= char <= "\u9fff" for char in run.text)
    for english in ("Error:", "Usage:", "Try '", "Missing", "Invalid", "is not"):
        assert english.replace(" ", "") not in run.text
    assert "没有" in run.text or "值" in run.text or "缺少" in run.text or "应" in run.text
    assert checked.events() == before
    assert not Path("elsewhere").exists()


SETTINGS = {
    "unknown table": ("[malt]\n", ("malt",)),
    "unknown key": ("[mail]\nsendr = 'x'\n", ("mail", "sendr")),
    "unknown key in a list": ("[[sources]]\npath = 'x'\nmap = 'y'\n", ("sources", "map")),
    "wrong type": ("[mail.smtp]\nport = '25'\n", ("mail.smtp.port",)),
    "wrong choice": ("[mail.smtp]\nsecurity = 'ssl'\n", ("mail.smtp.security",)),
    "wrong hour": ("[schedule]\nat = '25:00'\n", ("schedule.at",)),
    "a source due after the night": (
        "[schedule]\nat = '22:30'\n[[sources]]\nname = '平台'\npath = 'x'\ndue = '23:00'\n",
        ("平台", "due=23:00", "schedule.at=22:30"),
    ),
    "a source due at the next noon": (
        "[schedule]\nat = '00:30'\n[[sources]]\nname = '平台'\npath = 'x'\ndue = '11:00'\n",
        ("平台", "due=11:00", "schedule.at=00:30"),
    ),
    "wrong hours": ("[hours]\ndefault = ['12:00-08:30']\n", ("12:00-08:30",)),
    "hours that overlap": ("[hours]\ndefault = ['08:30-12:00', '11:00-17:30']\n", ("11:00-17:30",)),
    "no such hour": ("[hours]\ndefault = ['08:30-24:30']\n", ("08:30-24:30",)),
    "wrong day": ("[[calendar.days]]\non = 'x'\nkind = 'workday'\nname = 'y'\n", ("calendar.days", "on")),
    "wrong kind of day": (
        "[[calendar.days]]\non = 2026-01-01\nkind = 'feast'\nname = 'y'\n",
        ("calendar.days", "kind"),
    ),
    "no such zone": ("zone = 'Asia/Beijing'\n", ("zone", "Asia/Beijing")),
    "no TOML": ("[mail\n", ("第2行",)),
}


@pytest.mark.parametrize("case", SETTINGS)
def test_a_mistake_in_the_settings_is_named_with_file_and_key(desk: Desk, case: str) -> None:
    text, words = SETTINGS[case]
    desk.configure(text)
    run = desk.run("nightly")
    assert run.status in (1, 2), run
    assert all(word in run.text for word in ("regaudit.toml", *words)), run.text
    assert "Traceback" not in run.text
    desk.configure("")


@pytest.mark.parametrize(
    ("due", "at"), [("22:30", "22:30"), ("20:00", "00:30"), ("23:59", "00:00"), ("", "12:00")]
)
def test_a_source_due_before_the_night_is_no_mistake(desk: Desk, due: str, at: str) -> None:
    """The axis goes from noon to noon: half past midnight is later than eight in the evening."""
    desk.configure(f"[schedule]\nat = '{at}'\n[[sources]]\nname = '平台'\npath = 'x'\ndue = '{due}'\n")
    assert load_settings(desk.home).sources[0].due == due
    desk.configure("")


def test_settings_are_read_however_notepad_saves_them(desk: Desk) -> None:
    (desk.home / "regaudit.toml").write_text('profile = "default"  # 规程', encoding="utf-8-sig")
    desk.ok("check")
    (desk.home / "regaudit.toml").write_text('profile = "default"  # 规程', encoding="gb18030")
    run = desk.run("check")
    assert run.status == 1
    assert "UTF-8" in run.text
    desk.configure("")


def test_a_store_that_is_not_supported_is_not_ignored(desk: Desk) -> None:
    desk.configure('[store]\nurl = "oracle://db/regaudit"\n')
    run = desk.run("check")
    assert run.status == 1
    assert "store.url" in run.text
    desk.configure("")


def test_a_rule_that_the_profile_turns_off_is_not_run(desk: Desk) -> None:
    (desk.home / "profiles").mkdir()
    (desk.home / "profiles" / "local.toml").write_text(
        'title = "本地"\nextends = "ordos-2023"\nrules_off = ["queue-jump"]\n'
        "[params.queue-jump]\nmin_overtaken = 5\n",
        encoding="utf-8",
    )
    desk.configure("", profile="local")
    desk.ok("check")
    assert ("queue-jump",) not in desk.query("SELECT rule FROM rule_runs")
    [rule] = [rule for rule in desk.facts("rules") if rule["rule"] == "queue-jump"]
    assert (rule["enabled"], rule["params"]["min_overtaken"]) == (False, 5)


@pytest.mark.parametrize(
    "text", ['title = "x"\nrules_off = ["fly"]', 'title = "x"\n[params.overdue]\nx = 1', "x"]
)
def test_a_mistake_in_a_profile_is_named(desk: Desk, text: str) -> None:
    (desk.home / "profiles").mkdir()
    (desk.home / "profiles" / "local.toml").write_text(text, encoding="utf-8")
    desk.configure("", profile="local")
    run = desk.run("check")
    assert run.status == 2
    assert "规程" in run.text


def test_nothing_is_made_where_there_is_no_workspace(tmp_path: Path) -> None:
    empty = Desk(tmp_path)
    for words in (
        ("nightly",),
        ("check",),
        ("import", "x.csv"),
        ("findings",),
        ("trace", "1/2"),
        ("schedule",),
    ):
        run = empty.run(*words)
        assert run.status == 1
        assert "regaudit" in run.text
    assert list(tmp_path.iterdir()) == []
    file = tmp_path / "file"
    file.write_bytes(b"")
    assert Desk(file).run("check").status == 1


def test_init_where_a_file_stands_says_to_choose_another_place(desk: Desk) -> None:
    path = desk.home / "plain"
    path.write_text("mine")
    for folder in (path, path / "below"):
        run = desk.run("init", folder)
        assert run.status == 1
        assert "另选一个位置" in run.text
        assert "磁盘" not in run.text
        assert "verify" not in run.text
    assert path.read_text() == "mine"


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        (errno.EACCES, "以运行regaudit的账号执行"),
        (errno.EROFS, "以运行regaudit的账号执行"),
        (errno.ENOSPC, "腾出空间"),
        (errno.EIO, "regauditverify"),
    ],
)
def test_the_advice_fits_the_error_of_the_system(code: int, advice: str) -> None:
    text = explain(OSError(code, os.strerror(code), "/somewhere/file")).replace(" ", "")
    assert advice in text
    assert "/somewhere/file" in text


def test_init_touches_no_workspace_that_is_there(desk: Desk) -> None:
    before = (desk.home / "regaudit.toml").read_bytes()
    run = desk.run("init", desk.home)
    assert run.status == 1
    assert "已存在" in run.text
    assert (desk.home / "regaudit.toml").read_bytes() == before


def test_findings_before_any_check(desk: Desk) -> None:
    run = desk.run("findings")
    assert run.status == 1
    assert "nightly" in run.text


@pytest.mark.parametrize("command", [("findings",), ("trace", "150602/A1")])
def test_a_folder_that_is_no_workspace_is_said_to_be_none(command: tuple[str, ...], tmp_path: Path) -> None:
    run = Desk(tmp_path / "elsewhere").run(*command)
    assert run.status == 1
    assert "不是工作区" in run.text
    assert run.text.index("--home") < run.text.index("regauditinit")


def test_a_folder_of_roster_and_steps_is_told_apart(desk: Desk, tmp_path: Path) -> None:
    out = tmp_path / "simulated"
    Desk(tmp_path).run("simulate", "--cases", "5", "--seed", "1", "--out", out)
    run = desk.run("import", out)
    assert run.status == 3  # the truth lies beside them
    text = run.text
    assert "simulated(办件日志):读取" in text
    assert "simulated(账号名册):读取" in text


def test_a_damaged_analyst_database_is_said_to_be_one(checked: Desk) -> None:
    (checked.home / "regaudit.duckdb").write_bytes(b"no database" * 1000)
    run = checked.run("findings")
    assert run.status == 1
    assert "regaudit.duckdb" in run.text
    checked.ok("check", "--as-of", AS_OF)
    checked.ok("findings")


def test_simulate_gives_a_night_to_run(desk: Desk, tmp_path: Path) -> None:
    out = tmp_path / "simulated"
    assert Desk(tmp_path).run("simulate", "--cases", "30", "--seed", "1", "--out", out).status == 0
    assert (out / "truth.csv").is_file()
    for path in (out / "roster.csv", out / "steps.csv"):
        desk.ok("import", path)
    desk.ok("check")


@contextmanager
def busy(desk: Desk, server: MailServer) -> Iterator[None]:
    """A night that is at its mails, which take their time."""
    server.delay = 6
    desk.configure(server.settings("150602"))
    process = desk.start("nightly", desk.export("b.csv", [LATE, *ordinary_case("2")]), "--as-of", AS_OF)
    until = time.monotonic() + 120
    while not server.mails:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.005)
    try:
        yield
    finally:
        process.kill()
        process.communicate(timeout=10)


@contextmanager
def reader(desk: Desk) -> Iterator[Callable[[], int]]:
    """Another program that holds the published database open; asks it for the number of cases."""
    code = (
        "import duckdb, sys\n"
        "db = duckdb.connect(sys.argv[1], read_only=True)\n"
        "for _ in sys.stdin:\n"
        "    print(db.execute('SELECT count(*) FROM cases').fetchall()[0][0], flush=True)\n"
    )
    command = [sys.executable, "-c", code, str(desk.home / "regaudit.duckdb")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        question, answer = process.stdin, process.stdout

        def ask() -> int:
            question.write("\n")
            question.flush()
            return int(answer.readline())

        yield ask


@pytest.mark.slow
def test_a_second_writer_is_told_to_wait_and_readers_are_not(
    new_desk: Callable[[str], Desk], mail_server: MailServer
) -> None:
    desk = new_desk("busy")
    desk.ok("nightly", desk.export("a.csv", ordinary_case("1")), "--as-of", "2026-03-09")
    with reader(desk) as count_cases:
        assert count_cases() == 1
        with busy(desk, mail_server):
            # An import does not wait for a night: what it brings is the next one's.
            desk.ok("import", desk.export("b.csv", ordinary_case("9")))
            for command in ("check", "nightly"):
                run = desk.run(command)
                assert run.status == 1, run
                assert "regauditnightly" in run.text
                assert "进程号" in run.text
                assert "自20" in run.text
            assert desk.facts("findings", "--rule", "overdue")
            assert desk.facts("trace", "150602/2")["case"]
            # Who opened the database of the night before still has it.
            assert count_cases() == 1
            assert desk.query("SELECT count(*) FROM cases") == [(3,)]
        desk.ok("check")


def test_readers_and_the_night_do_not_hinder_each_other(desk: Desk) -> None:
    """The database is read all the while it is replaced, many times."""
    path = desk.export("a.csv", [row for n in range(50) for row in ordinary_case(f"{n}")])
    desk.ok("nightly", path, "--as-of", AS_OF)
    process = desk.start("check", "--as-of", AS_OF)
    looks = 0
    while process.poll() is None:
        assert desk.query("SELECT count(*) FROM cases") == [(50,)]
        looks += 1
    out, _ = process.communicate()
    assert process.returncode == 0, out
    assert looks > 5


def test_an_interrupt_leaves_the_log_whole(desk: Desk, mail_server: MailServer) -> None:
    mail_server.delay = 3
    desk.configure(mail_server.settings("150602"))
    process = desk.start("nightly", desk.export("a.csv", [LATE]), "--as-of", AS_OF)
    while not mail_server.mails:
        time.sleep(0.005)
    process.send_signal(2)
    out, _ = process.communicate(timeout=10)
    assert process.returncode == 130, out
    assert "已中断" in out
    assert "Traceback" not in out
    desk.assert_log_is_whole()
    assert desk.temporary() == []
    mail_server.delay = 0
    desk.ok("nightly", "--as-of", AS_OF)


@pytest.mark.slow
@pytest.mark.parametrize("delay", [0.0, 0.2, 0.4])
def test_an_interrupt_within_a_query_stops_the_night_and_is_no_failure(
    desk: Desk, tmp_path: Path, delay: float
) -> None:
    out = tmp_path / "simulated"
    Desk(tmp_path).run("simulate", "--cases", "6000", "--seed", "1", "--out", out)
    warehouse = desk.home / ".work" / "draft-warehouse.duckdb"
    process = desk.start("nightly", out / "roster.csv", out / "steps.csv", "--as-of", AS_OF)
    while not warehouse.exists() and process.poll() is None:
        time.sleep(0.005)
    time.sleep(delay)
    process.send_signal(2)
    told, _ = process.communicate(timeout=30)
    assert process.returncode == 130, told
    assert "已中断" in told
    assert "Traceback" not in told
    assert desk.mails() == []
    assert not warehouse.exists()
    desk.assert_log_is_whole()
    desk.ok("nightly", "--as-of", AS_OF)


def test_what_a_cell_holds_does_not_reach_the_terminal_as_a_command(desk: Desk) -> None:
    evil = "李\x1b]0;title\x07\x9b2J"
    rows = [step(f"H{n}", "accept", "2026-03-02 09:00:00", operator=evil) for n in (1, 2)]
    desk.ok("nightly", desk.export("h.csv", rows), "--as-of", AS_OF)
    for words in (("findings",), ("trace", "150602/H1")):
        shown = desk.on_terminal(*words).out
        assert "\x1b]" not in shown
        assert "\x9b" not in shown
    assert "␛]0;title␇" in desk.on_terminal("trace", "150602/H1").out


@pytest.mark.slow
def test_a_narrow_terminal_or_none_hides_nothing(checked: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    shell = f'"$@" --home "{checked.home}" >&-'
    run = subprocess.run(
        ["/bin/sh", "-c", shell, "sh", *COMMAND, "check", "--as-of", AS_OF],
        env=os.environ | {"PYTHONPATH": str(SRC)},
        stderr=subprocess.PIPE,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, b"")
    monkeypatch.setenv("COLUMNS", "40")
    told = subprocess.run(
        [*COMMAND, "check", "--as-of", AS_OF, "--home", checked.home],
        env=os.environ | {"PYTHONPATH": str(SRC)},
        capture_output=True,
        encoding="utf-8",
        check=True,
    ).stdout
    [line] = [line for line in told.splitlines() if " overdue " in line]
    assert "有问题" in line


def test_output_into_a_closed_pipe_or_a_narrow_code_page_is_no_crash(checked: Desk) -> None:
    environment = {"PYTHONPATH": str(SRC), "PYTHONIOENCODING": "ascii", "PATH": ""}
    run = subprocess.run(
        [*COMMAND, "findings", "--home", str(checked.home)],
        capture_output=True,
        env=environment,
        check=False,
        timeout=30,
    )
    with suppress(UnicodeDecodeError):
        run.stderr.decode()
    assert b"Traceback" not in run.stderr
    assert run.returncode == 0

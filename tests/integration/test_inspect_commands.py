"""`regaudit inspect` up to the draw: frozen before anybody knows the seed, and computed again by anybody."""

import json
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import draws
import pytest
from conftest import Desk, Run
from inspection_site import AS_OF, DICE, MONTH, OF_MONTH, case, make_site, own_profile
from ledgers import OFFICE

TOOL = Path(__file__).parents[2] / "tools" / "verify_draw.py"
PROFILE = 'title = "试"\nextends = "ordos-2023"\n[inspection.plan]\nstatement = true\n'


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return make_site(tmp_path_factory.mktemp("month") / "home")


@pytest.fixture(scope="module")
def drawn_once(month: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = month.copy_to(tmp_path_factory.mktemp("drawn") / "home")
    desk.ok("inspect", "freeze", *OF_MONTH, "--by", "post1")
    desk.ok("inspect", "draw", *OF_MONTH, *DICE, "-o", desk.home / "DRAW.json", "--by", "insp")
    return desk


@pytest.fixture
def office(month: Desk, tmp_path: Path) -> Desk:
    return month.copy_to(tmp_path / "home")


@pytest.fixture
def drawn(drawn_once: Desk, tmp_path: Path) -> Desk:
    return drawn_once.copy_to(tmp_path / "home")


def draw_file(desk: Desk, name: str = "DRAW.json") -> Any:
    return json.loads((desk.home / name).read_text(encoding="utf-8"))


def night(desk: Desk, on: str = "2026-04-02") -> None:
    run = desk.run("nightly", desk.home / "steps.csv", "--as-of", on)
    assert run.status in (0, 3), run


def refused(desk: Desk, *words: str, status: int = 1) -> str:
    before = desk.events()
    run = desk.run("inspect", *words)
    assert (run.status, run.out) == (status, ""), run
    assert desk.events() == before
    return run.text


def test_a_plan_says_what_its_share_lets_one_say(office: Desk) -> None:
    told = office.facts("inspect", "plan", *OF_MONTH)
    # 38 cases and the batch as one and the purchase; mortgages; neither February nor April nor what is open.
    counts = {one["stratum"]: one["count"] for one in told["strata"]}
    assert counts == {f"{OFFICE}/general": 40, f"{OFFICE}/mortgage": 6}
    assert (told["count"], told["size"], told["shared"], told["statement_size"]) == (46, 3, 3, 29)
    assert told["mandatory"] == {"分割": 1, "用途变化": 1}
    assert told["missed"] == 81
    text = office.ok("inspect", "plan", *OF_MONTH).text
    assert "100次中有81次一件也查不出" in text
    assert "本月须抽29件" in text
    assert f"{OFFICE}一般登记" in text
    assert "general" not in text
    assert not office.events("inspection-frozen")


def test_the_statement_binds_where_the_profile_says_so(office: Desk) -> None:
    own_profile(office, PROFILE)
    night(office)
    told = office.facts("inspect", "freeze", *OF_MONTH)
    assert (told["total"], told["share"]) == (29, "3/100")
    sizes = {one["stratum"]: one["size"] for one in told["strata"]}
    assert sizes == {f"{OFFICE}/general": 25, f"{OFFICE}/mortgage": 4}
    assert told["mandatory"]  # inherited


def test_the_population_is_in_the_log_before_the_seed(drawn: Desk) -> None:
    [frozen] = drawn.events("inspection-frozen")
    [event] = drawn.events("inspection-drawn")
    assert frozen.stream == event.stream == f"inspection:{OFFICE}-{MONTH}"
    assert frozen.position < event.position
    told, units = draw_file(drawn), draw_file(drawn)["population"]
    text = b"".join(sorted(f"{unit}\t{stratum}\n".encode() for unit, stratum in units))
    assert sha256(text).hexdigest() == frozen.state["population_sha256"] == told["population_sha256"]
    assert frozen.state["checkpoint_size"] < frozen.position
    size, note = next(one for one in drawn.checkpoints() if one[0] == frozen.state["checkpoint_size"])
    assert note.splitlines()[1:3] == [str(size), told["checkpoint"]["root"]]
    seed = sha256(f"regaudit draw 1\n{told['population_sha256']}\n4261352264\n".encode()).hexdigest()
    assert told["seed"] == event.state["seed"] == seed
    assert told["witnesses"] == ["赵一", "钱二"]
    # A batch is one unit, a mandatory case none of the population.
    names = [unit for unit, _ in units]
    assert f"{OFFICE}/batch:7" in names
    assert not {f"{OFFICE}/B000", f"{OFFICE}/X001", f"{OFFICE}/X002"} & set(names)
    assert [one["unit"] for one in told["mandatory"]] == [f"{OFFICE}/X001", f"{OFFICE}/X002"]
    assert (frozen.state["by"], event.state["by"]) == ("post1", "insp")


def test_anybody_computes_it_again(drawn: Desk) -> None:
    path = drawn.home / "DRAW.json"
    told = drawn.facts("inspect", "verify-draw", path)
    assert (told["ok"], told["compared_with_log"], told["faults"]) == (True, True, [])
    done = subprocess.run([sys.executable, "-I", TOOL, path], capture_output=True, check=False)
    assert done.returncode == 0, done
    assert len(TOOL.read_text(encoding="utf-8").splitlines()) < 100
    elsewhere = Desk(drawn.home.with_name("nowhere"))
    assert elsewhere.facts("inspect", "verify-draw", path)["compared_with_log"] is False
    assert "未与日志比较" in elsewhere.run("inspect", "verify-draw", path).text
    assert "未与日志比较" not in drawn.run("inspect", "verify-draw", path).text


def changed(desk: Desk, change: Callable[[Any], Any]) -> Path:
    facts = draw_file(desk)
    path = desk.home / "changed.json"
    facts = change(facts) or facts
    path.write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")
    return path


def test_the_log_tells_what_a_consistent_change_hides(drawn: Desk) -> None:
    def other_dice(facts: Any) -> Any:
        return draws.consistent({**facts, "randomness": "1111111111"})

    def one_less(facts: Any) -> Any:
        return draws.consistent({**facts, "population": facts["population"][1:]})

    def other_root(facts: Any) -> None:
        facts["checkpoint"]["root"] = "A" * 43 + "="

    def other_witness(facts: Any) -> None:
        facts["witnesses"] = ["赵一", "孙三"]

    def no_mandatory(facts: Any) -> None:
        facts["mandatory"] = facts["mandatory"][1:]

    hidden = {
        "抽取所用的数": other_dice,
        "总体的散列": one_less,
        "检查点不是冻结时所记的": other_root,
        "见证人": other_witness,
        "必查的单位": no_mandatory,
    }
    for words, change in hidden.items():
        path = changed(drawn, change)
        told = drawn.facts("inspect", "verify-draw", path, status=1)
        assert any(words in fault for fault in told["faults"]), (words, told)
        # Of itself it is whole: that is why the log holds the hash.
        assert drawn.facts("inspect", "verify-draw", path, "--offline")["ok"]


def test_a_changed_file_is_refused_offline_too(drawn: Desk) -> None:
    for name in ("a pick exchanged", "fewer drawn", "a unit left out", "another seed"):
        path = changed(drawn, draws.TAMPERED[name])
        assert drawn.facts("inspect", "verify-draw", path, "--offline", status=1)["faults"]
        done = subprocess.run([sys.executable, "-I", TOOL, path], capture_output=True, check=False)
        assert done.returncode == 1, (name, done)
    (drawn.home / "changed.json").write_text("{}", encoding="utf-8")
    assert "不是抽取文件" in drawn.run("inspect", "verify-draw", drawn.home / "changed.json").text


def test_nothing_is_drawn_before_it_is_frozen_nor_twice_without_a_reason(office: Desk) -> None:
    assert "尚未冻结总体" in refused(office, "draw", *OF_MONTH, *DICE)
    office.ok("inspect", "freeze", *OF_MONTH)
    assert "确须重新冻结" in refused(office, "freeze", *OF_MONTH)
    office.ok("inspect", "draw", *OF_MONTH, *DICE, "-o", office.home / "1.json")
    assert "确须重新抽取" in refused(office, "draw", *OF_MONTH, "--dice", "1234512345", *DICE[2:])
    again = ("--reason", "第一次有人异议")
    assert "已用于本次抽查以前的抽取" in refused(office, "draw", *OF_MONTH, *DICE, *again)
    other = ("--dice", "1234512345", *DICE[2:], "-o", office.home / "2.json")
    office.ok("inspect", "draw", *OF_MONTH, *other, *again)
    first, second = office.events("inspection-drawn")
    assert (first.state.get("reason", ""), second.state["reason"]) == ("", again[1])
    for name in ("1.json", "2.json"):
        assert office.facts("inspect", "verify-draw", office.home / name)["ok"]


def test_what_decides_is_not_known_before_the_freezing(office: Desk) -> None:
    office.ok("inspect", "freeze", *OF_MONTH)
    [frozen] = office.events("inspection-frozen")
    for size in (1, frozen.state["checkpoint_size"], frozen.position):
        assert "在冻结之前已可知" in refused(office, "draw", *OF_MONTH, "--checkpoint", str(size))
    assert "没有检查点" in refused(office, "draw", *OF_MONTH, "--checkpoint", str(frozen.position + 1))
    assert "还没有夜间作业" in refused(office, "draw", *OF_MONTH)
    office.ok("nightly", office.home / "steps.csv", "--as-of", "2026-04-02")
    run = office.ok("inspect", "draw", *OF_MONTH, "-o", office.home / "R.json")
    assert "以日志检查点决定的抽取较弱" in run.text
    told = draw_file(office, "R.json")
    size, note = next(one for one in office.checkpoints() if one[0] == told["root_size"])
    assert size > frozen.position
    assert note.splitlines()[2] == told["randomness"]
    assert office.facts("inspect", "verify-draw", office.home / "R.json")["ok"]
    early = changed_root(office, frozen.position)
    assert not office.facts("inspect", "verify-draw", early, "--offline", status=1)["ok"]


def changed_root(desk: Desk, size: int) -> Path:
    facts = draw_file(desk, "R.json")
    facts["root_size"] = min(size, facts["checkpoint"]["size"])
    path = desk.home / "early.json"
    path.write_text(json.dumps(facts), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--dice", "42613", *DICE[2:]), "只有5位"),
        (("--dice", "426135226x", *DICE[2:]), "应为掷出的数字"),
        (DICE[:4], "两名不同的见证人"),
        ((*DICE[:2], "--witness", "赵一", "--witness", "赵 一"), "两名不同的见证人"),
        ((*DICE, "--number", "123"), "只能用其一"),
        (("--number", "07142231"), "--source"),
        (("--source", "报纸"), "只与--number同用"),
        (DICE[2:], "只与--dice同用"),
    ],
)
def test_what_decides_is_told_in_full(month: Desk, words: tuple[str, ...], told: str) -> None:
    assert told in refused(month, "draw", *OF_MONTH, *words, status=2)


def test_a_published_number_names_its_source(office: Desk) -> None:
    office.ok("inspect", "freeze", *OF_MONTH)
    number = ("--number", "07 14 22 31", "--source", "双色球 2026040 期")
    office.ok("inspect", "draw", *OF_MONTH, *number, "-o", office.home / "N.json")
    told = draw_file(office, "N.json")
    assert (told["way"], told["randomness"], told["source"]) == ("number", "07142231", "双色球 2026040 期")
    assert office.facts("inspect", "verify-draw", office.home / "N.json")["ok"]


def test_who_may_and_of_what(office: Desk) -> None:
    assert "不是" in refused(office, "freeze", *OF_MONTH, "--by", "anal")
    assert "没有用户" in refused(office, "freeze", *OF_MONTH, "--by", "nobody")
    assert "没有登记机构" in refused(office, "freeze", "--month", MONTH, "--office", "999999", status=2)
    assert "没有办结的业务" in refused(office, "freeze", "--month", "2025-01", "--office", OFFICE)
    assert "应写作2026-03" in refused(office, "freeze", "--month", "2026-13", "--office", OFFICE, status=2)
    april = ("--month", "2026-04", "--office", OFFICE)
    assert "永远抽不到" in refused(office, "freeze", *april)
    told = office.facts("inspect", "freeze", *april, "--reason", "月末停机")
    assert any("数据只到2026-04-01" in one.replace(" ", "") for one in told["cautions"])


def test_who_draws_is_no_witness(office: Desk) -> None:
    office.ok("inspect", "freeze", *OF_MONTH)
    own = (*DICE[:4], "--witness", "insp", "--by", "insp")
    assert "就是办理抽取的人" in refused(office, "draw", *OF_MONTH, *own)


def test_a_case_whose_entry_was_excused_is_always_inspected(office: Desk) -> None:
    late = [
        row | {"occurred_at": "2026-03-31 11:00:00"} if row["step"] == "book" else row for row in case("L1")
    ]
    office.ok("nightly", office.export("late.csv", late), "--as-of", "2026-04-02")
    entries = office.facts("ledger", "list")
    entry = next(row["entry"] for row in entries if (row["subject"], row["rule"]) == ("L1", "overdue"))
    before = office.facts("inspect", "plan", *OF_MONTH)
    assert "说明采纳" not in before["mandatory"]
    to = ("--to", "section:A科", "--kind", "by_date")
    office.ok("ledger", "assign", entry, *to, "--by", "post1")
    office.ok("ledger", "answer", entry, "--text", "停电", "--by", "head")
    office.ok("ledger", "judge", entry, "--verdict", "excused", "--text", "属实", "--by", "post1")
    office.ok("check", "--as-of", "2026-04-02")
    after = office.facts("inspect", "plan", *OF_MONTH)
    assert after["mandatory"] == before["mandatory"] | {"说明采纳": 1}
    assert after["count"] == before["count"] - 1
    # A profile may do without it.
    own = 'title = "试"\nextends = "ordos-2023"\n[inspection]\nexcused = false\nmandatory = []\n'
    own_profile(office, own)
    assert office.facts("inspect", "plan", *OF_MONTH)["mandatory"] == {}


def test_all_offices_together(office: Desk) -> None:
    rows = [row | {"office": "150603"} for row in case("C1")]
    office.ok("nightly", office.export("other.csv", rows), "--as-of", AS_OF)
    told = office.facts("inspect", "freeze", "--month", MONTH)
    assert told["inspection"] == f"all-{MONTH}"
    assert [one["stratum"] for one in told["strata"]][-1] == "150603/general"
    # Who is inspector of one office alone does not draw for all.
    assert "不是" in refused(office, "draw", "--month", MONTH, *DICE, "--by", "insp")
    office.ok("inspect", "draw", "--month", MONTH, *DICE, "-o", office.home / "A.json")
    assert office.facts("inspect", "verify-draw", office.home / "A.json")["ok"]


def test_verify_holds_the_lists_in_the_archive(drawn: Desk) -> None:
    assert drawn.facts("verify")["is_whole"]
    [frozen] = drawn.events("inspection-frozen")
    (drawn.home / "archive" / f"{frozen.state['population_sha256']}.zst").unlink()
    run: Run = drawn.run("verify")
    assert run.status == 1
    assert f"抽查{OFFICE}-{MONTH}的总体清单" in run.text

"""What other profiles and parameters would find: counts, lists, and nothing kept of it."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from conftest import Desk, ordinary_case, step

pytestmark = pytest.mark.long

AS_OF = "2026-03-10"
# Five working days from Monday, 2 March 2026: due on the 9th; by the law alone on 13 April.
LATE = [step(f"late{n}", "accept", "2026-03-02 09:00:00", "li", registration_type="200") for n in range(3)]


@pytest.fixture(scope="module")
def after_a_night(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("night") / "home").make()
    desk.ok("nightly", desk.export("a.csv", [*LATE, *ordinary_case("1")]), "--as-of", AS_OF)
    return desk


@pytest.fixture
def night(after_a_night: Desk, tmp_path: Path) -> Iterator[Desk]:
    desk = after_a_night.copy_to(tmp_path / "home")
    yield desk
    desk.assert_log_is_whole()


def rule(facts: Any, name: str) -> dict[str, Any]:
    [found] = [rule for rule in facts["rules"] if rule["rule"] == name]
    return {key: value for key, value in found.items() if key not in ("rule", "title")}


def counts(before: int | None, after: int | None, **differing: int) -> dict[str, int | None]:
    return {"before": before, "after": after, "appeared": 0, "disappeared": 0, "changed": 0, **differing}


def test_two_profiles_are_held_against_each_other(night: Desk) -> None:
    there = night.facts("backtest", "--profile", "default", "--profile", "ordos-2023", "--as-of", AS_OF)
    assert rule(there, "overdue") == counts(0, 3, appeared=3)
    listed = [row for row in there["findings"] if row["rule"] == "overdue"]
    assert [(row["change"], row["case_no"]) for row in listed] == [("appeared", f"late{n}") for n in range(3)]
    assert {row["severity_before"] for row in listed} == {None}
    assert {row["due_on_after"] for row in listed} == {"2026-03-09"}
    back = night.facts("backtest", "--profile", "ordos-2023", "--profile", "default", "--as-of", AS_OF)
    assert rule(back, "overdue") == counts(3, 0, disappeared=3)
    assert (back["before"], back["after"]) == ("ordos-2023", "default")


@pytest.mark.slow
def test_one_profile_is_held_against_the_workspaces_own(night: Desk) -> None:
    facts = night.facts("backtest", "--profile", "default", "--as-of", AS_OF)
    assert (facts["before"], facts["after"]) == ("ordos-2023", "default")
    assert rule(facts, "overdue") == counts(3, 0, disappeared=3)
    same = night.facts("backtest", "--profile", "ordos-2023", "--as-of", AS_OF)
    assert same["findings"] == []


def test_a_parameter_alone_is_tried(night: Desk) -> None:
    facts = night.facts("backtest", "--set", "overdue.statutory_days=3", "--as-of", AS_OF)
    assert rule(facts, "overdue") == counts(3, 3, changed=3)
    listed = [row for row in facts["findings"] if row["rule"] == "overdue"]
    assert {(row["severity_before"], row["severity_after"]) for row in listed} == {("major", "critical")}
    assert facts["after"] == "ordos-2023(overdue.statutory_days=3)"
    both = night.facts(
        "backtest", "--profile", "default", "--set", "overdue.statutory_days=3", "--as-of", AS_OF
    )
    assert rule(both, "overdue") == counts(3, 3, changed=3)


@pytest.mark.slow
def test_as_of_another_day(night: Desk) -> None:
    facts = night.facts(
        "backtest", "--profile", "default", "--profile", "ordos-2023", "--as-of", "2026-03-09"
    )
    assert rule(facts, "overdue") == counts(0, 0)
    assert facts["as_of"].startswith("2026-03-09")


@pytest.mark.slow
def test_the_list_is_limited_and_the_counts_are_not(night: Desk) -> None:
    words = ("backtest", "--profile", "default", "--as-of", AS_OF, "--limit", "1")
    facts = night.facts(*words)
    assert rule(facts, "overdue")["disappeared"] == 3
    assert len([row for row in facts["findings"] if row["rule"] == "overdue"]) == 1
    shown = night.ok(*words).out
    for text in ("ordos-2023 → default", "少掉 3 项,列出前 1 项", "late0", "未发布"):
        assert text in shown, shown
    assert "late1" not in shown


@pytest.mark.slow
def test_a_rule_that_one_side_turns_off(night: Desk) -> None:
    (night.home / "profiles").mkdir()
    (night.home / "profiles" / "local.toml").write_text(
        'title = "本地"\nextends = "ordos-2023"\nrules_off = ["overdue"]\n', encoding="utf-8"
    )
    words = ("backtest", "--profile", "local", "--as-of", AS_OF)
    assert rule(night.facts(*words), "overdue") == counts(3, None, disappeared=3)
    assert "未运行" in night.ok(*words).out


def test_nothing_is_kept_of_it(night: Desk) -> None:
    def content() -> dict[str, str]:
        return {
            path.relative_to(night.home).as_posix(): sha256(path.read_bytes()).hexdigest()
            for path in sorted(night.home.rglob("*"))
            if path.is_file() and path.suffix != ".lock"
        }

    before = content()
    night.ok("backtest", "--profile", "default", "--as-of", AS_OF)
    assert content() == before


WRONG = {
    "nothing to compare": ((), "--set"),
    "three profiles": (("--profile", "default") * 3, "3次"),
    "no such profile": (("--profile", "mars"), "mars"),
    "no equals sign": (("--set", "overdue.statutory_days"), "应写作"),
    "no parameter": (("--set", "overdue=3"), "应写作"),
    "no such rule": (("--set", "fly.days=3"), "没有规则fly"),
    "no such parameter": (("--set", "overdue.days=3"), "statutory_days"),
    "no number": (("--set", "overdue.statutory_days=three"), "three"),
    "a text": (("--set", "overdue.statutory_days='x'"), "不小于0的整数"),
    "less than nothing": (("--set", "overdue.statutory_days=-3"), "不小于0的整数"),
    "no time": (("--set", "overdue.statutory_days=3", "--as-of", "spring"), "spring"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_words_are_answered_in_chinese(desk: Desk, case: str) -> None:
    words, named = WRONG[case]
    run = desk.run("backtest", *words)
    assert run.status == 2, run
    assert named in run.text


def test_an_empty_log_and_no_workspace(desk: Desk, new_desk: Any) -> None:
    assert desk.facts("backtest", "--profile", "default")["findings"] == []
    other = new_desk("other")
    (other.home / "regaudit.toml").unlink()
    assert other.run("backtest", "--profile", "default").status == 1

"""Offsets behind times that are not those of the workspace's zone: somebody must say what they are worth."""

import os
import pty
import subprocess
import sys
from collections.abc import Sequence

import pytest
from conftest import SRC, Desk, step

# What follows the clock of three times, how often each stands there, how many are not Shanghai's.
WRITINGS = {
    "none": (["", "", ""], {}, 0),
    "the zone's": (["+08:00", "+0800", "+08"], {"+08:00": 1, "+0800": 1, "+08": 1}, 0),
    "some the zone's, some none": (["+08:00", "", ""], {"+08:00": 1}, 0),
    "universal time": (["Z", "Z", "Z"], {"Z": 3}, 3),
    "one of three": (["+08:00", "", "Z"], {"+08:00": 1, "Z": 1}, 1),
    "of two zones": (["+09:00", "-05:30", "+08:00"], {"+09:00": 1, "-05:30": 1, "+08:00": 1}, 2),
}
COMPACT = ["20260302090000", "20260302 090000", "20260302T09:00:00"]


def rows(offsets: Sequence[str], days: Sequence[str] = ("2026-03-02T09:00:00",) * 3) -> list[dict[str, str]]:
    return [
        step(str(n), "accept", f"{day}{offset}")
        for n, (day, offset) in enumerate(zip(days, offsets, strict=True))
    ]


@pytest.mark.parametrize("name", WRITINGS)
@pytest.mark.parametrize("days", [("2026-03-02T09:00:00",) * 3, COMPACT, ("2026-03-02 09:00",) * 3])
def test_offsets_are_counted_and_asked_about_where_they_differ(
    desk: Desk, name: str, days: Sequence[str]
) -> None:
    offsets, counted, moved = WRITINGS[name]
    path = desk.export("a.csv", rows(offsets, days))
    facts = desk.facts("preview", path, status=1 if moved else 0)
    [export] = facts["exports"]
    assert {count["value"]: count["rows"] for count in export["offsets"]} == counted
    assert (export["moved"], facts["problem"], export["quarantined"]) == (moved, "", 0)
    run = desk.run("preview", path)
    assert ("时区未定" in run.text, "--offsetsignored" in run.text) == (bool(moved), bool(moved))


@pytest.mark.parametrize(
    "day", ["2026-03-02", "2026-03-02T00:00:00Z", "2026/3/2", "20260302", "2026-03-02 09:00"]
)
def test_a_date_has_no_offset_that_moves_it(desk: Desk, day: str) -> None:
    [export] = desk.facts("preview", desk.export("a.csv", [step("1", "accept", day)]))["exports"]
    assert export["moved"] == 0


def test_summer_time_is_no_difference(desk: Desk) -> None:
    desk.configure('zone = "Europe/Berlin"\n')
    summer, winter = ("2026-07-01T09:00:00+02:00", "2026-01-05T09:00:00+01:00")
    desk.facts("preview", desk.export("a.csv", [step("1", "accept", summer), step("2", "accept", winter)]))
    path = desk.export(
        "b.csv", [step("1", "accept", summer), step("2", "accept", winter.replace("01:00", "02:00"))]
    )
    [export] = desk.facts("preview", path, status=1)["exports"]
    assert export["moved"] == 1


@pytest.mark.parametrize(
    ("answer", "expected"), [("kept", "2026-03-02T17:00:00"), ("ignored", "2026-03-02T09:00:00")]
)
def test_the_answer_stands_in_the_mapping_and_decides_the_import(
    desk: Desk, answer: str, expected: str
) -> None:
    path, draft = desk.export("a.csv", rows(["Z"] * 3)), desk.home / "m.toml"
    facts = desk.facts("preview", path, "--offsets", answer, "--write", draft)
    assert facts["exports"][0]["first_at"] == expected
    assert f'offsets = "{answer}"' in draft.read_text("utf-8")
    assert desk.facts("preview", path, "--mapping", draft)["exports"][0]["first_at"] == expected
    desk.ok("import", path, "--mapping", draft)
    assert {action["occurred_at"] for action in desk.actions()} == {expected}


def test_ignored_offsets_are_read_in_the_zone_of_the_mapping(desk: Desk) -> None:
    path, mapping = desk.export("a.csv", rows(["Z"] * 3)), desk.home / "m.toml"
    mapping.write_text('offsets = "ignored"\nzone = "Asia/Tokyo"\n', encoding="utf-8")
    assert (
        desk.facts("preview", path, "--mapping", mapping)["exports"][0]["first_at"] == "2026-03-02T08:00:00"
    )


def test_a_mapping_that_says_nothing_believes_them_as_before(desk: Desk) -> None:
    desk.ok("import", desk.export("a.csv", rows(["Z"] * 3)))
    assert {action["occurred_at"] for action in desk.actions()} == {"2026-03-02T17:00:00"}


@pytest.mark.parametrize(("typed", "expected"), [("kept", "17:00:00"), ("x\nignored", "09:00:00")])
def test_whoever_sits_at_the_terminal_is_asked(desk: Desk, typed: str, expected: str) -> None:
    ours, its = pty.openpty()
    words = [
        sys.executable,
        "-m",
        "regaudit",
        "preview",
        str(desk.export("a.csv", rows(["Z"] * 3))),
        "--home",
        str(desk.home),
    ]
    with subprocess.Popen(
        words,
        stdin=its,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(SRC)},
    ) as process:
        os.write(ours, f"{typed}\n".encode())
        shown, _ = process.communicate()
    os.close(its)
    os.close(ours)
    assert process.returncode == 0
    assert f"occurred_at = 2026-03-02T{expected}" in shown.decode()

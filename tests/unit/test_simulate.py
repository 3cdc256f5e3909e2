"""The simulation against the rules' own words, read here a second time in plain Python."""

import csv
import itertools
import json
from bisect import bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from regaudit.base.errors import UsageError
from regaudit.catalogue.calendar import national_calendar
from regaudit.simulate import RULES, RULES_OFF, Simulation, simulate

COLUMNS = {
    *("case_no", "office", "step", "node", "result", "started_at", "occurred_at", "account", "operator"),
    *("terminal", "registration_type", "right_type", "applicant_kind", "channel", "batch_no", "unit_no"),
    *("pause_kind", "reason", "approver", "serial_no", "promised_at", "subtype", "matter"),
}
ROSTER = ["account", "person_id", "person_name", "office", "org_kind", "post", "valid_from", "valid_to"]
FILES = ("steps.csv", "roster.csv", "truth.csv", "truth_off.csv", "simulation.json")
LAWFUL = {"supplement", "notice", "site_visit", "objection", "suspension"}
READ_AGAIN = {
    *("accept-review-same", "due-soon", "external-acceptance", "inactive-account", "multiple-accounts"),
    *("off-hours", "one-person", "overdue", "passed-over", "queue-jump", "too-fast", "unexplained-timing"),
    *("expedite-unlawful", "unregistered-account"),
}
"""Rules that this file reads a second time; of the others `test_simulate_truth.py` runs the SQL."""
FILLERS = {"无原因", "没有", "不详", "待补", "同意", "null", "none", "nan", "undefined", "test", "测试"}
GROUNDS = {"老年", "残疾"}
WORKDAYS_SET = set(national_calendar().filter("is_workday")["on_date"])
WORKDAYS: list[date] = national_calendar().filter("is_workday")["on_date"].to_list()

Row = dict[str, str]
Verdicts = set[tuple[str, str, str]]


def read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def truth(folder: Path) -> Verdicts:
    """The planted violations of the rules that are read again here."""
    rows = read(folder / "truth.csv")
    return {(r["rule"], r["subject"], r["office"]) for r in rows if r["rule"] in READ_AGAIN}


def worked(moment: datetime) -> int:
    """Working seconds since the calendar began."""
    before = bisect_right(WORKDAYS, moment.date())
    if not before or WORKDAYS[before - 1] != moment.date():
        return before * 27_000
    midnight = datetime.combine(moment.date(), time())
    into = (moment - midnight).seconds
    return (before - 1) * 27_000 + min(max(into - 30_600, 0), 12_600) + min(max(into - 48_600, 0), 14_400)


moment = datetime.fromisoformat


def tells(row: Row) -> bool:
    """“without … punctuation characters, at least two letters or ideographs and not one of the … fillers”."""
    letters = "".join(letter for letter in row["reason"] if letter.isalnum())
    return sum(letter.isalpha() for letter in letters) >= 2 and letters not in FILLERS


def has_time(row: Row) -> bool:
    return len(row["occurred_at"]) > 10


@dataclass
class Told:
    """One case as its rows tell it."""

    rows: list[Row]
    as_of: datetime
    persons: dict[str, str | None]
    names: dict[tuple[str, str], set[str]]
    accept: Row = field(init=False)

    def __post_init__(self) -> None:
        self.rows.sort(key=lambda row: row["occurred_at"])
        [self.accept] = self.of("accept")

    def of(self, step: str) -> list[Row]:
        return [row for row in self.rows if row["step"] == step]

    @property
    def key(self) -> tuple[str, str]:
        return self.accept["case_no"], self.accept["office"]

    @property
    def lane(self) -> tuple[str, bool]:
        return self.accept["office"], self.accept["right_type"] in {"mortgage", "抵押权"}

    def person(self, row: Row) -> str | None:
        if row["account"]:
            return self.persons.get(row["account"], "account:" + row["account"])
        if found := self.names.get((row["office"], row["operator"])):
            return found.copy().pop() if len(found) == 1 else None
        return f"{row['office']}/{row['operator']}" if row["operator"] else None

    def pauses(self) -> list[tuple[datetime, datetime | None]]:
        resumes = [moment(row["occurred_at"]) for row in self.of("resume")]
        begun = [moment(row["occurred_at"]) for row in self.of("pause") if row["pause_kind"] in LAWFUL]
        return [(at, min((end for end in resumes if end >= at), default=None)) for at in begun]

    def booked(self) -> datetime | None:
        return max((moment(row["occurred_at"]) for row in self.of("book")), default=None)

    def is_by_robot(self) -> bool:
        rows = self.of("accept") + self.of("review") + self.of("book")
        return any(self.persons.get(row["account"], "") is None for row in rows)

    def finished(self) -> datetime | None:
        booked = [moment(row["occurred_at"]) for row in self.of("book")]
        ends = [max(booked)] if booked else []
        ends += [moment(row["occurred_at"]) for row in self.of("refuse") + self.of("withdraw")]
        return min(ends, default=None)

    def due_on(self) -> date | None:
        """None while the clock stands."""
        pauses = self.pauses()
        if any(end is None for _, end in pauses):
            return None
        limit = 3 if self.lane[1] else 5
        accepted = moment(self.accept["occurred_at"]).date()
        for day in WORKDAYS[bisect_right(WORKDAYS, accepted) :]:
            limit -= not any(begin.date() < day <= end.date() for begin, end in pauses if end)
            if not limit:
                return day
        raise AssertionError(self.key)

    def first_review(self) -> Row | None:
        reviews = self.of("review")
        return reviews[0] if reviews else None

    def queued_at(self) -> datetime:
        first = self.first_review()
        until = moment(first["occurred_at"]) if first else moment("9999-12-31")
        ends = [
            end
            for begin, end in self.pauses()
            if end and end < until and (end.date() > begin.date() or worked(end) - worked(begin) >= 1_800)
        ]
        return max([moment(self.accept["occurred_at"]), *ends])

    def reviewed_at(self) -> datetime | None:
        first = self.first_review()
        return moment(first["started_at"] or first["occurred_at"]) if first else None

    def gone(self, at: datetime) -> bool:
        """Paused, returned or closed."""
        closed = self.finished()
        stopped = any(begin <= at and (end is None or at < end) for begin, end in self.pauses())
        return (
            stopped
            or (closed is not None and closed <= at)
            or any(moment(r["occurred_at"]) <= at for r in self.of("return"))
        )


def evaluate(folder: Path) -> Verdicts:
    """All verdicts, by the letter of the rules."""
    as_of = moment(json.loads((folder / "simulation.json").read_text())["as_of"] + " 23:59:59")
    roster = read(folder / "roster.csv")
    persons = {row["account"]: None if row["org_kind"] == "robot" else row["person_id"] for row in roster}
    by_case: dict[tuple[str, str], dict[tuple[str, ...], Row]] = defaultdict(dict)
    for row in read(folder / "steps.csv"):
        by_case[row["case_no"], row["office"]][tuple(row.values())] = row
    names: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in roster:
        if row["org_kind"] != "robot":
            names[row["office"], row["person_name"]].add(row["person_id"])
    cases = [Told(list(rows.values()), as_of, persons, names) for rows in by_case.values()]
    overtime = {(row["office"], row["occurred_at"][:10]) for case in cases for row in case.of("overtime")}
    found: Verdicts = account_rules(cases, roster)
    for case in cases:
        rules = [*clock_rules(case), *person_rules(case), *pace_rules(case, overtime)]
        found |= {(rule, *case.key) for rule in rules}
    lanes: dict[tuple[str, bool], dict[str, list[Told]]] = defaultdict(lambda: defaultdict(list))
    for case in cases:
        first, begun = case.first_review(), case.reviewed_at()
        is_early = begun is not None and begun < moment(case.accept["occurred_at"])
        if first is None or (has_time(first) and not is_early):
            lanes[case.lane][case.accept["batch_no"] or case.accept["case_no"]].append(case)
    for bundles in lanes.values():
        found |= order_rules([unit for together in bundles.values() for unit in units_of(together)])
    return found | unexplained(cases, found)


def units_of(together: list[Told]) -> list[list[Told]]:
    """“that one person … accepted within [2] … working days and before the first review of any of them”."""
    units: list[list[Told]] = []
    for case in sorted(together, key=lambda case: case.accept["occurred_at"]):
        accepted = moment(case.accept["occurred_at"])
        for unit in units:
            first = moment(unit[0].accept["occurred_at"]).date()
            between = bisect_right(WORKDAYS, accepted.date()) - bisect_right(WORKDAYS, first)
            begun = [at for other in unit if (at := other.reviewed_at())]
            same = case.person(case.accept) == case.person(unit[0].accept)
            if same and between < 2 and all(accepted < at for at in begun):
                unit.append(case)
                break
        else:
            units.append([case])
    return units


def account_rules(cases: list[Told], roster: list[Row]) -> Verdicts:
    found: Verdicts = set()
    known: dict[str, list[Row]] = defaultdict(list)
    holders: dict[str, list[Row]] = defaultdict(list)
    for entry in roster:
        known[entry["account"]].append(entry)
        holders[entry["person_id"]].append(entry)
    first_used: dict[tuple[str, str], date] = {}
    for row in (row for case in cases for row in case.rows if row["account"]):
        day, entries = row["occurred_at"][:10], known[row["account"]]
        in_force = [e for e in entries if e["valid_from"] <= day <= (e["valid_to"] or "9999")]
        subject = (row["account"], row["office"])
        if not entries:
            on = date.fromisoformat(day)
            first_used[subject] = min(on, first_used.get(subject, on))
        elif not in_force:
            found.add(("inactive-account", *subject))
        elif row["step"] == "accept" and in_force[0]["org_kind"] not in {"center", "robot"}:
            found.add(("external-acceptance", row["case_no"], row["office"]))
    found |= {
        ("unregistered-account", *subject)
        for subject, first in first_used.items()
        # “unknown for the first [20] working days of its use”
        if sum(first <= day <= cases[0].as_of.date() for day in WORKDAYS) > 20
    }
    for person, entries in holders.items():
        pairs = itertools.combinations(entries, 2)
        if any(
            max(a["valid_from"], b["valid_from"]) <= min(a["valid_to"] or "9999", b["valid_to"] or "9999")
            for a, b in pairs
        ):
            found.add(("multiple-accounts", person, entries[0]["office"]))
    return found


def pace_rules(case: Told, overtime: set[tuple[str, str]]) -> list[str]:
    found = []
    booked, accepted = case.booked(), moment(case.accept["occurred_at"])
    is_ordinary = case.accept["registration_type"] not in {"400", "800"} and not case.is_by_robot()
    if booked and booked >= accepted and is_ordinary and worked(booked) - worked(accepted) < 600:
        found.append("too-fast")
    acts = [row for step in ("accept", "review", "book") for row in case.of(step)]
    if any(
        is_off_hours(row) and (row["office"], row["occurred_at"][:10]) not in overtime
        for row in acts
        if case.persons.get(row["account"], "") is not None
    ):
        found.append("off-hours")
    return found


def is_off_hours(row: Row) -> bool:
    at = moment(row["occurred_at"])
    if at.date() not in WORKDAYS_SET:
        return True
    hours = (time(8), time(12, 30)), (time(13), time(18))
    return has_time(row) and not any(opens <= at.time() <= closes for opens, closes in hours)


def unexplained(cases: list[Told], found: Verdicts) -> Verdicts:
    verdicts = set()
    for case in cases:
        notes = case.of("expedite") + case.of("explain")
        is_late = ("overdue", *case.key) in found and case.finished()
        is_timed = is_late or ("queue-jump", *case.key) in found or case.of("expedite")
        if is_timed and not any(tells(row) for row in notes):
            verdicts.add(("unexplained-timing", *case.key))
        said = {
            row["step"]: any(word in row["reason"] for word in GROUNDS)
            for row in notes
            if row["step"] == "explain" or tells(row)
        }
        if case.of("expedite") and not said.get("expedite", said.get("explain", False)):
            verdicts.add(("expedite-unlawful", *case.key))
    return verdicts


def clock_rules(case: Told) -> list[str]:
    due, finished = case.due_on(), case.finished()
    if due is None and finished is None:
        return []
    assert due is not None
    if (finished or case.as_of).date() > due:
        return ["overdue"]
    ahead = sum(case.as_of.date() < day <= due for day in WORKDAYS)
    return ["due-soon"] if finished is None and ahead <= 1 else []


def person_rules(case: Told) -> list[str]:
    acceptor = case.person(case.accept)
    if acceptor is None:
        return []
    reviewers = {case.person(row) for row in case.of("review")}
    approvers = {case.person(row) for row in case.of("review") if row["result"] in {"", "approve"}}
    bookers = {case.person(row) for row in case.of("book")}
    verdicts = ["accept-review-same"] if acceptor in reviewers else []
    return [*verdicts, "one-person"] if approvers == bookers == {acceptor} else verdicts


def order_rules(units: list[list[Told]]) -> Verdicts:
    arrived = [min(case.queued_at() for case in unit) for unit in units]
    begun = [
        min((at for case in unit if (at := case.reviewed_at())), default=moment("9999-12-31"))
        for unit in units
    ]
    seconds = [worked(at) for at in arrived]
    overtaken: dict[int, list[int]] = defaultdict(list)
    overtakers: Counter[int] = Counter()
    for b, a in itertools.permutations(range(len(units)), 2):
        if (
            begun[b] < begun[a]
            and seconds[b] - seconds[a] >= 3_600
            and not any(case.gone(begun[b]) for case in units[a])
        ):
            overtaken[b].append(a)
            overtakers[a] += 1
    found: Verdicts = set()
    stalled = set()
    for a, count in overtakers.items():
        first = min(begun[b] for b, behind in overtaken.items() if a in behind)
        waited = [
            at
            for b, at in enumerate(begun)
            if b != a and first <= at < begun[a] and at.year < 9999 and not any(c.gone(at) for c in units[a])
        ]
        # “≥ [10] others overtake it and these are ≥ [80 %] of the lane's units begun”
        if count >= 10 and 100 * count >= 80 * len(waited):
            stalled.add(a)
            found |= {("passed-over", *case.key) for case in units[a]}
    for b, behind in overtaken.items():
        notes = [row for case in units[b] for row in case.of("expedite") + case.of("explain")]
        excused = any(tells(row) and moment(row["occurred_at"]) <= begun[b] for row in notes)
        if sum(a not in stalled for a in behind) >= 3 and not excused:
            found |= {("queue-jump", *case.key) for case in units[b]}
    return found


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Simulation]:
    folder = tmp_path_factory.mktemp("small")
    return folder, simulate(300, 7, folder)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Simulation]:
    """A platform on which nothing is planted."""
    folder = tmp_path_factory.mktemp("clean")
    return folder, simulate(300, 7, folder, plant=False)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_truth_is_what_the_rules_say(tmp_path: Path, seed: int) -> None:
    simulate(400, seed, tmp_path)
    assert evaluate(tmp_path) == truth(tmp_path)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_dense_platform_is_clean_but_for_its_plants(tmp_path: Path, seed: int) -> None:
    simulate(1_500, seed, tmp_path, days=70)
    assert evaluate(tmp_path) == truth(tmp_path)


def test_nothing_is_wrong_where_nothing_is_planted(tmp_path: Path) -> None:
    simulation = simulate(400, 5, tmp_path, plant=False)
    assert evaluate(tmp_path) == set()
    assert read(tmp_path / "truth.csv") == read(tmp_path / "truth_off.csv") == []
    assert simulation.violations == dict.fromkeys(RULES, 0)


def test_every_rule_is_broken(small: tuple[Path, Simulation]) -> None:
    folder, simulation = small
    counts = Counter(row["rule"] for row in read(folder / "truth.csv"))
    assert counts == simulation.violations
    assert set(counts) == set(RULES)
    assert {row["rule"] for row in read(folder / "truth_off.csv")} == set(RULES_OFF)


def test_truth_names_each_violation_once(small: tuple[Path, Simulation]) -> None:
    folder, _ = small
    rows = [tuple(row.values()) for row in read(folder / "truth.csv")]
    assert len(rows) == len(set(rows))
    assert (folder / "truth.csv").read_text().startswith("rule,subject,office\n")


def test_same_arguments_same_bytes(small: tuple[Path, Simulation], tmp_path: Path) -> None:
    folder, simulation = small
    assert simulate(300, 7, tmp_path) == simulation
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()
    simulate(300, 8, tmp_path)
    assert (tmp_path / "steps.csv").read_bytes() != (folder / "steps.csv").read_bytes()


def test_the_log_has_all_columns_and_as_many_cases_as_asked(small: tuple[Path, Simulation]) -> None:
    folder, simulation = small
    rows = read(folder / "steps.csv")
    assert set(rows[0]) == COLUMNS
    assert len({row["case_no"] for row in rows}) == simulation.cases == 300
    assert len(rows) == simulation.rows
    assert all(row["case_no"] and row["office"] and row["step"] and row["occurred_at"] for row in rows)
    assert {len(row["occurred_at"]) for row in rows} == {10, 19}
    assert all(any(row[column] for row in rows) for column in COLUMNS)


def test_rows_are_shuffled_and_some_repeated(small: tuple[Path, Simulation]) -> None:
    folder, simulation = small
    rows = [tuple(row.values()) for row in read(folder / "steps.csv")]
    assert len(rows) - len(set(rows)) == simulation.repeated_rows > 0
    assert rows != sorted(rows, key=lambda row: row[6])


def test_all_is_done_in_working_hours_of_the_period(clean: tuple[Path, Simulation]) -> None:
    folder, simulation = clean
    days = set(WORKDAYS)
    for row in read(folder / "steps.csv"):
        at = moment(row["occurred_at"])
        assert at.date() in days
        assert simulation.start <= at.date() <= simulation.as_of
        if has_time(row):
            assert worked(at + timedelta(seconds=1)) == worked(at) + 1


def test_a_case_is_booked_after_its_last_review(clean: tuple[Path, Simulation]) -> None:
    folder, _ = clean
    ends: dict[str, str] = defaultdict(str)
    rows = read(folder / "steps.csv")
    for row in rows:
        if row["step"] == "review":
            ends[row["case_no"]] = max(ends[row["case_no"]], row["occurred_at"])
    booked = [row for row in rows if row["step"] == "book"]
    assert all(ends[row["case_no"]] and ends[row["case_no"]] < row["occurred_at"] for row in booked)


def test_accounts_of_the_log_are_in_the_roster_and_in_force(clean: tuple[Path, Simulation]) -> None:
    folder, simulation = clean
    roster = {row["account"]: row for row in read(folder / "roster.csv")}
    assert list(next(iter(roster.values()))) == ROSTER
    assert len(roster) == simulation.accounts
    assert max(Counter(row["person_id"] for row in roster.values()).values()) == 1
    for row in read(folder / "steps.csv"):
        if row["account"]:
            entry = roster[row["account"]]
            assert entry["valid_from"] <= row["occurred_at"][:10]
            assert not entry["valid_to"]
            assert (entry["office"], entry["person_name"]) == (row["office"], row["operator"])
            assert row["step"] != "accept" or entry["org_kind"] in {"center", "robot"}


def test_batches_of_units_share_a_stem(tmp_path: Path) -> None:
    simulate(800, 4, tmp_path)
    batches: dict[str, list[str]] = defaultdict(list)
    for row in read(tmp_path / "steps.csv"):
        if row["step"] == "accept" and row["batch_no"]:
            batches[row["batch_no"]].append(row["case_no"])
    assert batches
    for cases in batches.values():
        [(_, most), *strays] = Counter(case.partition("_")[0] for case in set(cases)).most_common()
        assert 5 <= most <= 40
        # One that passes itself off as part of an old batch came later, under a number of its own.
        assert [number for _, number in strays] in ([], [1])


def test_progress_counts_cases(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    simulate(1_200, 1, tmp_path, on_progress=lambda done, asked: seen.append((done, asked)))
    assert seen == [(1_000, 1_200), (1_200, 1_200)]


@pytest.mark.parametrize("cases", [1, 7, 60, 130])
def test_few_cases_are_no_failure(tmp_path: Path, cases: int) -> None:
    simulation = simulate(cases, 3, tmp_path)
    assert simulation.cases == cases
    assert evaluate(tmp_path) == truth(tmp_path)


@pytest.mark.parametrize(
    ("cases", "start", "days"),
    [
        (0, date(2026, 1, 5), 90),
        (10, date(2026, 10, 1), 3),
        (10, date(2026, 12, 1), 90),
        (10, date(1999, 1, 1), 90),
    ],
)
def test_impossible_arguments_are_refused(tmp_path: Path, cases: int, start: date, days: int) -> None:
    with pytest.raises(UsageError):
        simulate(cases, 1, tmp_path, start=start, days=days)

"""Puts a simulation together, office by office, and writes its files."""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from random import Random

import msgspec
import polars as pl

from regaudit.base.errors import UsageError
from regaudit.simulate.actions import Action
from regaudit.simulate.cases import GENERAL, MORTGAGE, Case, Unit
from regaudit.simulate.chance import chance
from regaudit.simulate.company import Company
from regaudit.simulate.ensembles import play
from regaudit.simulate.lifecycle import Narrator
from regaudit.simulate.matters import about
from regaudit.simulate.people import OFFICES, Roster, Staff
from regaudit.simulate.population import Population, number_cases
from regaudit.simulate.queues import reviewers_needed, serve
from regaudit.simulate.reexport import FOLDER, tamper
from regaudit.simulate.rows import StepLog, action_frame, mix
from regaudit.simulate.scenes import set_scenes
from regaudit.simulate.scripts import Script
from regaudit.simulate.shapes import CANONICAL, SHAPES
from regaudit.simulate.stories import ENOUGH, STORIES, Quota, share_out
from regaudit.simulate.worktime import WorkAxis, work_axis

PROFILE = "ordos-2023"
START = date(2026, 1, 5)
RULES = (
    *("accept-review-same", "due-soon", "expedite-overuse", "expedite-unlawful"),
    *("external-acceptance", "extra-step"),
    *("inactive-account", "missing-step", "multiple-accounts", "off-hours", "one-person", "out-of-order"),
    *("overdue", "passed-over", "precheck-overdue", "queue-jump", "shared-account"),
    *("too-fast", "unexplained-timing", "unit-order", "unlawful-pause", "unregistered-account"),
)
"""The rules that `truth.csv` is about."""
RULES_OFF = ("extra-step", "review-book-same")
"""Rules that the profile leaves off, as a whole or as to nodes: `truth_off.csv` is about these."""

_TRUTH = dict.fromkeys(("rule", "subject", "office"), pl.String)
_CASE_COLUMNS = (
    *("case_no", "office", "registration_type", "right_type"),
    *("applicant_kind", "channel", "batch_no", "unit_no", "promised_at"),
    *("subtype", "matter"),
)

_YEARLY_CASES = 20_000
_OFFICES_AT_LEAST = 2
_DAYS_AT_LEAST, _DAYS_AT_MOST = 90, 300
_MORTGAGES = 0.36
_STEP = 1_000

Progress = Callable[[int, int], None]
Verdict = tuple[str, str, str]
"""Rule, subject, office."""


class Simulation(msgspec.Struct, frozen=True, kw_only=True):
    """What was simulated; also the content of `simulation.json`.

    Attributes:
        seed: Start of all chance.
        profile: The rules' profile that the truth holds under.
        start: First day of the period.
        days: Its length in calendar days.
        as_of: Day of the export, the period's last working day.
        reexport_from: First day that the second export covers; null if there is none.
        cases: Cases.
        open_cases: Cases not finished by the as-of day.
        rows: Rows of the step log, repeated ones included.
        repeated_rows: Rows that repeat another one exactly.
        offices: Offices.
        accounts: Accounts in the roster.
        violations: Rows of `truth.csv` by rule.
    """

    seed: int
    profile: str
    start: date
    days: int
    as_of: date
    reexport_from: date | None
    cases: int
    open_cases: int
    rows: int
    repeated_rows: int
    offices: int
    accounts: int
    violations: dict[str, int]


def simulate(
    cases: int,
    seed: int,
    out: Path,
    *,
    start: date = START,
    days: int | None = None,
    plant: bool = True,
    shapes: Sequence[str] = (CANONICAL,),
    people: bool = False,
    on_progress: Progress | None = None,
) -> Simulation:
    """Writes the export of an invented registration platform, with the truth about it.

    The folder gets the step log in each of the `shapes` (`steps.csv` by default), `roster.csv`,
    `truth.csv` (rule, subject, office; of what the step log tells in full), `truth_off.csv` (the same of
    rules that the profile leaves off) and `simulation.json`. From 300 cases on, `reexport/` gets a second
    export of the last weeks, in which rows were rewritten or left out, with its truth. The same arguments
    give the same bytes.

    Args:
        cases: How many cases are accepted.
        seed: Start of all chance.
        out: The folder; made if missing.
        start: First day of the period.
        days: Length of the period in calendar days; by default 90 to 300, by the number of cases.
        plant: Whether violations and near misses are planted. Without them nothing is wrong.
        shapes: Names in `SHAPES`: the forms in which the one step log is written.
        people: Whether people act on what is found, for months after the export: `users.csv`, `later/` with
            an export a night, `deeds.csv` and `ledger_truth.csv`.
        on_progress: Called with the cases done and the cases asked for.

    Returns:
        The counts and the as-of day.

    Raises:
        UsageError: There are no cases or days, or the calendar does not cover them.
        RegauditError: The log is too long for a shape, or a library that writes it is not installed.
    """
    if cases < 1:
        raise UsageError("模拟办件数须为正整数，请改 --cases")
    days = min(_DAYS_AT_MOST, max(_DAYS_AT_LEAST, 60 + cases // 100)) if days is None else days
    axis = work_axis(start, days)
    count = min(len(OFFICES), max(_OFFICES_AT_LEAST, round(cases * 365 / days / _YEARLY_CASES)))
    roster = Roster(chance(seed, "roster"), start)
    platform = _Platform(cases, axis, on_progress)
    for office, quota in enumerate(share_out(cases, count, plant=plant)):
        share = cases // count + (office < cases % count)
        if share:
            platform.add_office(chance(seed, OFFICES[office]), office, share, quota, roster)
    tampers = plant and cases >= ENOUGH
    script = Script(roster, axis) if people else None
    made = platform.write(out, roster, shapes, seed=seed, start=start, days=days, tampers=tampers)
    if script:
        script.write(out)
    return made


class _Platform:
    """Collects what the offices do."""

    def __init__(self, cases: int, axis: WorkAxis, on_progress: Progress | None) -> None:
        self._asked = cases
        self._axis = axis
        self._on_progress = on_progress
        self._done = 0
        self._open = 0
        self._actions: list[pl.DataFrame] = []
        self._cases: list[pl.DataFrame] = []
        self._truth: list[Verdict] = []
        self._truth_off: list[Verdict] = []

    def add_office(self, rng: Random, office: int, share: int, quota: Quota, roster: Roster) -> None:
        """Simulates one office with `share` cases."""
        axis = self._axis
        daily = share / (axis.last + 1)
        by_lane = (daily * (1 - _MORTGAGES), daily * _MORTGAGES)
        needed = (reviewers_needed(by_lane[0], GENERAL), reviewers_needed(by_lane[1], MORTGAGE))
        staff = roster.staff(office, by_lane, needed, doubles=bool(quota.singles))
        people = Population(rng, office, staff, axis)
        stage = set_scenes(rng, people, quota, axis.last, share)
        company = Company(rng, office, staff, roster, axis, people.single)
        played, broken = play(company, quota.ensembles, share - stage.cases)
        units = stage.units + played
        units += people.ordinary(share - stage.cases - len(played), quota)
        number_cases(units, office, axis)
        for lane in (GENERAL, MORTGAGE):
            closed = {day for where, day in stage.closed if where == lane}
            serve(rng, lane, [unit for unit in units if unit.lane == lane], staff.reviewers[lane], closed)
        self._tell(rng, office, units, staff)
        broken += [("multiple-accounts", person) for person in staff.doubled]
        for rule, subject in broken:
            name = subject.case_no if isinstance(subject, Case) else subject
            self._truth.append((rule, name, OFFICES[office]))

    def _tell(self, rng: Random, office: int, units: list[Unit], staff: Staff) -> None:
        narrator = Narrator(rng, staff, self._axis)
        actions: list[Action] = []
        numbers: list[int] = []
        told: list[tuple[str, ...]] = []
        for unit in units:
            for case, review in zip(unit.cases, unit.reviews, strict=True):
                outcome = narrator.tell(case, review, unit.reviewer)
                actions += outcome.actions
                numbers += [self._done] * len(outcome.actions)
                self._truth += [(rule, case.case_no, OFFICES[office]) for rule in outcome.broken]
                off = STORIES[case.plant].breaks_off
                self._truth_off += [(rule, case.case_no, OFFICES[office]) for rule in off]
                self._open += outcome.is_open
                promised = self._axis.days[case.day + case.limit].isoformat()
                told.append(
                    (
                        *(case.case_no, OFFICES[office], case.registration_type, case.right_type),
                        *(case.applicant_kind, case.channel, case.batch_no, case.unit_no, promised),
                        *about(case),
                    )
                )
                self._advance()
        self._actions.append(action_frame(numbers, actions))
        self._cases.append(pl.DataFrame(told, schema=_CASE_COLUMNS, orient="row"))

    def _advance(self) -> None:
        self._done += 1
        if self._on_progress and (self._done % _STEP == 0 or self._done == self._asked):
            self._on_progress(self._done, self._asked)

    def write(
        self,
        out: Path,
        roster: Roster,
        shapes: Sequence[str],
        *,
        seed: int,
        start: date,
        days: int,
        tampers: bool,
    ) -> Simulation:
        """Writes the files."""
        out.mkdir(parents=True, exist_ok=True)
        people = roster.frame()
        actions = pl.concat(self._actions)
        self._actions.clear()
        rows = mix(chance(seed, "rows"), actions)
        log = StepLog(rows, pl.concat(self._cases), people, self._axis)
        for shape in (SHAPES[name] for name in shapes):
            shape.write(log, out / shape.file)
        listed = people.filter("is_listed").drop("terminal", "is_listed")
        listed.with_columns(pl.col(pl.String).replace("", None)).write_csv(out / "roster.csv")
        _write_truth(out / "truth.csv", self._truth)
        _write_truth(out / "truth_off.csv", self._truth_off)
        again = tamper(chance(seed, FOLDER), actions, log, self._axis) if tampers else None
        if again:
            folder = out / FOLDER
            folder.mkdir(exist_ok=True)
            SHAPES[CANONICAL].write(again.log, folder / SHAPES[CANONICAL].file)
            _write_truth(folder / "truth.csv", [(rule, *log.names(case)) for rule, case in again.broken])
        result = Simulation(
            seed=seed,
            profile=PROFILE,
            start=start,
            days=days,
            as_of=self._axis.as_of,
            reexport_from=again.covers_from if again else None,
            cases=self._done,
            open_cases=self._open,
            rows=rows.height,
            repeated_rows=rows.height - actions.height,
            offices=len(self._cases),
            accounts=listed.height,
            violations={rule: sum(row[0] == rule for row in self._truth) for rule in RULES},
        )
        document = msgspec.json.format(msgspec.json.encode(result), indent=2)
        (out / "simulation.json").write_bytes(document + b"\n")
        return result


def _write_truth(path: Path, verdicts: list[Verdict]) -> None:
    pl.DataFrame(sorted(verdicts), schema=_TRUTH, orient="row").write_csv(path)

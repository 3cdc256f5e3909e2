"""Computes a run again from the log as it was then, and holds the findings against what was recorded."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from regaudit.audit.inputs import Inputs, RunFacts, compute, load_inputs
from regaudit.audit.kept_inputs import restore_inputs
from regaudit.audit.rule_runs import findings_hash, rule_counts
from regaudit.audit.scratch import LogUntil, trial_warehouse
from regaudit.base.errors import UsageError
from regaudit.base.progress import Progress
from regaudit.catalogue.event_types import RuleCounts, RunCompleted


class RuleCount(Struct, frozen=True, kw_only=True):
    """A rule whose numbers differ: violations and examined subjects; None where it did not run."""

    rule: str
    violations_then: int | None
    violations_now: int | None
    examined_then: int | None
    examined_now: int | None


class Replayed(Struct, frozen=True, kw_only=True):
    """A run and its repetition.

    `is_equal`: the findings are the same, byte for byte. `changes` tell what is otherwise now than then,
    `lacking` those inputs that the archive does not have as they were, so that today's were taken (Chinese).
    `is_unexplained`: the findings differ although all inputs were the same.
    """

    run_no: int
    kind: str
    as_of: datetime
    log_position: int
    findings_sha256: str
    replayed_sha256: str
    findings: int
    replayed_findings: int
    is_equal: bool
    is_unexplained: bool
    changes: list[str]
    lacking: list[str]
    rules: list[RuleCount]
    errors: list[str]


def replay(home: Path, run_no: int, progress: Progress) -> Replayed:
    """Repeat a run: its log, its as-of time; from the archive its profile, local days, hours and calendar.

    SQL and program are those of now.

    Raises:
        UsageError: no such run.
        RegauditError: no workspace there, or the log is shorter than it was.
    """
    present = load_inputs(home)  # tells of mistakes before any work
    then = _recorded(home, run_no)
    restored = restore_inputs(home, then, present)
    changes = list(input_changes(then, _of_now(home, then.profile, present)))
    as_of, position = datetime.fromisoformat(then.as_of), then.log_position
    with LogUntil(home, position) as log, trial_warehouse(home) as warehouse:
        warehouse.catch_up(log, progress)
        _, runs = compute(warehouse, restored.inputs, as_of=as_of, position=position, progress=progress)
        replayed = findings_hash(warehouse.db)
    is_equal = replayed == then.findings_sha256
    return Replayed(
        run_no=run_no,
        kind=then.kind,
        as_of=as_of,
        log_position=position,
        findings_sha256=then.findings_sha256,
        replayed_sha256=replayed,
        findings=then.findings,
        replayed_findings=sum(run.violations for run in runs),
        is_equal=is_equal,
        is_unexplained=not (is_equal or restored.lacking or list(input_changes(then, restored.facts))),
        changes=changes,
        lacking=restored.lacking,
        rules=list(_counts(then.counts, rule_counts(runs))),
        errors=[f"规则 {run.rule} 运行出错:{run.error}" for run in runs if run.status == "error"],
    )


def _of_now(home: Path, profile: str, present: Inputs) -> RunFacts:
    """The facts of the same profile as it is now; an empty hash where it is gone or has a mistake."""
    if profile == present.profile_name:
        return present.facts()
    try:
        return load_inputs(home, profile).facts()
    except UsageError:
        return replace(present.facts(), profile=profile, profile_sha256="")


def _recorded(home: Path, run_no: int) -> RunCompleted:
    with LogUntil(home) as log:
        last = log.version("runs")
        for run in log.events("runs", RunCompleted):
            if run.originator_version == run_no:
                return run
    known = f"现有第 1 至 {last} 次" if last else "还没有运行过"
    raise UsageError(f"没有第 {run_no} 次运行:{known},见 runs 表")


_TITLES = {
    "profile_sha256": "规程 {profile} 的内容已变",
    "calendar": "工作日历已变:当时 {then},现在 {now}",
    "local_sha256": "regaudit.toml 中的本地安排或办公时间已变",
    "sql_sha256": "程序的 SQL 已变",
    "program": "程序版本已变:当时 {then},现在 {now}",
}


def input_changes(then: RunCompleted, now: RunFacts) -> Iterator[str]:
    """What differs between the recorded inputs and those of the repetition."""
    for name, text in _TITLES.items():
        recorded, present = getattr(then, name), getattr(now, name)
        if name == "profile_sha256" and not present:
            yield f"规程 {now.profile} 已不存在或有误"
        elif recorded and recorded != present:  # runs of earlier versions have not noted all of them
            yield text.format(profile=now.profile, then=recorded, now=present)
    for rule in sorted({*then.rules, *now.rules}):
        before, after = then.rules.get(rule), now.rules.get(rule)
        if before != after:
            yield f"规则 {rule}:当时{_version(before)},现在{_version(after)}"
    if not then.params:
        yield "这次运行没有记下参数(由较早的程序所做),参数是否已变只能从规程的内容看"
        return
    for rule in sorted({*then.params, *now.params}):
        old, new = then.params.get(rule, {}), now.params.get(rule, {})
        for name in sorted({*old, *new}):
            if old.get(name) != new.get(name):
                yield f"参数 {rule}.{name}:当时 {old.get(name, '无')},现在 {new.get(name, '无')}"


def _version(version: int | None) -> str:
    return "未运行" if version is None else f"第 {version} 版"


def _counts(then: Mapping[str, RuleCounts], now: Mapping[str, RuleCounts]) -> Iterator[RuleCount]:
    for rule in sorted({*then, *now}):
        before, after = _numbers(then.get(rule)), _numbers(now.get(rule))
        if before != after:
            yield RuleCount(
                rule=rule,
                violations_then=before[0],
                violations_now=after[0],
                examined_then=before[1],
                examined_now=after[1],
            )


def _numbers(counts: RuleCounts | None) -> tuple[int | None, int | None]:
    """Violations and examined subjects; None where the rule did not run."""
    return (counts.violations, counts.examined) if counts else (None, None)

"""What would be found under another profile or other parameters: two computations of one log, compared."""

import tomllib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import msgspec
from msgspec import Struct

from regaudit.audit.inputs import Inputs, compute, load_inputs
from regaudit.audit.results import make_result
from regaudit.audit.rule_runs import RuleRun
from regaudit.audit.scratch import LogUntil, trial_warehouse
from regaudit.base.errors import UsageError
from regaudit.base.progress import Progress
from regaudit.catalogue.profiles import Profile
from regaudit.catalogue.rules import load_rules, rule_named

_SIDES = 2
_COUNTS = "SELECT rule, change, count(*) FROM results.compared GROUP BY ALL"
_LIST = """
SELECT * FROM results.compared
QUALIFY row_number() OVER (PARTITION BY rule, change ORDER BY office, case_no, finding_id) <= ?
ORDER BY rule, change, office, case_no, finding_id
"""


class RuleDifference(Struct, frozen=True, kw_only=True):
    """A rule on both sides: its findings before and after (None: it does not run there), and what differs.

    `changed` counts findings on both sides whose severity differs.
    """

    rule: str
    title: str
    before: int | None
    after: int | None
    appeared: int
    disappeared: int
    changed: int


class Backtest(Struct, frozen=True, kw_only=True):
    """Two computations compared; `findings` are those that differ, so many for each rule and change."""

    as_of: datetime
    log_position: int
    before: str
    after: str
    rules: list[RuleDifference]
    findings: list[dict[str, Any]]
    errors: list[str]


def backtest(
    home: Path,
    profiles: Sequence[str],
    settings: Sequence[str],
    *,
    as_of: datetime,
    limit: int,
    progress: Progress,
) -> Backtest:
    """Compare the findings of two sets of inputs on the log as it stands; nothing is kept of it.

    Args:
        home: the workspace.
        profiles: two, or one that is held against the workspace's own, or none.
        settings: `rule.parameter=value`, for the second side.
        as_of: local time up to which actions count.
        limit: how many findings to list at most for each rule and change.
        progress: hears of each stage.

    Raises:
        UsageError: nothing to compare; no such profile, rule or parameter; a value of a wrong type.
        RegauditError: no workspace there.
    """
    before, after = _sides(home, profiles, settings)
    with LogUntil(home) as log, trial_warehouse(home) as warehouse:
        position = warehouse.catch_up(log, progress)
        runs = []
        for name, inputs in (("before", before), ("after", after)):
            _, ran = compute(warehouse, inputs, as_of=as_of, position=position, progress=progress)
            runs.append(ran)
            warehouse.db.execute(f"CREATE TABLE results.{name} AS FROM results.violations")
        make_result(warehouse.db, "compared")
        rules = _differences(warehouse.db, *runs)
        findings = _rows(warehouse.db, limit)
    changed = f"({'、'.join(settings)})" if settings else ""
    return Backtest(
        as_of=as_of,
        log_position=position,
        before=before.profile_name,
        after=f"{after.profile_name}{changed}",
        rules=rules,
        findings=findings,
        errors=[
            f"规程 {side.profile_name}:规则 {run.rule} 运行出错:{run.error}"
            for side, ran in zip((before, after), runs, strict=True)
            for run in ran
            if run.status == "error"
        ],
    )


def _sides(home: Path, profiles: Sequence[str], settings: Sequence[str]) -> tuple[Inputs, Inputs]:
    if len(profiles) > _SIDES:
        raise UsageError(f"--profile 给了 {len(profiles)} 次:一次只能比较两个规程")
    if not profiles and not settings:
        raise UsageError("没有要比较的:应给出 --profile(一个与本工作区的比较,两个互相比较)或 --set")
    own = load_inputs(home)
    first = load_inputs(home, profiles[0]) if len(profiles) == _SIDES else own
    second = load_inputs(home, profiles[-1] if profiles else None, parse_settings(settings))
    return first, second


def parse_settings(texts: Sequence[str]) -> dict[str, dict[str, Any]]:
    """`queue-jump.min_overtaken=5` as rule = {parameter = value}.

    Raises:
        UsageError: it is not written so, there is no such rule or parameter, or a value is not one.
    """
    parsed = dict[str, dict[str, Any]]()
    for text in texts:
        name, equals, value = text.partition("=")
        rule, _, parameter = (part.strip() for part in name.partition("."))
        if not equals or not parameter:
            raise UsageError(f"--set {text!r} 应写作 规则.参数=值,如 queue-jump.min_overtaken=5")
        meant = rule_named(rule)
        if parameter not in (known := meant.params):
            raise UsageError(
                f"--set {text!r}:规则 {rule} 没有参数 {parameter}。它的参数:{'、'.join(known) or '无'}"
            )
        parsed.setdefault(meant.name, {})[parameter] = _value(text, value.strip())
    try:
        return msgspec.convert({"title": "--set", "params": parsed}, Profile).params
    except msgspec.ValidationError as error:
        raise UsageError(f"--set 的值应为不小于 0 的整数:{'、'.join(texts)}") from error


def _value(text: str, value: str) -> Any:
    try:
        return tomllib.loads(f"value = {value}")["value"]
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise UsageError(f"--set {text!r} 的值 {value!r} 应写作数字,如 5") from error


def _differences(
    db: duckdb.DuckDBPyConnection, before: list[RuleRun], after: list[RuleRun]
) -> list[RuleDifference]:
    counts = {(rule, change): number for rule, change, number in db.execute(_COUNTS).fetchall()}
    then, now = ({run.rule: run.violations for run in runs} for runs in (before, after))
    return [
        RuleDifference(
            rule=name,
            title=rule.title,
            before=then.get(name),
            after=now.get(name),
            appeared=counts.get((name, "appeared"), 0),
            disappeared=counts.get((name, "disappeared"), 0),
            changed=counts.get((name, "changed"), 0),
        )
        for name, rule in load_rules().items()
        if name in then or name in now
    ]


def _rows(db: duckdb.DuckDBPyConnection, limit: int) -> list[dict[str, Any]]:
    cursor = db.execute(_LIST, [limit])
    names = [name for name, *_ in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

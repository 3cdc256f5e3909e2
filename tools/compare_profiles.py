"""What each shipped profile finds in one and the same simulated registry, for `docs/profiles.md`."""

import tempfile
from datetime import datetime, time
from pathlib import Path
from typing import NamedTuple

import demo
from docs_base import Tongue

from regaudit.audit.inputs import compute, load_inputs
from regaudit.audit.scratch import LogUntil, trial_warehouse
from regaudit.base.progress import no_progress
from regaudit.catalogue.profiles import profile_names
from regaudit.catalogue.rules import SEVERITIES, load_rules
from regaudit.simulate import Simulation, simulate

CASES, SEED = 2_000, 4
_COUNTS = """
SELECT rule, severity, count(*) FROM results.violations GROUP BY ALL
UNION ALL
SELECT limit_class, 'cases', count(*) FROM core.cases WHERE limit_class IS NOT NULL GROUP BY ALL
"""
Counts = dict[tuple[str, str], int]


class Comparison(NamedTuple):
    """The registry, and for each profile its counts by rule and severity, and of cases by class."""

    made: Simulation
    found: dict[str, Counts]


def section(tongue: Tongue, comparison: Comparison) -> str:
    """The registry in a sentence, cases by limit class, and findings by rule, a column a profile."""
    made, found = comparison
    words = tongue.words(
        "profiles",
        "comparison",
        command=f"regaudit simulate --cases {CASES} --seed {SEED}",
        rows=made.rows,
        offices=made.offices,
        start=made.start,
        as_of=made.as_of,
        profile=made.profile,
    )
    classes = sorted({key for counts in found.values() for key, what in counts if what == "cases"})
    limits = [
        [name, *(_number(counts.get((name, "cases"))) for counts in found.values())] for name in classes
    ]
    rules = [[name, *(_violations(counts, name) for counts in found.values())] for name in load_rules()]
    return "\n\n".join(
        [
            tongue.say("## What each finds in one registry", "## 同一登记机构,各规程查出什么"),
            words,
            tongue.table([tongue.say("cases by limit class", "各时限类别的办件"), *found], limits),
            tongue.table([tongue.say("findings by rule", "各规则的问题"), *found], rules),
        ]
    )


def compared() -> Comparison:
    """What each shipped profile finds in a registry that is simulated for this."""
    with tempfile.TemporaryDirectory() as name:
        return _found(Path(name))


def _found(folder: Path) -> Comparison:
    made = simulate(CASES, SEED, folder / "export")
    demo.regaudit(["init", "home", "--profile", made.profile], folder, width=demo.WIDTH)
    files = ["export/roster.csv", "export/steps.csv"]
    demo.regaudit(["import", *files, "--home", "home"], folder, width=demo.WIDTH)
    found: dict[str, Counts] = {}
    with LogUntil(folder / "home") as log, trial_warehouse(folder / "home") as warehouse:
        as_of = datetime.combine(made.as_of, time.max)
        position = warehouse.catch_up(log, no_progress)
        for name in profile_names():
            inputs = load_inputs(folder / "home", name)
            compute(warehouse, inputs, as_of=as_of, position=position, progress=no_progress)
            rows = warehouse.db.execute(_COUNTS).fetchall()
            found[name] = {(rule, severity): count for rule, severity, count in rows}
    return Comparison(made, found)


def _violations(counts: Counts, rule: str) -> str:
    """`120 (2 + 118)`: all, and by severity where there are several."""
    parts = [number for severity in SEVERITIES if (number := counts.get((rule, severity)))]
    return _number(sum(parts)) + (f" ({' + '.join(map(str, parts))})" if len(parts) > 1 else "")


def _number(count: int | None) -> str:
    return str(count or 0)

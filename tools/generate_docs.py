"""Makes reference pages, blocks of other pages and classes of events from their sources: `make docs`.

With `--check` nothing is written: what is out of date is named, and the exit status is 1.
"""

import importlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import click
import compare_profiles
import demo
import duckdb
import event_classes
import ledger_pages
import question_pages

from regaudit.catalogue.content import projections_dir
from regaudit.catalogue.event_kinds import Field, catalogue
from regaudit.catalogue.profiles import Limit, Profile, load_profile, profile_names
from regaudit.catalogue.published import published_tables
from regaudit.catalogue.rules import ROLES, SEVERITIES, Role, Rule, is_on, load_rules, roles_of, rule_of
from regaudit.catalogue.sqlfile import load_rule_texts
from regaudit.cli.help import ChineseHelp
from regaudit.cli.main import cli

ROOT = Path(__file__).resolve().parents[1]
READMES = ("README.md", "README.zh-CN.md", "docs/first-night.md", "docs/zh/first-night.md")
_WIDTH = 100
_BLOCK = re.compile(r"(<!-- generated: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)
_CONSOLE = re.compile(r"```console\n(.*?)```", re.DOTALL)
_VARYING = re.compile(r"\d+\.\d\d *(?=│$)|(?<=指纹 )[0-9a-f]{4}(?: [0-9a-f]{4}){3}", re.MULTILINE)
"""Seconds, and the short form of a root over events that hold times."""
_SUBJECTS = {
    "case": "a case 办件",
    "account": "an account 账号",
    "person": "a natural person 自然人",
    "source": "a source 数据源",
    "any": "a case, a person or a source 办件、自然人或数据源",
}

_PROMISES = {
    "profile": "the limits below",
    "platform": "the platform's own promised day, else the limits below",
    "earlier": "the earlier of the platform's promised day and the limits below",
}
_COMBINED = {"longer": "the longest limit", "first": "the limit of the acceptance row"}


def rules_page() -> str:
    """`docs/rules.md`, from the heads of `projections/findings/*.sql`."""
    rules = load_rules().values()
    roles = {rule.name: roles_of(rule, text) for text in load_rule_texts() for rule in [rule_of(text)]}
    profiles = {name: load_profile(name) for name in profile_names()}
    overview = demo.table(
        ["rule", "名称", "severity", "subject"],
        [
            [
                f"[{r.name}](#{r.name})",
                r.title,
                f"{r.severity} {SEVERITIES[r.severity]}",
                _SUBJECTS[r.subject],
            ]
            for r in rules
        ],
    )
    text = [
        "# Rules",
        (
            "Each rule is one SQL file in `projections/findings/`; its fixture in `tests/rules/` shows when "
            "it fires and when it does not. A rule looks at every subject it concerns and finds a violation, "
            "no violation, or that it cannot tell (an actor is not known): the last is counted, never "
            "reported as a finding; `regaudit findings --unknown` lists it. The severity below is the usual "
            "one; where a rule says so, a grave case is raised to critical. A profile may change parameters, "
            "switch rules off, and switch on those that are off by default."
        ),
        (
            "What the rows of a finding's evidence are to it stands in "
            "[`finding_evidence`](database.md#finding_evidence); whom it concerns in "
            "[`finding_persons`](database.md#finding_persons), where only who did the act of a rule whose "
            "meaning names him is answerable (责任人). The roles: "
            f"{', '.join(f'`{role}` {title}' for role, title in ROLES.items())}."
        ),
        overview,
        *(
            _rule_section(r, roles[r.name], [name for name, place in profiles.items() if not is_on(r, place)])
            for r in rules
        ),
    ]
    return _page(text, "the heads of projections/findings/*.sql")


def _rule_section(rule: Rule, roles: list[Role], off: list[str]) -> str:
    facts = [
        ["title", rule.title],
        ["severity", _severity(rule)],
        ["subject", _SUBJECTS[rule.subject]],
        ["basis", "、".join(rule.basis)],
        ["summary", f"`{rule.summary}`"],
        ["version", str(rule.version)],
        ["source", f"[`{rule.table}.sql`](../projections/findings/{rule.table}.sql)"],
        ["cannot tell when", rule.unknown or "—"],
        ["evidence", ", ".join(f"`{role}`" for role in roles)],
        [
            "answerable 责任人",
            "who did the `act`" if rule.answerable else f"nobody: {rule.without_act or rule.nobody}",
        ],
        [
            "switched off in",
            "every profile whose `rules_on` does not name it"
            if rule.off
            else ", ".join(off) or "no shipped profile",
        ],
    ]
    parts = [f"## {rule.name}", rule.why, f"**Not this:** {rule.not_this}", demo.table(["", ""], facts)]
    if rule.params:
        rows = [[f"`{name}`", str(p.value), p.about] for name, p in rule.params.items()]
        parts.append(demo.table(["parameter", "default", "meaning"], rows))
    else:
        parts.append("No parameters.")
    return "\n\n".join(parts)


def _severity(rule: Rule) -> str:
    return f"{rule.severity} {SEVERITIES[rule.severity]}"


def cli_page() -> str:
    """`docs/cli.md`, from the commands' own help."""
    text = [
        "# Commands",
        (
            "As `regaudit COMMAND --help` tells it. The workspace is `--home`, else the environment variable "
            "`REGAUDIT_HOME`, else the current folder. Exit status: 0 done, 1 failed, 2 wrong usage, 3 done "
            "but rows were quarantined, an expected export is missing or not all of one was read; "
            "[operations](operations.md#exit-statuses) says what to do."
        ),
    ]
    for name, command in _commands(cli):
        context = click.Context(command, info_name=f"regaudit {name}")
        formatter = ChineseHelp(width=_WIDTH)
        for part in (
            click.Command.format_usage,
            click.Command.format_help_text,
            click.Command.format_options,
        ):
            part(command, context, formatter)
        text.append(f"## {name}\n\n```text\n{click.unstyle(formatter.getvalue()).rstrip()}\n```")
    return _page(text, "the commands' help texts")


def _commands(group: click.Group, above: str = "") -> Iterator[tuple[str, click.Command]]:
    """A group's commands with their full names, and theirs."""
    context = click.Context(group)
    for name in sorted(group.list_commands(context)):
        if command := group.get_command(context, name):
            yield f"{above}{name}", command
        if isinstance(command, click.Group):
            yield from _commands(command, f"{above}{name} ")


def database_page(db: duckdb.DuckDBPyConnection) -> str:
    """`docs/database.md`, from `projections/published.toml` and a database that was really built."""
    text = [
        "# The analyst database",
        (
            "`regaudit.duckdb` in the workspace: schema `main`, read only, replaced as a whole "
            "by each night. Any client of DuckDB 1.4 or later opens it. Times are local wall-clock times "
            "without a zone. Tables and columns carry these comments in the database, too: `SELECT "
            "column_name, comment FROM duckdb_columns() WHERE table_name = 'cases'`."
        ),
    ]
    types = {
        (table, column): kind
        for table, column, kind in db.execute(
            "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE schema_name = 'main'"
        ).fetchall()
    }
    for name, published in published_tables().items():
        rows = [
            [f"`{column}`", f"`{types[name, column]}`", about] for column, about in published.columns.items()
        ]
        heading = f"## {name}\n\n{published.title}. From `{published.source}`."
        text.append(f"{heading}\n\n{demo.table(['column', 'type', '说明'], rows)}")
    return _page(text, "projections/published.toml and a built database")


def events_page() -> str:
    """`docs/events.md`, from `events/*.toml`."""
    text = [
        "# Events",
        (
            "The kinds of event in the log, one TOML file each in `events/`. The state is a JSON object with "
            "exactly these fields; optional ones are left out where they are empty: 0, false, an empty text, "
            "array or map, null. A map is an object whose keys are no fixed names. How events are stored: "
            "[log-format](log-format.md)."
        ),
    ]
    for kind in catalogue().values():
        facts = f"Stream `{kind.stream}`, version {kind.version}."
        parts = [f"## {kind.topic}", f"{kind.title}. {kind.about} {facts}", _fields(kind.fields)]
        parts += [f"`{name}`:\n\n{_fields(members)}" for name, members in kind.objects.items()]
        text.append("\n\n".join(parts))
    return _page(text, "events/*.toml")


def _fields(fields: Mapping[str, Field]) -> str:
    rows = [
        [f"`{name}`", f"{field.type}{', optional' if field.optional else ''}", field.about]
        for name, field in fields.items()
    ]
    return demo.table(["field", "type", "what"], rows)


_PROFILE_WORDS = (
    (
        "A `[[limits]]` entry has `class`, `title`, `basis` and `days` (working days; 0 is the day of "
        "acceptance), and may be for some `offices`, `registration_types`, `right_types`, `applicant_kinds` "
        "or `channels`, for acceptances from `valid_from` to `valid_to`, and have its own `ends_at`. "
        "`aim_days` is what the place strives for: it binds nobody, an open case past it is a hint of "
        'due-soon, and `cases.aim_on` tells the day. An entry `of = "precheck"` has `hours` by the clock '
        "on the wall."
    ),
    (
        '`ends_at` (book, certify, issue) is the step that finishes a case. `on_supplement = "restart"` '
        "starts the clock anew on the day a supplement is completed; days used and paused count from there. "
        "`promise` (profile, platform, earlier) says whether the export's `promised_at` binds; a promise of "
        "a day before the start is none, and lawful pauses move it. `combined` (longer, first) is for "
        "several businesses under one case number, seen by rows of the case that carry different "
        "registration or right types."
    ),
    (
        "`steps` lists the steps that a case may have, by our names or their Chinese titles, and `nodes` the "
        "nodes as the platform writes them: anything else is an extra-step. A list replaces the inherited "
        "one; an empty list allows anything."
    ),
    (
        "A reason says something if, folded and without punctuation, two letters or ideographs of it are "
        "left and it is none of `filler_reasons`; or if it is one of `reason_codes` or `expedite_grounds`. "
        "An expedite whose reason names none of `expedite_grounds` is an expedite-unlawful; an empty list "
        "asks nobody. Where a platform writes codes, a mapping's `[values.reason]` may say what they mean "
        "instead."
    ),
)


def profiles_page() -> str:
    """`docs/profiles.md`, from `projections/profiles/*.toml`."""
    text = [
        "# Profiles",
        (
            "What holds in one place: limits, parameters, rules switched off. The first limit that matches a "
            "case at its acceptance binds. A workspace may have profiles of its own in `profiles/`; they may "
            "extend these: their limits come first, their parameters and other words replace the inherited."
        ),
        *_PROFILE_WORDS,
    ]
    for name in profile_names():
        profile = load_profile(name)
        own = tomllib.loads((projections_dir() / "profiles" / f"{name}.toml").read_text(encoding="utf-8"))
        params = [f"{rule}.{key} = {v}" for rule, given in profile.params.items() for key, v in given.items()]
        facts = [
            ["extends", str(own.get("extends", "nothing"))],
            ["dispatch", profile.dispatch],
            ["a case ends at", profile.ends_at],
            ["a supplement", f"{profile.on_supplement}s the clock"],
            ["what binds", _PROMISES[profile.promise]],
            ["businesses under one number", _COMBINED[profile.combined]],
            ["pauses that stop the clock", ", ".join(profile.lawful_pauses)],
            ["pauses last at most", _pause_limits(profile)],
            ["steps listed", ", ".join(profile.steps) or "none: any step"],
            ["nodes listed", ", ".join(profile.nodes) or "none: any node"],
            ["reasons that say nothing", ", ".join(profile.filler_reasons) or "none"],
            ["reasons though short", ", ".join(profile.reason_codes) or "none"],
            ["grounds of the green channel", ", ".join(profile.expedite_grounds) or "none: not asked"],
            ["rules switched off", ", ".join(profile.rules_off) or "none"],
            ["rules switched on", ", ".join(profile.rules_on) or "none"],
            ["parameters changed", ", ".join(params) or "none"],
            ["a zero is contradicted by", ", ".join(profile.zero) or "none: no zero can be signed"],
        ]
        limits = [
            [e.limit_class, e.title, _length(e), _matches(e), _period(e), e.basis] for e in profile.limits
        ]
        parts = [
            f"## {name}",
            f"{profile.title}。{profile.about}",
            demo.table(["", ""], facts),
            demo.table(["class", "名称", "limit", "cases", "accepted", "basis"], limits),
        ]
        text.append("\n\n".join(parts))
    text.append(compare_profiles.section())
    return _page(text, "projections/profiles/*.toml and a simulated registry")


def _length(limit: Limit) -> str:
    if limit.of == "precheck":
        return f"{limit.hours} hours (precheck)"
    aim = "" if limit.aim_days is None else f", aim {limit.aim_days}"
    until = f", until {limit.ends_at}" if limit.ends_at else ""
    return f"{limit.days} working days{aim}{until}"


def _period(limit: Limit) -> str:
    return " ".join(
        f"{word} {day}" for word, day in (("from", limit.valid_from), ("to", limit.valid_to)) if day
    )


def _pause_limits(profile: Profile) -> str:
    limits = profile.pause_limits.items()
    return "; ".join(f"{kind} {limit.days} working days ({limit.basis})" for kind, limit in limits) or "open"


def _matches(limit: Limit) -> str:
    lists = {
        "registration type": limit.registration_types,
        "right type": limit.right_types,
        "applicant": limit.applicant_kinds,
        "channel": limit.channels,
        "office": limit.offices,
    }
    return "; ".join(f"{name} {', '.join(values)}" for name, values in lists.items() if values) or "all"


def _page(parts: Iterable[str], source: str) -> str:
    head = f"<!-- Made by `make docs` from {source}. Edits here are lost. -->"
    return "\n\n".join([head, *parts]) + "\n"


def rules_table() -> str:
    """The READMEs' table of rules."""
    rows = [
        [f"[`{r.name}`](docs/rules.md#{r.name})", r.title, r.severity, "、".join(r.basis)]
        for r in load_rules().values()
    ]
    return demo.table(["rule", "名称", "severity", "basis"], rows)


def night(folder: Path) -> str:
    """What the night on the sample logs prints; the seconds differ from run to run and are left out."""
    words = demo.night_command()
    printed = _VARYING.sub(_left_out, demo.regaudit(words, folder, width=_WIDTH))
    command = f"$ regaudit {' '.join(words)}"
    return f"```console\n{command}\n{printed}\n```"


def tutorial(text: str) -> str:
    """The tutorial with the output of its commands, which are run for this; needs a POSIX shell."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve() / "work"
        shutil.copytree(ROOT / "docs" / "tutorial", folder)
        return _CONSOLE.sub(lambda match: f"```console\n{_session(match[1], folder)}```", text)


def _session(block: str, folder: Path) -> str:
    commands = [line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ ")]
    return "".join(f"$ {command}\n{_output(command, folder)}" for command in commands)


def _left_out(varying: re.Match[str]) -> str:
    return "…" if " " in varying[0].strip() else "…".ljust(len(varying[0]))


def _output(command: str, folder: Path) -> str:
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    settings = {"COLUMNS": str(_WIDTH), "PYTHONIOENCODING": "utf-8", "PATH": programs}
    done = subprocess.run(  # noqa: S602 - the commands of our own page
        command,
        shell=True,
        cwd=folder,
        env={k: v for k, v in os.environ.items() if k != "REGAUDIT_HOME"} | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    printed = _VARYING.sub(_left_out, done.stdout).replace(str(folder), "…")
    lines = [line.rstrip().removeprefix("\ufeff") for line in printed.splitlines()]
    if done.returncode:
        lines.append(f"(exit status {done.returncode})")
    return "".join(f"{line}\n" for line in lines)


def readme(text: str, blocks: dict[str, Callable[[], str]]) -> str:
    """A page with its marked blocks made anew."""
    return _BLOCK.sub(lambda match: f"{match[1]}{blocks[match[2]]()}\n{match[3]}", text)


def attacks_table() -> str:
    """The attacks on a green night in `docs/security.md`, from the tests that make them."""
    places = [str(ROOT / "tests"), str(ROOT / "tests" / "journeys" / "attacks")]
    sys.path[:0] = places
    try:
        return str(importlib.import_module("attack_table").rendered())
    finally:
        for place in places:
            sys.path.remove(place)


def documents() -> dict[Path, str]:
    """Every generated document with its content."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(demo.SAMPLE, folder / demo.SAMPLE.name)
        demo.regaudit(["init", demo.HOME, "--profile", demo.simulation()["profile"]], folder, width=_WIDTH)
        printed = night(folder)
        with duckdb.connect(folder / demo.HOME / "regaudit.duckdb", read_only=True) as db:
            answers = {q.name: f"```sql\n{q.sql}\n```\n\n{demo.answer(db, q.sql)}" for q in demo.QUERIES}
            database = database_page(db)
    blocks: dict[str, Callable[[], str]] = {"night": lambda: printed, "rules": rules_table}
    blocks |= {f"query-{name}": lambda name=name: answers[name] for name in answers}  # type: ignore[misc]
    made = {
        ROOT / "docs" / "rules.md": rules_page(),
        ROOT / "docs" / "cli.md": cli_page(),
        ROOT / "docs" / "database.md": database,
        ROOT / "docs" / "events.md": events_page(),
        ROOT / "docs" / "profiles.md": profiles_page(),
        **{ROOT / path: text for path, text in event_classes.modules().items()},
        ROOT / "docs" / "security.md": readme(
            (ROOT / "docs" / "security.md").read_text("utf-8"), {"attacks": attacks_table}
        ),
        ROOT / "docs" / "tutorial.md": tutorial((ROOT / "docs" / "tutorial.md").read_text("utf-8")),
    }
    for path, is_chinese in (
        (ROOT / "docs" / "ledger.md", False),
        (ROOT / "docs" / "zh" / "ledger.md", True),
    ):
        made[path] = readme(path.read_text("utf-8"), ledger_pages.blocks(is_chinese=is_chinese))
    made[ROOT / "docs" / "ledger.svg"] = ledger_pages.picture()
    made |= question_pages.pages()
    return made | {ROOT / name: readme((ROOT / name).read_text("utf-8"), blocks) for name in READMES}


def main(arguments: Sequence[str]) -> int:
    """Write what differs, or with `--check` name it; returns the exit status."""
    only_check = "--check" in arguments
    stale = [(path, text) for path, text in documents().items() if not _is(path, text)]
    for path, text in stale:
        if not only_check:
            path.write_text(text, encoding="utf-8", newline="\n")
        print(f"{'out of date' if only_check else 'written'}: {path.relative_to(ROOT).as_posix()}")
    return 1 if stale and only_check else 0


def _is(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

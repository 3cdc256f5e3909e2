"""The profiles as a page, from their files."""

import tomllib

import compare_profiles
import demo
from docs_base import page

from regaudit.catalogue.content import projections_dir
from regaudit.catalogue.profiles import Limit, Profile, load_profile, profile_names

_PROMISES = {
    "profile": "the limits below",
    "platform": "the platform's own promised day, else the limits below",
    "earlier": "the earlier of the platform's promised day and the limits below",
}
_COMBINED = {"longer": "the longest limit", "first": "the limit of the acceptance row"}
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
    return page(text, "projections/profiles/*.toml and a simulated registry")


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

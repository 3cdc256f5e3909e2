"""What can be done to the ledger and to who works on it."""

import duckdb
from attack_desk import LAST, Centre, Told
from attack_table import ADMIN, HEAD, attack
from on_settings import own_profile

SECADMIN = ("user", "add", "sec", "--person", "S1", "--role", "secadmin")
POST = ("user", "add", "wang", "--person", "P-wang", "--role", "post", "--office", "150602")


def staffed(centre: Centre) -> None:
    """A security administrator and a post, known since the last night."""
    centre.desk.ok(*SECADMIN)
    centre.desk.ok(*POST, "--by", "sec")
    centre.desk.run("nightly", "--as-of", LAST, "--json")


@attack(ADMIN, "oneself made a post, to judge what one did", "changed", says="P-li2")
def own_post(centre: Centre) -> None:
    staffed(centre)
    words = ("--person", "P-li2", "--role", "post", "--office", "150602", "--by", "sec")
    centre.desk.ok("user", "add", "li2", *words)


@attack(ADMIN, "a leader's role given for an hour, and taken back before the night", "changed", says="wang")
def leader_for_an_hour(centre: Centre) -> None:
    staffed(centre)
    for word in ("--grant", "--end"):
        centre.desk.ok("user", "role", "wang", word, "leader", "--office", "150602", "--by", "sec")


@attack(ADMIN, "a rule kept off the ledger by the profile", "changed", says="one-person")
def rule_off_the_ledger(centre: Centre) -> None:
    own_profile(centre, '[ledger]\nrules_off = ["one-person"]')


@attack(ADMIN, "the limits of the ledger lengthened", "changed", says="300")
def limits_lengthened(centre: Centre) -> None:
    own_profile(centre, '[ledger.limits]\nassign = { days = 300, basis = "惯例" }')


@attack(HEAD, "an entry that nobody assigns, until it is forgotten", "ledger", light="red", says="转为")
def nobody_assigns(centre: Centre) -> Told:
    staffed(centre)
    words = ("--office", "150602", "--title", "窗口拒收材料", "--severity", "major", "--text", "群众投诉")
    centre.desk.ok("ledger", "open", *words, "--by", "wang", "--at", LAST)
    return centre.usual("2026-04-10")


@attack(ADMIN, "an entry struck off in the published database", "verify")
def struck_in_the_database(centre: Centre) -> Told:
    with duckdb.connect(centre.home / "regaudit.duckdb") as db:
        changed = db.execute("UPDATE ledger_entries SET state = 'struck', light = 'none'").fetchall()
    assert changed[0][0] > 0
    facts = centre.desk.facts("verify", status=1)
    assert not facts["is_whole"]
    return Told("red", [])


@attack(ADMIN, "an inspection's plan written so that nothing must be inspected", "changed", says="抽查")
def plan_without_mandatory(centre: Centre) -> None:
    own_profile(centre, "[inspection]\nmandatory = []\n[inspection.plan]\nshare = 0.0001")
    # Nothing is frozen by a plan that no night has seen.
    month = ("--month", "2026-04", "--office", "150602", "--reason", "月末停机")
    assert "改动过" in centre.desk.run("inspect", "freeze", *month).text

"""What can be done with the nights themselves: not run, run otherwise, run again, taken back."""

from datetime import datetime

from attack_desk import LAST, NEXT, NIGHT, SECOND, Centre, Told, mail_text, work
from attack_table import ADMIN, attack

from regaudit.eventlog.lock import Lock, hold


@attack(ADMIN, "no nights for five months", "nights", says="个工作日的夜间作业没有运行")
def five_months(centre: Centre) -> Told:
    return centre.usual("2026-08-12")


@attack(ADMIN, "no night on the day of the deed", "nights", says="1 个工作日")
def one_night_left_out(centre: Centre) -> Told:
    centre.guilty()
    centre.deliver()
    return centre.usual(NEXT)


@attack(ADMIN, "a night withdrawn", "nights", says="zhang")
def night_withdrawn(centre: Centre) -> None:
    centre.desk.ok("withdraw-night", LAST, "--reason", "日期写错", "--by", "zhang")


@attack(ADMIN, "the last two nights withdrawn and run again", "nights", says="zhang")
def nights_withdrawn(centre: Centre) -> None:
    for night in (LAST, SECOND):
        centre.desk.ok("withdraw-night", night, "--reason", "重跑", "--by", "zhang")


@attack(ADMIN, "the workspace held, so that the night cannot start", "nights", says="没有能够开始")
def workspace_held(centre: Centre) -> Told:
    before = set(centre.desk.mails())
    centre.deliver()
    with hold(centre.home, "check", datetime(2026, 3, 12, 22, 30), Lock.RUN):
        assert centre.desk.run("nightly").status == 1
    texts = [mail_text(path) for path in set(centre.desk.mails()) - before]
    assert texts
    assert all("黄" in text.splitlines()[0] for text in texts)
    reasons = [{"code": "nights", "light": "yellow", "text": text} for text in texts]
    return Told("yellow", reasons)


@attack(ADMIN, "the night run again when what it told has been mended", "missing", says="平台", is_quick=True)
def run_again(centre: Centre) -> Told:
    centre.night()
    centre.deliver()
    return centre.night()


@attack(
    ADMIN,
    "the night run again after the guilty row was taken out of the export",
    "new",
    light="red",
    rule="one-person",
    case="X1",
)
def run_again_without(centre: Centre) -> Told:
    centre.guilty()
    centre.deliver()
    centre.night()
    centre.deliver(NIGHT, work(NIGHT))
    return centre.night()


@attack(ADMIN, "an old night run again with the settings of today", "nights", says="重看")
def old_night(centre: Centre) -> Told:
    centre.deliver()
    return centre.night(SECOND)


@attack(ADMIN, "a night of the future, before which the others count for nothing", "nights", says="重看")
def future_night(centre: Centre) -> Told:
    centre.night("2026-03-20")
    centre.guilty()
    centre.deliver()
    return centre.night()


@attack(ADMIN, "the night run after midnight, when no export was due yet", "missing", says="平台")
def after_midnight(centre: Centre) -> Told:
    return centre.night(f"{NEXT} 00:40")


@attack(
    ADMIN,
    "a check before the night, so that the finding is known",
    "new",
    light="red",
    rule="one-person",
    case="X1",
)
def check_before(centre: Centre) -> None:
    centre.guilty()
    path = centre.deliver()
    centre.desk.ok("import", path, "--mapping", "mappings/platform.toml")
    centre.desk.ok("check", "--as-of", NIGHT)


@attack(ADMIN, "the night run with a file of one's own, not with the sources", "missing", says="平台")
def file_of_ones_own(centre: Centre) -> Told:
    return centre.night(NIGHT, centre.home / "roster.csv")


@attack(ADMIN, "nights that run before the export is due", "missing", says="没有任何操作")
def nights_by_day(centre: Centre) -> Told:
    for night in (NIGHT, NEXT):
        centre.night(f"{night} 12:30")
    return centre.night("2026-03-16 12:30")

"""What whoever may write the settings can do: decide what is found, or who hears of it."""

from pathlib import Path

import pytest
from attack_desk import NEXT, NIGHT, Centre, Told, mail_text, replaced
from attack_table import ADMIN, attack

from regaudit.catalogue.sqlfile import result_texts

DOCS = Path(__file__).parents[3] / "docs"


def own_profile(centre: Centre, text: str, name: str = "local") -> None:
    """Put a profile into the workspace and use it."""
    folder = centre.home / "profiles"
    folder.mkdir(exist_ok=True)
    parent = "default" if name == "ordos-2023" else "ordos-2023"
    (folder / f"{name}.toml").write_text(f'title = "本地"\nextends = "{parent}"\n{text}\n', "utf-8")
    centre.settings('profile = "ordos-2023"', f'profile = "{name}"')


@attack(ADMIN, "a profile of the workspace with `rules_off`", "changed", says="停用的规则", is_quick=True)
def rules_off(centre: Centre) -> None:
    own_profile(centre, 'rules_off = ["one-person", "overdue", "accept-review-same"]')


@attack(ADMIN, "a profile of the workspace under a shipped profile's name", "changed", says="规程·")
def shadowed_profile(centre: Centre) -> None:
    own_profile(centre, 'rules_off = ["one-person"]', name="ordos-2023")


@attack(ADMIN, "a rule's parameter raised", "changed", says="min_overtaken 3 300")
def raised_parameter(centre: Centre) -> None:
    own_profile(centre, "[params.queue-jump]\nmin_overtaken = 300")


@attack(ADMIN, "a promised time made longer", "changed", says="规程·时限(limits)")
def longer_limit(centre: Centre) -> None:
    own_profile(centre, '[[limits]]\nclass = "general"\ntitle = "一般登记"\ndays = 29\nbasis = "本地"')


@attack(ADMIN, "any reason declared a ground of the green channel", "changed", says="expedite_grounds")
def emptied_grounds(centre: Centre) -> None:
    own_profile(centre, "expedite_grounds = []")


@attack(ADMIN, "another kind of pause declared lawful", "changed", says="lawful_pauses")
def pause_made_lawful(centre: Centre) -> None:
    own_profile(centre, 'lawful_pauses = ["supplement", "领导出差"]')


@attack(ADMIN, "closures added to the calendar", "changed", says="本地日历·2026-03-12")
def closures(centre: Centre) -> None:
    for day in ("2026-03-12", "2026-03-13"):
        centre.add_settings(f'[[calendar.days]]\non = {day}\nkind = "closure"\nname = "停电"')


@attack(ADMIN, "office hours made longer", "changed", says="办公时间")
def longer_hours(centre: Centre) -> None:
    centre.add_settings('[hours]\ndefault = ["00:00-23:59"]')


@attack(ADMIN, "an office given hours of its own", "changed", says="机构·150602·hours")
def own_hours(centre: Centre) -> None:
    centre.settings('office = "150602"\n', 'office = "150602"\nhours = ["00:00-23:59"]\n')


@attack(ADMIN, "another time zone", "changed", says="时区 Asia/Shanghai Europe/London")
def other_zone(centre: Centre) -> None:
    path = centre.home / "regaudit.toml"
    path.write_text(f'zone = "Europe/London"\n{path.read_text("utf-8")}', "utf-8")


def told_to(centre: Centre, address: str) -> Told:
    """The night, whose mails must have gone to an address, too."""
    before = set(centre.desk.mails())
    centre.deliver()
    told = centre.night()
    mails = [mail_text(path) for path in set(centre.desk.mails()) - before]
    assert any(address in text.splitlines()[1] and "设置变更" in text for text in mails), mails
    return told


@attack(ADMIN, "a recipient replaced: the old one hears of it, too", "changed", says="邮件路由·150602·收件人")
def recipient_replaced(centre: Centre) -> Told:
    centre.settings("east@example.org", "friend@example.org")
    return told_to(centre, "east@example.org")


@attack(
    ADMIN,
    "a mail route removed, so that another post gets the office's mails",
    "changed",
    says="邮件路由·150602",
)
def route_removed(centre: Centre) -> Told:
    centre.settings('[[mail.routes]]\noffice = "150602"\nto = ["east@example.org"]\n', "")
    return told_to(centre, "east@example.org")


@attack(ADMIN, "all mail routes removed", "changed", says="邮件路由·*")
def routes_removed(centre: Centre) -> Told:
    centre.settings('[[mail.routes]]\noffice = "150602"\nto = ["east@example.org"]\n', "")
    centre.settings('[[mail.routes]]\noffice = "*"\nto = ["post@example.org"]\n', "")
    return told_to(centre, "post@example.org")


@attack(ADMIN, "a route with an empty list of recipients", "changed", says="邮件路由·150602·收件人")
def recipients_emptied(centre: Centre) -> Told:
    centre.settings('to = ["east@example.org"]', "to = []")
    return told_to(centre, "east@example.org")


@attack(ADMIN, "a second route of an office put before its own", "changed", says="friend@example.org")
def route_before_another(centre: Centre) -> Told:
    route = '[[mail.routes]]\noffice = "150602"\nto = ["{}@example.org"]\n'
    centre.settings(route.format("east"), route.format("friend") + route.format("east"))
    return told_to(centre, "friend@example.org")


@attack(
    ADMIN,
    "an imported notice of the calendar with one holiday more",
    "changed",
    says="日历·2026-03-12",
)
def notice_with_a_holiday(centre: Centre) -> None:
    notice = (DOCS / "calendar-2026.csv").read_text("utf-8").rstrip() + "\n2026-03-12,holiday,春节\n"
    path = centre.home.parent / "notice.csv"
    path.write_text(notice, "utf-8")
    centre.desk.ok("calendar", "import", path, "--replace")


@attack(ADMIN, "another mail server, which swallows the mails", "changed", says="邮件·服务器")
def other_server(centre: Centre) -> None:
    # Nobody listens on port 1.
    centre.add_settings('[mail.smtp]\nhost = "127.0.0.1"\nport = 1\nsecurity = "none"')


def edit_mapping(centre: Centre, text: str) -> None:
    path = centre.home / "mappings" / "platform.toml"
    path.write_text(f"{path.read_text('utf-8')}\n{text}\n", "utf-8")


@attack(ADMIN, "a mapping with `skip`", "changed", says="映射·mappings/platform.toml·rules", is_quick=True)
def mapping_that_skips(centre: Centre) -> None:
    centre.guilty()
    edit_mapping(centre, '[[rules]]\nwhen = { case_no = "X*" }\nskip = true')


@attack(ADMIN, "a mapping with `ignore`", "changed", says="tables·#1·ignore")
def mapping_that_ignores(centre: Centre) -> None:
    edit_mapping(centre, '[[tables]]\nnames = ["审核"]\nignore = true')


@attack(ADMIN, "a mapping that writes other values", "changed", says="values·account·li2")
def mapping_that_rewrites(centre: Centre) -> None:
    centre.guilty()
    edit_mapping(centre, '[values.account]\nli2 = "wang2"')


@attack(ADMIN, "a mapping that reads one column less", "changed", says="columns·started_at 开始时刻")
def mapping_that_forgets(centre: Centre) -> None:
    replaced(centre.home / "mappings" / "platform.toml", 'started_at = "开始时刻"\n', "")


@attack(
    ADMIN, "a mapping that calls a column optional, which then may be missing", "changed", says="optional"
)
def mapping_that_forgives(centre: Centre) -> None:
    path = centre.home / "mappings" / "platform.toml"
    path.write_text(f'optional = ["account"]\n{path.read_text("utf-8")}', "utf-8")
    centre.titles["account"] = "登录帐号"


@attack(ADMIN, "a source taken out of the settings", "changed", says="数据源·平台·path")
def source_removed(centre: Centre) -> None:
    text = (centre.home / "regaudit.toml").read_text("utf-8")
    begin, end = text.index("[[sources]]"), text.index("[[sources]]", text.index("[[sources]]") + 1)
    (centre.home / "regaudit.toml").write_text(text[:begin] + text[end:], "utf-8")


@attack(
    ADMIN, "a source that points to another folder", "changed", says="数据源·平台·path exports/* elsewhere/*"
)
def source_moved(centre: Centre) -> None:
    centre.settings('path = "exports/*"', 'path = "elsewhere/*"')


@attack(ADMIN, "a source that needs not come (`expected = false`)", "changed", says="数据源·平台·expected")
def source_not_expected(centre: Centre) -> Told:
    centre.settings('due = "20:00"', 'due = "20:00"\nexpected = false')
    return centre.night()


@attack(ADMIN, "a source without an hour by which it is due", "changed", says="数据源·平台·due 20:00")
def source_not_due(centre: Centre) -> Told:
    centre.settings('due = "20:00"\n', "")
    return centre.night()


@attack(ADMIN, "a source that delivers on fewer nights (`nights`)", "changed", says="数据源·平台·nights")
def fewer_nights(centre: Centre) -> Told:
    centre.settings('due = "20:00"', 'due = "20:00"\nnights = ["sat"]')
    return centre.night()


@attack(
    ADMIN,
    'a source said to deliver closed cases (`delivers = "closed"`)',
    "changed",
    says="delivers all closed",
)
def delivers_closed(centre: Centre) -> None:
    centre.settings('due = "20:00"', 'due = "20:00"\ndelivers = "closed"')


@attack(ADMIN, "an office said to have ended (`until`)", "changed", says="机构·150603·until")
def office_ended(centre: Centre) -> None:
    centre.settings('office = "150603"\n', 'office = "150603"\nuntil = 2026-03-11\n')
    centre.rows = [row for row in centre.rows if row["office"] == "150602"]


@attack(ADMIN, "a fixed office for all rows of a source", "changed", says="数据源·150603·office")
def fixed_office(centre: Centre) -> None:
    centre.settings('due = "20:00"', 'due = "20:00"\noffice = "150603"')


@attack(ADMIN, "the SQL of a rule edited", "changed", says="程序·SQL")
def edited_sql(centre: Centre) -> Told:
    edited = result_texts() | {"results.news": "SELECT 1 WHERE false"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("regaudit.audit.inputs.result_texts", lambda: edited)
        centre.deliver()
        return centre.night()


@attack(ADMIN, "another version of the program", "changed", says="程序·版本")
def other_program(centre: Centre) -> Told:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("regaudit.audit.inputs.__version__", "0.0.1")
        centre.deliver()
        return centre.night()


@attack(
    ADMIN,
    "a setting changed for one night and put back: both nights tell",
    "changed",
    says="expedite_grounds",
)
def changed_and_back(centre: Centre) -> Told:
    own_profile(centre, "expedite_grounds = []")
    centre.deliver()
    assert "changed" in [reason["code"] for reason in centre.night().because]
    centre.settings('profile = "local"', 'profile = "ordos-2023"')
    return centre.usual(NEXT)


@attack(
    ADMIN,
    "a setting changed for a check between two nights, which then counts as known",
    "changed",
    says="停用的规则(rules_off)",
)
def changed_before_a_check(centre: Centre) -> None:
    own_profile(centre, 'rules_off = ["one-person"]')
    centre.desk.ok("check", "--as-of", NIGHT)

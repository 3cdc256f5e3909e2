"""The night's mail: what its subject says, what its body shows, in which order, and that it is safe."""

import re
from datetime import date
from email import message_from_bytes
from email.policy import SMTP
from html.parser import HTMLParser

import msgspec
import pytest
from digests import CLEAN, CONTINUING, DUE_SOON, NEW, NIGHT, a_digest, a_line, a_reason, body, both, mail
from readers import FROM_THE_READER

from regaudit.audit.light import CODES
from regaudit.outlets.mail.cards import CARD_CAP
from regaudit.outlets.mail.digest import Change, Person, RuleCount, Unknown
from regaudit.outlets.mail.matters import ADVICE, LIST_CAP
from regaudit.outlets.mail.view import make_view

IS_NEW = a_reason("new", "red", 3, text="新增严重问题 1 项、重要问题 2 项。")
REST = "另有 2 类情况"
DAY = "东胜区 3月31日（周二）"


@pytest.mark.parametrize(
    ("changes", "subject"),
    [
        ({}, f"【登记监管·绿】{DAY}：零报告"),
        ({"gone": NEW, "notes": ["2027 年日历未公布"]}, f"【登记监管·绿】{DAY}：零报告"),
        ({"office_name": ""}, "【登记监管·绿】150602 3月31日（周二）：零报告"),
        ({"due_soon": DUE_SOON}, f"【登记监管·绿】{DAY}：零报告，将到期 2 件"),
        ({"continuing": NEW}, f"【登记监管·绿】{DAY}：零报告，未结 3 项（严重 1 项）"),
        (
            {"because": [IS_NEW], "new": NEW, "due_soon": DUE_SOON, "continuing": CONTINUING},
            f"【登记监管·红】{DAY}：新增问题 3 项（严重 1 项），将到期 2 件，未结 5 项",
        ),
        (
            {"because": [a_reason("quarantined", count=12), a_reason("missing", count=2)]},
            f"【登记监管·黄】{DAY}：数据未到 2 处，隔离行 12 行",
        ),
        ({"because": [a_reason("failed", "red", 2)]}, f"【登记监管·红】{DAY}：运行失败 2 处"),
        ({"failures": ["x"]}, f"【登记监管·红】{DAY}：运行失败 1 处"),
        ({"run_no": None}, f"【登记监管·红】{DAY}：运行失败 1 处"),
        ({"totals": None}, f"【登记监管·红】{DAY}：运行失败 1 处"),
        (
            {
                "because": [
                    a_reason(code) for code in ("late", "nights", "new", "unread", "changed", "unknown")
                ]
            },
            f"【登记监管·黄】{DAY}：新增问题 1 项，事后补录 1 项，设置变更 1 项，夜间作业缺失 1 晚，" + REST,
        ),
        (
            {
                "because": [
                    a_reason("new", office="150602"),
                    a_reason("new"),
                    a_reason("new", office="150603"),
                ]
            },
            f"【登记监管·黄】{DAY}：新增问题 2 项",
        ),
    ],
)
def test_the_subject_says_the_light_and_what_it_is_for(changes: dict[str, object], subject: str) -> None:
    message = mail(a_digest(**changes))
    assert message["Subject"] == subject
    assert message_from_bytes(message.as_bytes(), policy=SMTP)["Subject"] == subject


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("light", ["yellow", "red"])
def test_any_reason_takes_the_zero_report_away(code: str, light: str) -> None:
    digest = a_digest(because=[a_reason(code, light)])  # type: ignore[arg-type]
    assert digest.light == light
    message = mail(digest)
    for text in (message["Subject"], *both(digest)):
        assert "零报告" not in text
    for text in both(digest):
        assert f"因为{code}。" in text
        assert CODES[code][0] in text


@pytest.mark.parametrize("changes", [{"failures": [""]}, {"run_no": None}, {"totals": None}])
def test_a_night_that_is_not_whole_is_red_whatever_its_reasons_say(changes: dict[str, object]) -> None:
    for because in ([], [a_reason("missing")]):
        digest = a_digest(because=because, **changes)
        assert digest.light == "red"
        assert digest.because[0].code == "failed"
        for text in both(digest):
            assert "不能当作没有问题" in text
            assert "零报告" not in text


@pytest.mark.parametrize(
    "changes",
    [{}, {"due_soon": DUE_SOON}, {"continuing": NEW}, {"gone": NEW}, {"new": [a_line(1, severity="info")]}],
)
def test_without_a_reason_the_night_is_green_whatever_is_open(
    changes: dict[str, object],
) -> None:
    digest = a_digest(**changes)
    view = make_view(digest, "登记监管")
    assert (view.light, view.status) == ("green", "零报告")
    for text in both(digest):
        assert "绿灯 · 零报告" in text
        assert "本夜检查已完整运行，没有新增问题" in text


def test_reasons_are_those_of_the_office_the_red_ones_first() -> None:
    digest = a_digest(
        because=[
            a_reason("quarantined"),
            a_reason("new", office="150603", text="别处的。"),
            a_reason("missing", is_earlier=True),
            a_reason("late", "red", office="150602"),
        ]
    )
    told = [(because.light, because.title) for because in make_view(digest, "").because]
    assert told == [("red", "事后补录"), ("yellow", "数据未到（首次运行时）"), ("yellow", "隔离行")]
    assert all("别处" not in text for text in both(digest))
    everywhere = msgspec.structs.replace(digest, office="*")
    assert len(make_view(everywhere, "").because) == 4


def test_news_comes_before_tables() -> None:
    digest = a_digest(
        because=[
            IS_NEW,
            *(a_reason(code) for code in ("late", "changed", "missing", "unread", "quarantined")),
        ],
        changes=[
            Change(what="规程 rules_off", old="", new="queue-jump"),
            Change(what="收件人", old="a@example.cn", new=""),
            Change(what="别处的收件人", old="b", new="c", office="150603"),
        ],
        missing=["exports/roster.csv"],
        unread=["a.zip:SH.csv(缺少列)"],
        quarantined=12,
        quarantine_files=["quarantine/a.csv"],
        due_soon=DUE_SOON,
        new=[*reversed(NEW), a_line(70, severity="info")],
        continuing=CONTINUING,
        gone=[a_line(99)],
        counts=[
            RuleCount(rule="queue-jump", title="插队的计数", severity="major", new=2, continuing=5, gone=1)
        ],
        notes=["2027 年日历未公布"],
        unknowns=[Unknown(title="超期", why="没有受理记录,无法计算", subjects=7)],
    )
    marks = [
        "红灯 · 新增问题", IS_NEW.text, "CASE-0001", "CASE-0002", "CASE-0010", "CASE-0011", "CASE-0070",
        "CASE-0099", "规程 rules_off：原来没有，现为 queue-jump", "收件人：原为 a@example.cn，现已取消",
        "exports/roster.csv", "a.zip:SH.csv（缺少列）", "quarantine/a.csv", "2027 年日历未公布",
        "超期 7 项：没有受理记录，无法计算", "期限待定 2 件：", "至今未结 5 项：重要 5 项。", "插队的计数",
        "3月31日（周二）的数字", "日志位置",
    ]  # fmt: skip
    for text in both(digest):
        body_text = text[text.index("</head>") :] if "</head>" in text else text
        places = [body_text.index(mark) for mark in marks]
        assert places == sorted(places)
        assert "CASE-0020" not in text, "what continues is counted, not listed"
        assert "别处" not in text


def test_what_failed_stands_before_the_findings() -> None:
    digest = a_digest(because=[a_reason("failed", "red"), IS_NEW], failures=["规则出错"], new=NEW)
    for text in both(digest):
        assert text.index("规则出错") < text.index("CASE-0001")


def test_each_thing_to_do_is_said() -> None:
    for code, advice in ADVICE.items():
        assert advice in both(a_digest(because=[a_reason(code)]))[0]


def test_a_card_says_on_what_it_rests_and_who_had_to_do_with_it() -> None:
    line = a_line(
        1,
        summary="业务 东(2026)1 自 2025-06-01 起,由 李(东) 审核(3月2日09:30)",
        case_no="东(2026)1",
        basis="鄂尔多斯方案(18);实施清单26;实施清单26",
        persons=[
            Person(name="李(东)", roles=["reviewed", "accepted"], is_answerable=True),
            Person(name="王芳", roles=["held_when_due"]),
            Person(name="赵六", roles=["unheard-of"]),
        ],
    )
    for text in both(a_digest(because=[IS_NEW], new=[line])):
        assert "业务 东(2026)1 自 2025年6月1日 起，由 李(东) 审核（3月2日09:30）。" in text
        assert "依据：鄂尔多斯方案（18）；实施清单26" in text
        assert "实施清单26；" not in text
        assert "人员：李(东)（受理、审核；责任人）、王芳（到期日经手）、赵六" in text


def test_a_day_shows_its_year_where_it_is_another() -> None:
    text, _ = both(
        a_digest(
            due_soon=[a_line(1, due_on=date(2026, 4, 7)), a_line(2, due_on=date(2027, 1, 4))],
            gone=[a_line(4, first_found_on=date(2025, 12, 22)), a_line(5, first_found_on=date(2026, 3, 22))],
        )
    )
    for words in (
        "4月7日（周二）到期",
        "2027年1月4日（周一）到期",
        "2025年12月22日（周一）首次发现",
        "3月22日（周日）首次发现",
        "截至：2026年3月31日（周二）23:59",
    ):
        assert words in text
    assert "2026年4月7日" not in text


def test_the_mail_is_read_the_next_morning_in_full_width() -> None:
    digest = a_digest(
        because=[a_reason(code) for code in CODES],
        failures=["规则出错:内存不足(8 GB)"],
        new=NEW,
        due_soon=DUE_SOON,
        continuing=CONTINUING,
        gone=[a_line(99)],
        notes=["日历:未公布,请留意"],
        unread=["a.zip:SH.csv(缺少列)"],
    )
    text, _ = both(digest)
    assert not FROM_THE_READER.search(text)
    assert not re.search(r"[\u4e00-\u9fff][,:;!?()]|[,:;!?()][\u4e00-\u9fff]", text)


def test_a_finding_due_soon_is_told_once() -> None:
    digest = a_digest(due_soon=DUE_SOON, new=[*NEW, *DUE_SOON], continuing=DUE_SOON, because=[IS_NEW])
    assert mail(digest)["Subject"].endswith("新增问题 3 项（严重 1 项），将到期 2 件")
    assert body(mail(digest), "plain").count("CASE-0010") == 1


@pytest.mark.parametrize("code", ["failed", "integrity", "missing", "unread", "quarantined"])
def test_what_is_gone_on_an_incomplete_night_is_not_called_settled(code: str) -> None:
    for text in both(a_digest(gone=NEW, because=[a_reason(code)])):
        assert "不能据此认定" in text
        assert "不等于已经销号" not in text
    for text in both(a_digest(gone=NEW)):
        assert "不等于已经销号" in text


def test_a_finding_about_an_account_has_no_case_number() -> None:
    line = a_line(1, case_no=None, rule_title="多人一号", summary="账号 lina")
    text, html = both(a_digest(new=[line]))
    assert "1. [重要] 多人一号\n   账号 lina" in text
    assert "None" not in text + html


def test_a_mail_shows_so_many_cards_and_counts_the_rest() -> None:
    lines = [a_line(number) for number in range(CARD_CAP + 17)]
    missing = [f"export-{number}.csv" for number in range(LIST_CAP + 3)]
    because = [IS_NEW, a_reason("missing", count=len(missing))]
    for text in both(a_digest(new=lines, missing=missing, because=because)):
        assert "其余 17 项见分析数据库的 findings 表" in text
        assert "其余 3 条略" in text
        assert len(set(re.findall(r"CASE-\d+", text))) == CARD_CAP
    for text in both(a_digest(new=lines[:CARD_CAP], because=[IS_NEW])):
        assert "其余" not in text


def test_where_there_is_no_room_the_worst_have_a_card_and_no_rule_hides_another() -> None:
    worst = [a_line(number, severity="critical") for number in range(CARD_CAP - 10)]
    late = [a_line(900 + n, rule="overdue", rule_title="超期", severity="critical") for n in range(4)]
    major = [a_line(1000 + n) for n in range(20)]
    due = [a_line(2000 + n, severity="minor", rule="due-soon") for n in range(3)]
    view = make_view(a_digest(new=[*major, *worst, *late], due_soon=due, gone=[a_line(3000)]), "")
    new, due_soon, gone = view.sections
    assert [card.severity for card in new.cards] == ["critical"] * (CARD_CAP - 6) + ["major"] * 6
    assert [card.title for card in new.cards].count("超期") == 4
    assert (new.rest, due_soon.cards, due_soon.rest) == (
        "其余 14 项见分析数据库的 findings 表", [], "全部 3 件见分析数据库的 findings 表",
    )  # fmt: skip
    assert gone.cards == []


class _Tags(HTMLParser):
    """All tags, attributes and text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.extend(attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


def parsed(html: str) -> _Tags:
    parser = _Tags()
    parser.feed(html)
    parser.close()
    return parser


def test_html_from_the_data_is_shown_not_run() -> None:
    bad = "<script>alert('1')</script><img src=x onerror=y>&amp;"
    line = a_line(1, summary=bad, case_no=bad, rule_title=bad, severity=bad, basis=bad)
    line = msgspec.structs.replace(line, persons=[Person(name=bad, roles=[])])
    count = RuleCount(rule="r", title=bad, severity=bad, new=1, continuing=0, gone=0)
    codes = ("failed", "missing", "quarantined", "changed", bad)
    digest = a_digest(
        office_name=bad,
        because=[a_reason(code, text=bad) for code in codes],
        changes=[Change(what=bad, old=bad, new=bad)],
        failures=[bad],
        missing=[bad],
        quarantine_files=[bad],
        notes=[bad],
        new=[line],
        due_soon=[msgspec.structs.replace(line, finding_id="other")],
        counts=[count],
        unknowns=[Unknown(title=bad, why=bad, subjects=1)],
        profile_title=bad,
        post=bad,
    )
    text, html = both(digest)
    page = parsed(html)
    assert not {"script", "img"} & set(page.tags)
    assert page.text.count(bad) >= 25
    assert bad in text


def test_the_page_needs_nothing_from_outside_and_no_style_sheet() -> None:
    busy = a_digest(
        because=[a_reason(code) for code in CODES], due_soon=DUE_SOON, new=NEW, gone=CONTINUING, notes=["n"]
    )
    html = body(mail(busy), "html")
    page = parsed(html)
    assert not {"img", "link", "script", "a", "iframe", "object"} & set(page.tags)
    assert not {"src", "href", "background", "srcset"} & {name for name, _ in page.attributes}
    assert not re.search(r"https?://|url\(|@import", html)
    assert "max-width: 640px" in re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in html
    assert "prefers-color-scheme: dark" in html


def test_text_and_page_say_the_same() -> None:
    digest = a_digest(
        because=[IS_NEW, a_reason("changed")],
        changes=[Change(what="规程", old="甲", new="乙")],
        new=NEW,
        due_soon=DUE_SOON,
        continuing=CONTINUING,
        gone=[a_line(99)],
        notes=["另一件事"],
        unknowns=[Unknown(title="超期", why="没有受理记录", subjects=7)],
    )
    text, html = both(digest)
    page = parsed(html[html.index("<body") :]).text
    told = {
        word
        for word in re.split(r"[\s\[\]【】（）：，。·•●-]+|\d+\.", text)
        if re.search(r"[\u4e00-\u9fff]", word)
    }
    assert {word for word in told if word not in page} == set()


def test_a_failure_of_several_lines_is_a_list_and_one_failure() -> None:
    failures = ["a.csv 不是办件日志\n缺少的列:id\n需要的列:case_no", "规则出错"]
    plain = both(a_digest(failures=failures, because=[a_reason("failed", "red", 2)]))[0]
    assert "运行失败（2 处）" in plain
    for line in ("a.csv 不是办件日志", "缺少的列：id", "需要的列：case_no", "规则出错"):
        assert f"  - {line}\n" in plain


def test_an_office_without_a_name_is_called_by_its_code_once() -> None:
    assert "登记机构：150602\n" in both(a_digest(office_name="150602"))[0]
    assert "登记机构：东胜区（150602）\n" in both(CLEAN)[0]


def test_a_missing_source_is_named_once_where_a_card_tells_of_it() -> None:
    line = a_line(1, rule="export-missing", case_no=None, source="平台", summary="数据源 平台 未到")
    text, _ = both(a_digest(missing=["平台", "名册"], new=[line], because=[a_reason("missing", count=2)]))
    assert "  - 名册\n" in text
    assert "  - 平台\n" not in text
    assert NIGHT.year == 2026


def test_what_a_reason_says_is_not_said_again_and_many_of_a_kind_are_told_further_down() -> None:
    failures = ["规则 A 出错:甲", "b.csv 未导入:\n缺少列 x"]
    unread = [f"表{number:02}" for number in range(8)]
    digest = a_digest(
        because=[
            *(a_reason("failed", "red", text=f"{text}。") for text in failures),
            *(a_reason("unread", text=f"{name} 未读。") for name in unread),
        ],
        failures=failures,
        unread=unread,
    )
    for text in both(digest):
        for words in ("规则 A 出错：甲", "缺少列 x", *unread):
            assert text.count(words) == 1, words
        assert "表04 未读。同类还有 3 条，见下文。" in text
        assert text.index("同类还有") < text.index("表05 未读。")

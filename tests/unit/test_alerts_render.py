"""The night's mail: what its subject says, what its body shows, and when two mails are the same mail."""

import re
from datetime import date
from email import message_from_bytes
from email.policy import SMTP
from html.parser import HTMLParser

import msgspec
import pytest
from digests import CLEAN, CONTINUING, DUE_SOON, FULL, NEW, NIGHT, a_digest, a_line, body, both, mail

from regaudit.outlets.mail.digest import RuleCount
from regaudit.outlets.mail.view import make_view
from regaudit.outlets.mail.wording import LIST_CAP


@pytest.mark.parametrize(
    ("changes", "subject"),
    [
        ({}, "【登记监管】东胜区 3月31日:零报告"),
        ({"gone": NEW}, "【登记监管】东胜区 3月31日:零报告"),
        ({"notices": ["2027 年日历未公布"]}, "【登记监管】东胜区 3月31日:零报告"),
        ({"office_name": ""}, "【登记监管】150602 3月31日:零报告"),
        ({"new": NEW, "due_soon": DUE_SOON, "continuing": CONTINUING}, f"【登记监管】{FULL}"),
        ({"new": NEW[1:]}, "【登记监管】东胜区 3月31日:新增 2 项"),
        ({"due_soon": DUE_SOON}, "【登记监管】东胜区 3月31日:将到期 2 件"),
        ({"continuing": NEW}, "【登记监管】东胜区 3月31日:持续 3 项(严重 1)"),
        ({"failures": ["x"]}, "【登记监管·运行失败】东胜区 3月31日:没有得到完整结果"),
        ({"run_no": None}, "【登记监管·运行失败】东胜区 3月31日:没有得到完整结果"),
        ({"totals": None}, "【登记监管·运行失败】东胜区 3月31日:没有得到完整结果"),
        (
            {"failures": ["x"], "new": NEW},
            "【登记监管·运行失败】东胜区 3月31日:结果不完整,已知新增 3 项(严重 1)",
        ),
        (
            {"missing": ["a.csv"]},
            "【登记监管·缺导出】东胜区 3月31日:数据不全(缺 1 个导出),已检查部分未发现问题",
        ),
        ({"missing": ["a.csv"], "new": NEW}, "【登记监管·缺导出】东胜区 3月31日:新增 3 项(严重 1)"),
        (
            {"quarantined": 12},
            "【登记监管·有隔离行】东胜区 3月31日:数据不全(隔离 12 行),已检查部分未发现问题",
        ),
        (
            {
                "failures": ["x"],
                "missing": ["a.csv"],
                "quarantined": 1,
                "new": NEW,
                "due_soon": DUE_SOON,
                "continuing": CONTINUING,
            },
            f"【登记监管·运行失败·缺导出·有隔离行】{FULL.replace(':', ':结果不完整,已知')}",
        ),
    ],
)
def test_the_subject_tells_all_at_a_glance(changes: dict[str, object], subject: str) -> None:
    message = mail(a_digest(**changes))
    assert message["Subject"] == subject
    assert message_from_bytes(message.as_bytes(), policy=SMTP)["Subject"] == subject


@pytest.mark.parametrize(
    "changes",
    [
        {"failures": ["日志无法读取"]},
        {"failures": [""]},
        {"run_no": None},
        {"totals": None},
        {"missing": ["roster.csv"]},
        {"quarantined": 1},
        {"quarantine_files": ["quarantine/a.csv"]},
        {"new": NEW},
        {"due_soon": DUE_SOON},
        {"continuing": [a_line(1, severity="info")]},
    ],
)
def test_only_a_clean_night_is_green_or_calls_itself_a_zero_report(changes: dict[str, object]) -> None:
    digest = a_digest(**changes)
    message = mail(digest)
    assert not digest.is_clean
    assert make_view(digest, "登记监管").light != "green"
    for text in (message["Subject"], *both(digest)):
        assert "零报告" not in text


def test_a_clean_night_says_that_it_ran_whole_and_found_nothing() -> None:
    for text in both(CLEAN):
        assert "绿灯 · 零报告" in text
        assert "没有发现问题" in text
    text, _ = both(CLEAN)
    assert "零报告：本夜检查完整运行，没有发现问题，也没有将到期的办件。" in text
    for fact in ("今日受理 128", "在办 642", "2026-03-31 23:59", "鄂尔多斯市", "87", "1284431"):
        assert fact in text


@pytest.mark.parametrize(
    ("changes", "light", "status"),
    [
        ({"failures": ["x"]}, "red", "运行失败"),
        ({"new": [a_line(1, severity="critical")]}, "red", "有严重问题"),
        ({"continuing": [a_line(1, severity="major")], "due_soon": DUE_SOON}, "red", "有超期或重要问题"),
        ({"new": [a_line(1, severity="major", case_no=None, source="a")]}, "red", "缺少应到的导出"),
        ({"new": [a_line(1, severity="unheard-of")]}, "red", "有严重问题"),
        ({"due_soon": DUE_SOON, "missing": ["a"]}, "yellow", "有办件将到期"),
        ({"missing": ["a"]}, "yellow", "数据不全"),
        ({"new": [a_line(1, severity="minor")]}, "yellow", "有一般问题"),
        ({}, "green", "零报告"),
    ],
)
def test_the_worst_that_holds_decides_the_light(changes: dict[str, object], light: str, status: str) -> None:
    view = make_view(a_digest(**changes), "登记监管")
    assert (view.light, view.status) == (light, status)


def test_what_went_wrong_comes_first_and_names_each_file() -> None:
    digest = a_digest(
        failures=["规则 queue-jump 出错"],
        missing=["exports/roster.csv"],
        quarantined=12,
        quarantine_files=["quarantine/a.csv"],
        due_soon=DUE_SOON,
    )
    for text in both(digest):
        places = [
            text.index(mark)
            for mark in ("规则 queue-jump 出错", "exports/roster.csv", "quarantine/a.csv", "CASE-0010")
        ]
        assert places == sorted(places)
        assert "regaudit import" in text
        assert "12 行" in text


def test_the_lists_stand_in_the_order_of_urgency() -> None:
    digest = a_digest(
        due_soon=DUE_SOON,
        new=list(reversed(NEW)),
        continuing=CONTINUING,
        gone=[a_line(99)],
        counts=[
            RuleCount(rule="queue-jump", title="插队的计数", severity="major", new=2, continuing=5, gone=1)
        ],
        notices=["2027 年日历未公布"],
    )
    marks = ["CASE-0010", "CASE-0011", "插队的计数", "CASE-0001", "CASE-0002", "CASE-0020", "CASE-0099"]
    for text in both(digest):
        body_text = text[text.index("</head>") :] if "</head>" in text else text
        places = [body_text.index(mark) for mark in [*marks, "今日数字", "2027 年日历未公布", "日志位置"]]
        assert places == sorted(places)


def test_a_line_says_when_it_is_due_and_how_long_it_lasts() -> None:
    text, _ = both(
        a_digest(
            due_soon=[
                a_line(1, due_on=NIGHT),
                a_line(2, due_on=date(2026, 4, 1)),
                a_line(3, due_on=date(2026, 4, 7)),
            ],
            continuing=[a_line(4, due_on=date(2026, 3, 30), first_found_on=date(2026, 3, 22))],
        )
    )
    for words in (
        "今日到期 3月31日",
        "明日到期 4月1日",
        "到期日 4月7日",
        "到期日 3月30日",
        "3月22日首次发现",
    ):
        assert words in text
    assert "第 10 天" in text


def test_a_finding_due_soon_is_told_once() -> None:
    message = mail(a_digest(due_soon=DUE_SOON, new=[*NEW, *DUE_SOON], continuing=DUE_SOON))
    assert message["Subject"].endswith("新增 3 项(严重 1),将到期 2 件")
    assert body(message, "plain").count("CASE-0010") == 1


@pytest.mark.parametrize("changes", [{"failures": ["x"]}, {"missing": ["a.csv"]}, {"quarantined": 1}])
def test_what_is_gone_on_an_incomplete_night_is_not_called_settled(changes: dict[str, object]) -> None:
    for text in both(a_digest(gone=NEW, **changes)):
        assert "不能据此认定" in text
        assert "不等于已销号" not in text
    for text in both(a_digest(gone=NEW)):
        assert "不等于已销号" in text


def test_a_finding_about_an_account_has_no_case_number() -> None:
    text, html = both(a_digest(new=[a_line(1, case_no=None, rule_title="多人一号", summary="账号 lina")]))
    assert "1. [重要] 多人一号\n   账号 lina" in text
    assert "None" not in text + html


def test_long_lists_are_capped_and_say_where_the_rest_is() -> None:
    lines = [a_line(number) for number in range(LIST_CAP + 17)]
    for text in both(a_digest(new=lines, missing=[f"export-{number}.csv" for number in range(LIST_CAP + 3)])):
        assert "其余 17 条见 regaudit findings --open,或分析数据库 regaudit.duckdb 的 findings 表" in text
        assert "其余 3 项略" in text
        assert len(set(re.findall(r"CASE-\d+", text))) == LIST_CAP
    for text in both(a_digest(new=lines[:LIST_CAP])):
        assert "其余" not in text


def test_in_a_capped_list_no_rule_hides_another_and_the_worst_come_first() -> None:
    worst = [a_line(number, severity="critical") for number in range(LIST_CAP + 5)]
    late = [
        a_line(90 + number, rule="overdue", rule_title="超期", severity="critical") for number in range(4)
    ]
    view = make_view(a_digest(new=[*worst, *late, a_line(200)]), "")
    [section] = view.sections
    titles = [item.title for item in section.items]
    assert (titles.count("超期"), titles.count("插队")) == (4, LIST_CAP - 4)
    assert {item.severity for item in section.items} == {"critical"}
    assert titles == sorted(titles, key=["超期", "插队"].index)


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
    line = a_line(1, summary=bad, case_no=bad, rule_title=bad, severity=bad)
    count = RuleCount(rule="r", title=bad, severity=bad, new=1, continuing=0, gone=0)
    digest = a_digest(
        office_name=bad,
        failures=[bad],
        missing=[bad],
        quarantine_files=[bad],
        notices=[bad],
        new=[line],
        due_soon=[msgspec.structs.replace(line, finding_id="other")],
        counts=[count],
        profile_title=bad,
        post=bad,
    )
    text, html = both(digest)
    page = parsed(html)
    assert not {"script", "img"} & set(page.tags)
    assert page.text.count(bad) >= 12
    assert bad in text


def test_the_page_needs_nothing_from_outside_and_no_style_sheet() -> None:
    busy = a_digest(failures=["x"], due_soon=DUE_SOON, new=NEW, continuing=CONTINUING, notices=["n"])
    html = body(mail(busy), "html")
    page = parsed(html)
    assert not {"img", "link", "script", "a", "iframe", "object"} & set(page.tags)
    assert not {"src", "href", "background", "srcset"} & {name for name, _ in page.attributes}
    assert not re.search(r"https?://|url\(|@import", html)
    assert "max-width: 640px" in re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in html
    assert "prefers-color-scheme: dark" in html


def test_a_failure_of_several_lines_is_a_list_and_one_failure() -> None:
    digest = a_digest(failures=["a.csv 不是办件日志\n现有的列:id\n需要的列:case_no", "规则出错"])
    plain = both(digest)[0]
    assert "运行失败（2 处）" in plain
    for line in ("a.csv 不是办件日志", "现有的列:id", "需要的列:case_no", "规则出错"):
        assert f"  - {line}\n" in plain


def test_an_office_without_a_name_is_called_by_its_code_once() -> None:
    assert "登记机构：150602\n" in both(a_digest(office_name="150602"))[0]
    assert "登记机构：东胜区（150602）\n" in both(a_digest())[0]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"quarantined_before": 3}, "数据不全(无新隔离行、共 3 行待改正)"),
        ({"quarantined": 2, "quarantined_before": 3}, "数据不全(新隔离 2 行、共 5 行待改正)"),
    ],
)
def test_open_rows_of_earlier_nights_keep_the_night_yellow(changes: dict[str, object], told: str) -> None:
    digest = a_digest(**changes)
    assert told in mail(digest)["Subject"]
    assert (make_view(digest, "").light, digest.is_clean) == ("yellow", False)

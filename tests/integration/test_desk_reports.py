"""The room of the reports: who reads which, who makes and signs them."""

import json
import re
from pathlib import Path

import pytest
from report_desk import need_press
from sample_site import OTHER, OWN, SampleSite

pytestmark = pytest.mark.long
LINK = re.compile(r'href="(/reports/[^"]+)"')


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> SampleSite:
    need_press()
    sample = SampleSite(Path(tmp_path_factory.mktemp("sample")) / "home")
    for login, office in (("post1", OWN), ("post3", OTHER)):
        for what in ("report", "zero"):
            form = {"what": what, "period": "2026-03", "office": office, "reason": "", "declared": "zero"}
            assert send(sample, login, form) == 303
    return sample


def send(sample: SampleSite, login: str, form: dict[str, str]) -> int:
    browser = sample.browser(login)
    answer = browser.client.post("/reports", data={"_token": browser.token("/reports"), **form})
    return int(answer.status_code)


def links(sample: SampleSite, login: str) -> set[str]:
    return set(LINK.findall(sample.browser(login).page("/reports")))


def test_a_post_makes_the_report_of_his_office_and_has_its_files(sample: SampleSite) -> None:
    found = links(sample, "post1")
    assert found == {
        *(f"/reports/2026-03/{OWN}/monthly/1.{kind}" for kind in ("pdf", "xlsx", "json")),
        *(f"/reports/2026-03/{OWN}/zero/1.{kind}" for kind in ("pdf", "json")),
    }
    for link in found:
        answer = sample.browser("post1").get(link)
        assert answer.status_code == 200
        assert "attachment" in answer.headers["content-disposition"]
        kind = link.rpartition(".")[2]
        suffix = "-zero" if "/zero/" in link else ""
        kept = sample.desk.home / "reports" / f"2026-03-{OWN}{suffix}.{kind}"
        assert answer.content == kept.read_bytes()


@pytest.mark.parametrize(
    ("login", "monthly", "zero"),
    [
        ("lead", {OWN}, {OWN}),
        ("ana", {OWN}, {OWN}),
        # A monthly report names persons of all sections; a zero return names nobody.
        ("head", set(), {OWN}),
        ("post3", {OTHER}, {OTHER}),
        ("sup", {OWN, OTHER}, {OWN, OTHER}),
        ("aud", {OWN, OTHER}, {OWN, OTHER}),
    ],
)
def test_each_reads_what_he_may(sample: SampleSite, login: str, monthly: set[str], zero: set[str]) -> None:
    found = links(sample, login)
    assert {link.split("/")[3] for link in found if "/monthly/" in link} == monthly
    assert {link.split("/")[3] for link in found if "/zero/" in link} == zero
    for office in (OWN, OTHER):
        for kind, allowed in (("monthly", monthly), ("zero", zero)):
            answer = sample.browser(login).get(f"/reports/2026-03/{office}/{kind}/1.json")
            assert answer.status_code == (200 if office in allowed else 404)


def test_who_has_nothing_to_do_with_it_finds_no_such_page(sample: SampleSite) -> None:
    for login in ("hand", "sys", "sec"):
        assert sample.browser(login).get("/reports").status_code == 404
        assert sample.browser(login).get(f"/reports/2026-03/{OWN}/zero/1.pdf").status_code == 404


def test_nobody_makes_or_signs_what_is_not_his(sample: SampleSite) -> None:
    form = {"what": "report", "period": "2026-02", "office": OTHER, "reason": "", "declared": "zero"}
    before = len(sample.desk.events("report-made"))
    assert send(sample, "post1", form) == 404
    assert send(sample, "post1", {**form, "office": "ALL"}) == 404
    for login in ("ana", "head", "aud"):
        assert sample.browser(login).client.post("/reports", data=form).status_code in (403, 404)
    assert len(sample.desk.events("report-made")) == before


def test_what_cannot_be_done_is_told_with_the_reason(sample: SampleSite) -> None:
    browser = sample.browser("post1")
    for form, said in (
        ({"what": "report", "period": "2026-04", "reason": ""}, "还没有查完"),
        ({"what": "report", "period": "March", "reason": ""}, "应写作"),
        ({"what": "report", "period": "2026-03", "reason": "试试"}, "无可更正"),
        ({"what": "sign", "period": "2026-03", "declared": "zero"}, "没有夜间作业"),
        ({"what": "sign", "period": "2026-03", "declared": "perhaps"}, "nonzero"),
    ):
        told = {"_token": browser.token("/reports"), "office": OWN, **form}
        answer = browser.client.post("/reports", data=told)
        assert (answer.status_code, said in answer.text) == (409, True), form


def test_a_leader_signs_as_not_zero_and_the_page_says_so(sample: SampleSite) -> None:
    form = {"what": "sign", "period": "2026-03", "office": OWN, "declared": "nonzero"}
    assert send(sample, "lead", form) == 303
    assert "非零报告" in sample.browser("post1").page("/reports")
    signed = sample.browser("post1").get(f"/reports/2026-03/{OWN}/zero/2.json")
    assert json.loads(signed.content)["signature"]["role"] == "leader"
    # What was there before is there still.
    first = sample.browser("post1").get(f"/reports/2026-03/{OWN}/zero/1.json")
    assert json.loads(first.content)["signature"] is None

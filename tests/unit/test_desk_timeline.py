"""The timeline of an entry: what it shows, in words and in SVG."""

from datetime import date
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from regaudit.outlets.desk.pictures.picture import text_width
from regaudit.outlets.desk.pictures.timeline import Span, timeline

DAYS = st.dates(date(2024, 1, 1), date(2027, 12, 31))
SVG = "{http://www.w3.org/2000/svg}"


def test_it_tells_states_limits_and_lateness() -> None:
    spans = [
        Span(title="挂账", first=date(2026, 3, 2), last=date(2026, 3, 4), due_on=date(2026, 3, 5)),
        Span(
            title="已交办",
            first=date(2026, 3, 4),
            last=date(2026, 3, 12),
            due_on=date(2026, 3, 9),
            is_last=True,
        ),
    ]
    made = timeline(spans, "时间轴")
    assert made.told == (
        "挂账 2026年3月2日 至 2026年3月4日，期限 2026年3月5日；"
        "已交办 2026年3月4日 至今，期限 2026年3月9日，逾期 3 天"
    )
    assert made.rows == [
        ["挂账", "2026年3月2日", "2026年3月4日", "2026年3月5日", "2", ""],
        ["已交办", "2026年3月4日", "至今", "2026年3月9日", "8", "3"],
    ]
    root = ET.fromstring(made.svg)  # noqa: S314 - our own
    texts = [each.text for each in root.iter(f"{SVG}text")]
    assert {"挂账", "已交办", "2天", "8天，逾期3天"} <= set(texts)
    assert made.svg.count("url(#timeline-hatch)") == 2  # one bar, one line of the legend
    assert "style=" not in made.svg


@given(st.lists(st.tuples(st.text(max_size=8), DAYS, DAYS, st.none() | DAYS), min_size=1, max_size=8))
def test_whatever_it_is_given_it_is_well_formed_and_within_its_frame(
    told: list[tuple[str, date, date, date | None]],
) -> None:
    spans = [Span(title=title, first=min(a, b), last=max(a, b), due_on=due) for title, a, b, due in told]
    made = timeline(spans, "<时间轴>")
    root = ET.fromstring(made.svg)  # noqa: S314 - our own
    width = float(root.attrib["width"])
    for bar in root.iter(f"{SVG}rect"):
        x, wide = float(bar.attrib.get("x", 0)), float(bar.attrib["width"])
        assert 0 <= x <= x + wide <= width
    for written in root.iter(f"{SVG}text"):
        if written.attrib.get("text-anchor") is None and written.text:
            size = float(written.attrib["font-size"])
            assert float(written.attrib["x"]) + text_width(written.text, size) <= width
    assert len(made.rows) == len(spans)

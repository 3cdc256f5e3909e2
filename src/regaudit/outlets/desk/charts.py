"""Charts of the figures: made by Altair on the server, as SVG that stands in a page as it is."""

import re
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

import altair as alt
import vl_convert
from msgspec import Struct

from regaudit.outlets.desk.pictures.picture import FONT, INK, PAPER, Picture, name_of

_SIZE, _WIDTH, _HEIGHT, _ROW = 13, 400, 200, 24
_DARK, _LIGHT = "#333333", "#ffffff"
_HEAD_END = ">"
# Vega names each group of marks as a graphic of its own; the picture is read aloud as one.
_READ_ALOUD = re.compile(r' (?:role="graphics-[a-z]+"|aria-roledescription="[^"]*")')


class Bar(Struct, frozen=True, kw_only=True):
    """A bar: what it is of, how long it is, what stands beside it, and of which of two kinds it is."""

    name: str
    value: float
    words: str = ""
    kind: str = ""


def columns_chart(
    bars: Sequence[Bar], key: str, title: str, axes: tuple[str, str], *, is_share: bool = False
) -> Picture:
    """Upright bars in the order given; of two kinds, those of the first are dark.

    Args:
        bars: what is shown.
        key: tells it apart from others of its page.
        title: what it is of.
        axes: titles of what lies along and of what stands up.
        is_share: values are shares of 1, told in per cent.
    """
    along, upright = axes
    base = _base(bars).encode(
        x=alt.X("name:N", title=along, sort=None, axis=alt.Axis(labelAngle=0, labelOverlap=True)),
        y=alt.Y("value:Q", title=upright, scale=_scale(is_share), axis=_axis(is_share), stack="zero"),
    )
    told = base.mark_text(dy=-7, fontSize=_SIZE - 2).encode(text="words:N")
    chart = alt.layer(_filled(base, bars), told).properties(width=_WIDTH, height=_HEIGHT)
    return _picture(chart, bars, key, title, axes)


def rows_chart(
    bars: Sequence[Bar], key: str, title: str, axes: tuple[str, str], *, is_share: bool = False
) -> Picture:
    """Lying bars in the order given, for names too long to stand side by side; `axes` as above."""
    along, upright = axes
    base = _base(bars).encode(
        y=alt.Y("name:N", title=None, sort=None, axis=alt.Axis(labelLimit=170)),
        x=alt.X("value:Q", title=upright, scale=_scale(is_share), axis=_axis(is_share)),
    )
    if kinds := {bar.kind for bar in bars} - {""}:
        base = base.encode(yOffset=alt.YOffset("kind:N", sort=None))
    told = base.mark_text(dx=4, align="left", fontSize=_SIZE - 2).encode(text="words:N")
    names = len({bar.name for bar in bars})
    height = names * _ROW * max(len(kinds), 1) * (0.8 if kinds else 1)
    chart = alt.layer(_filled(base, bars), told).properties(width=_WIDTH - 110, height=max(height, _ROW))
    return _picture(chart, bars, key, title, (along, upright))


def _scale(is_share: bool) -> Any:
    return alt.Scale(domain=[0, 1]) if is_share else alt.Undefined


def _axis(is_share: bool) -> Any:
    return alt.Axis(format="%" if is_share else ",~f", tickCount=5)


def _base(bars: Sequence[Bar]) -> Any:
    values = [{"name": b.name, "value": b.value, "words": b.words, "kind": b.kind} for b in bars]
    return alt.Chart(alt.InlineData(values=values))


def _filled(base: Any, bars: Sequence[Bar]) -> Any:
    kinds = list(dict.fromkeys(bar.kind for bar in bars))
    if len(kinds) <= 1:
        return base.mark_bar(color=_DARK, stroke=INK)
    colours = alt.Scale(domain=kinds, range=[_DARK, _LIGHT])
    legend = alt.Legend(title=None, orient="top", symbolStrokeColor=INK, symbolType="square")
    return base.mark_bar(stroke=INK).encode(
        fill=alt.Fill("kind:N", scale=colours, sort=None, legend=legend), order=alt.Order("kind:N")
    )


def _picture(chart: Any, bars: Sequence[Bar], key: str, title: str, axes: tuple[str, str]) -> Picture:
    svg: str = vl_convert.vegalite_to_svg(_configured(chart).to_dict())
    own = name_of(key)
    told = _told(bars, title)
    head, _, rest = svg.partition(_HEAD_END)
    named = (
        f'{head} role="img" aria-labelledby="{own}-title {own}-told">'
        f'<title id="{own}-title">{escape(title)}</title><desc id="{own}-told">{escape(told)}</desc>'
    )
    has_kinds = any(bar.kind for bar in bars)
    return Picture(
        svg=(named + _READ_ALOUD.sub("", rest)).replace('class="marks"', 'class="picture"', 1),
        title=title,
        told=told,
        columns=(axes[0], *(("类别",) if has_kinds else ()), axes[1]),
        rows=[[bar.name, *([bar.kind] if has_kinds else []), bar.words or f"{bar.value:g}"] for bar in bars],
    )


def _configured(chart: Any) -> Any:
    text: dict[str, Any] = {
        "labelFont": FONT,
        "titleFont": FONT,
        "labelFontSize": _SIZE,
        "titleFontSize": _SIZE,
    }
    colours: dict[str, Any] = {"labelColor": INK, "titleColor": INK}
    return chart.configure(
        aria=False,
        background=PAPER,
        axis=alt.AxisConfig(**text, **colours, titleFontWeight="normal", gridColor="#dddddd"),
        legend=alt.LegendConfig(**text, **colours),
        text=alt.MarkConfig(font=FONT, color=INK),
    )


def _told(bars: Sequence[Bar], title: str) -> str:
    if not bars:
        return f"{title}：没有数据。"
    words = (
        f"{bar.name}{f'（{bar.kind}）' if bar.kind else ''} {bar.words or f'{bar.value:g}'}" for bar in bars
    )
    return f"{title}：{'；'.join(words)}。"

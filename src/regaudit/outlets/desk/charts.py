"""Draws charts by Altair, as SVG that stands in a page as it is.

A process of its own: `python -m regaudit.outlets.desk.charts` is given `Chart`s as JSON, and answers SVG.
"""

import sys
from collections.abc import Sequence
from typing import Any

import altair as alt
import msgspec
import vl_convert

from regaudit.outlets.desk.chart_orders import Bar, Chart
from regaudit.outlets.desk.pictures.picture import FONT, INK, PAPER

_SIZE, _WIDTH, _HEIGHT, _ROW = 13, 400, 200, 24
_DARK, _LIGHT = "#333333", "#ffffff"


def svg_of(chart: Chart) -> str:
    """A chart as one `<svg>` element."""
    made = _rows(chart) if chart.is_lying else _columns(chart)
    svg: str = vl_convert.vegalite_to_svg(_configured(made).to_dict())
    return svg


def _columns(chart: Chart) -> Any:
    along, upright = chart.axes
    base = _base(chart.bars).encode(
        x=alt.X("name:N", title=along, sort=None, axis=alt.Axis(labelAngle=0, labelOverlap=True)),
        y=alt.Y("value:Q", title=upright, scale=_scale(chart), axis=_axis(chart), stack="zero"),
    )
    told = base.mark_text(dy=-7, fontSize=_SIZE - 2).encode(text="words:N")
    return alt.layer(_filled(base, chart.bars), told).properties(width=_WIDTH, height=_HEIGHT)


def _rows(chart: Chart) -> Any:
    bars = chart.bars
    base = _base(bars).encode(
        y=alt.Y("name:N", title=None, sort=None, axis=alt.Axis(labelLimit=170)),
        x=alt.X("value:Q", title=chart.axes[1], scale=_scale(chart), axis=_axis(chart)),
    )
    if kinds := {bar.kind for bar in bars} - {""}:
        base = base.encode(yOffset=alt.YOffset("kind:N", sort=None))
    told = base.mark_text(dx=4, align="left", fontSize=_SIZE - 2).encode(text="words:N")
    names = len({bar.name for bar in bars})
    height = names * _ROW * max(len(kinds), 1) * (0.8 if kinds else 1)
    return alt.layer(_filled(base, bars), told).properties(width=_WIDTH - 110, height=max(height, _ROW))


def _scale(chart: Chart) -> Any:
    return alt.Scale(domain=[0, 1]) if chart.is_share else alt.Undefined


def _axis(chart: Chart) -> Any:
    return alt.Axis(format="%" if chart.is_share else ",~f", tickCount=5)


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


if __name__ == "__main__":
    ordered = msgspec.json.decode(sys.stdin.buffer.read(), type=list[Chart])
    sys.stdout.buffer.write(msgspec.json.encode([svg_of(chart) for chart in ordered]))

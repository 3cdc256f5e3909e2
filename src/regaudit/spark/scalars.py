"""What DuckDB and Spark understand differently of lists, moments, texts, JSON: a rule each, see `dialect`."""

import json
import re
from typing import Any

from sqlglot import exp

from regaudit.spark.expressions import called, spark

_END = re.compile(r"(?<!\\)\$")


def elements(node: exp.Expr) -> exp.Expr | None:
    """A list that is asked by place: the first is 1, whatever says so; one that is not there is null."""
    if not isinstance(node, exp.Bracket) or isinstance(place := node.expressions[0], exp.Slice):
        return None
    return spark("try_element_at(:list, nullif(cast(:place as int), 0))", list=node.this, place=place)


def slices(node: exp.Expr) -> exp.Expr | None:
    """`list_slice` and `[from:to]`, counted from either end: what is beyond the list is left out."""
    if parts := called(node, "list_slice"):
        of, begin, end = parts
    elif isinstance(node, exp.Bracket) and isinstance(cut := node.expressions[0], exp.Slice):
        of, begin, end = node.this, cut.this or exp.Literal.number(1), cut.expression
    else:
        return None
    if isinstance(begin, exp.Neg):
        return spark(
            "slice(:list, greatest(array_size(:list) - :n + 1, 1), cast(:n as int))", list=of, n=begin.this
        )
    return spark(
        "slice(:list, cast(:begin as int), cast(greatest(:end - :begin + 1, 0) as int))",
        list=of,
        begin=begin,
        end=end,
    )


def joined_lists(node: exp.Expr) -> exp.Expr | None:
    """`list_concat` takes a null for a list without elements; in Spark the whole is null."""
    if not isinstance(node, exp.ArrayConcat):
        return None
    lists = [node.this, *node.expressions]
    return exp.func("concat", *(spark("coalesce(:list, array())", list=one) for one in lists))


def without_nulls(node: exp.Expr) -> exp.Expr | None:
    """What passes over nulls in lists: Spark counts them, or answers null for them."""
    if isinstance(node, exp.ArrayDistinct):
        return spark("array_distinct(array_compact(:a))", a=node.this)
    if isinstance(node, exp.Flatten):
        return spark("flatten(array_compact(:a))", a=node.this)
    if isinstance(node, exp.ArrayContains):
        return spark("array_contains(array_compact(:a), :b)", a=node.this, b=node.expression)
    if isinstance(node, exp.ArrayOverlaps):
        return spark("arrays_overlap(array_compact(:a), array_compact(:b))", a=node.this, b=node.expression)
    if parts := called(node, "list_intersect"):
        return spark("array_intersect(array_compact(:a), array_compact(:b))", a=parts[0], b=parts[1])
    return None


def list_functions(node: exp.Expr) -> exp.Expr | None:
    """`len`, `list_position` and `list_reduce` under the names and bounds that Spark has for them."""
    if isinstance(node, exp.ArraySize):
        return spark("cast(array_size(:list) as bigint)", list=node.this)
    if parts := called(node, "list_position"):
        return spark("nullif(array_position(:list, :one), 0)", list=parts[0], one=parts[1])
    if parts := called(node, "list_reduce"):
        rest = "slice(:list, 2, greatest(array_size(:list) - 1, 0))"
        template = f"aggregate({rest}, try_element_at(:list, 1), :step)"
        return spark(template, list=parts[0], step=parts[1])
    return None


def moments(node: exp.Expr) -> exp.Expr | None:
    """Days between days, microseconds and month of a moment, spans of hours."""
    if isinstance(node, exp.Sub) and all(side.is_type("date") for side in (node.this, node.expression)):
        return spark("datediff(:end, :begin)", end=node.this, begin=node.expression)
    if parts := called(node, "epoch_us"):
        return spark("unix_micros(cast(:at as timestamp_ltz))", at=parts[0])
    if parts := called(node, "to_hours"):
        return spark("make_dt_interval(0, cast(:hours as int))", hours=parts[0])
    if isinstance(node, exp.TimestampTrunc):
        return spark(f"cast(date_trunc('{node.text('unit')}', :at) as timestamp_ntz)", at=node.this)
    return None


def weekdays(node: exp.Expr) -> exp.Expr | None:
    """Days of the week from Sunday, 0, or from Monday, 1."""
    if isinstance(node, exp.DayOfWeekIso):
        return spark("(weekday(:day) + 1)", day=node.this)
    if isinstance(node, exp.DayOfWeek):
        return spark("(dayofweek(:day) - 1)", day=node.this)
    return None


def patterns(node: exp.Expr) -> exp.Expr | None:
    """Regular expressions: `$` is the very end, a line feed alone ends a line, one match is replaced."""
    kinds = (exp.RegexpLike, exp.RegexpReplace, exp.RegexpExtract, exp.RegexpExtractAll, exp.RegexpSplit)
    if not isinstance(node, kinds) or not node.expression.is_string:
        return None
    new, pattern = node.copy(), _END.sub(r"\\z", node.expression.name)
    if isinstance(node, exp.RegexpReplace) and "g" not in str(node.args.get("modifiers") or ""):
        pattern = rf"\A([\s\S]*?)(?:{pattern})"
        new.set("replacement", exp.Literal.string(f"$1{node.args['replacement'].name}"))
    new.set("expression", exp.Literal.string(f"(?d){pattern}"))
    return new


def whole_texts(node: exp.Expr) -> exp.Expr | None:
    """Texts: `trim` takes off every kind of space, `strlen` counts bytes."""
    if isinstance(node, exp.Trim):
        return spark(
            "regexp_replace(:text, :spaces, '')",
            text=node.this,
            spaces=exp.Literal.string(r"^\p{Zs}+|\p{Zs}+\z"),
        )
    if parts := called(node, "strlen"):
        return spark("octet_length(:text)", text=parts[0])
    return None


def json_structures(node: exp.Expr) -> exp.Expr | None:
    """`from_json` by a schema that is itself JSON; what is made into JSON shows its nulls."""
    if isinstance(node, exp.FromJson) or called(node, "from_json"):
        state, schema = (node.this, node.expression) if isinstance(node, exp.FromJson) else node.expressions
        kind = exp.Literal.string(_schema(json.loads(schema.name)))
        return spark("from_json(:state, :kind)", state=state, kind=kind)
    if parts := called(node, "to_json"):
        return spark("to_json(:value, map('ignoreNullFields', 'false'))", value=parts[0])
    return None


def _schema(of: Any) -> str:
    if isinstance(of, list):
        return f"array<{_schema(of[0])}>"
    if isinstance(of, dict):
        return f"struct<{', '.join(f'`{name}`: {_schema(kind)}' for name, kind in of.items())}>"
    return {"VARCHAR": "string", "INTEGER": "int"}.get(str(of), str(of).lower())

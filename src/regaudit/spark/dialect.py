"""The SQL of `projections/` for Spark: what the two engines understand differently, one rule each.

A rule replaces one kind of node of sqlglot's tree, inner nodes before outer ones. What sqlglot translates
itself (patterns of dates, lambdas, names of functions) has no rule. Many of the differences are silent:
without its rule Spark answers, and answers something else.
"""

import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from sqlglot import exp, parse_one
from sqlglot.dialects.duckdb import DuckDB

Rule = Callable[[exp.Expr], exp.Expr | None]
"""Gives what takes a node's place; None where the rule has nothing to say."""
_END = re.compile(r"(?<!\\)\$")


class Source(DuckDB):
    """DuckDB's SQL, in which `len` counts a list and `length` a text's letters, and places are as written."""

    INDEX_OFFSET = 0

    class Parser(DuckDB.Parser):
        """Tells the two apart."""

        FUNCTIONS = {**DuckDB.Parser.FUNCTIONS, "LEN": exp.ArraySize.from_arg_list}  # noqa: RUF012


def to_spark(select: str) -> str:
    """A SELECT of `projections/`, or one made beside it, as Spark reads it."""
    tree = parse_one(select, read=Source)
    for rule in RULES:
        for node in reversed(list(tree.dfs())):
            if (new := rule(node)) is not None:
                node.replace(new)
    sql: str = tree.sql(dialect="spark")
    return sql


def flat_name(table: str) -> str:
    """The view that stands for `layer.table`: only temporary views are a build's own, and have no schema."""
    return table.replace(".", "__")


@cache
def _parsed(template: str) -> exp.Expr:
    return parse_one(template, read="spark")


def _spark(template: str, **parts: exp.Expr | str | int) -> exp.Expr:
    """An expression of Spark with parts in the places of `:names`."""
    return exp.replace_placeholders(_parsed(template).copy(), **parts)


def _called(node: exp.Expr, name: str) -> list[exp.Expr] | None:
    """The arguments of a function that sqlglot does not know; None if the node is none or another."""
    is_it = isinstance(node, exp.Anonymous) and node.name.lower() == name
    return list(node.expressions) if is_it else None


def _aggregate(node: exp.Expr, *kinds: type[exp.Expr]) -> tuple[exp.Expr, exp.Expr | None] | None:
    """An aggregate of these kinds with its filter's condition, found at the outer of the two nodes."""
    if isinstance(node, exp.Filter) and isinstance(node.this, kinds):
        return node.this, node.expression.this
    return (node, None) if isinstance(node, kinds) and not isinstance(node.parent, exp.Filter) else None


def _where(aggregate: exp.Expr, condition: exp.Expr | None) -> exp.Expr:
    return exp.Filter(this=aggregate, expression=exp.Where(this=condition)) if condition else aggregate


def flat_tables(node: exp.Expr) -> exp.Expr | None:
    """`core.steps` is the view `core__steps`, still called `steps` where columns name it."""
    if not isinstance(node, exp.Table) or not node.db:
        return None
    view = exp.to_table(flat_name(f"{node.db}.{node.name}"))
    view.set("alias", node.args.get("alias") or exp.TableAlias(this=exp.to_identifier(node.name)))
    return view


def replaced_columns(node: exp.Expr) -> exp.Expr | None:
    """`* replace (… as name)` is all but that column, and then that: tables have their columns by name."""
    star = node.this if isinstance(node, exp.Column) else node
    if not isinstance(star, exp.Star) or not star.args.get("replace") or isinstance(node.parent, exp.Column):
        return None
    columns = [one.copy() for one in star.args["replace"]]
    rest = node.copy()
    inner = rest.this if isinstance(rest, exp.Column) else rest
    inner.set("replace", None)
    inner.set("except_", [exp.to_identifier(one.alias) for one in columns])
    select = node.parent
    at = node.index
    select.set("expressions", [*select.expressions[:at], rest, *columns, *select.expressions[at + 1 :]])
    return None


def recursive_unions(node: exp.Expr) -> exp.Expr | None:
    """A recursion that leaves out rows which it had: Spark adds all, and they are told apart where it is read."""
    if not isinstance(node, exp.CTE) or not isinstance(node.this, exp.Union) or not node.this.args.get("distinct"):
        return None
    name = node.alias
    again = [table for table in node.this.expression.find_all(exp.Table) if table.name == name and not table.db]
    if not again:
        return None
    every = f"every_{name}"
    union = node.this.copy()
    union.set("distinct", False)
    for table in union.expression.find_all(exp.Table):
        if table.name == name and not table.db:
            table.replace(exp.alias_(exp.to_table(every), table.alias or name, table=True))
    distinct = exp.CTE(this=_spark(f"SELECT DISTINCT * FROM {every}"), alias=node.args["alias"].copy())
    tables, at = node.parent.expressions, node.index
    whole = exp.CTE(this=union, alias=exp.TableAlias(this=exp.to_identifier(every)))
    node.parent.set("expressions", [*tables[:at], whole, distinct, *tables[at + 1 :]])
    return None


def elements(node: exp.Expr) -> exp.Expr | None:
    """A list that is asked by place: an element that is not there is null, the first is 1 whatever says so."""
    if not isinstance(node, exp.Bracket) or isinstance(place := node.expressions[0], exp.Slice):
        return None
    return _spark("try_element_at(:list, cast(:place as int))", list=node.this, place=place)


def slices(node: exp.Expr) -> exp.Expr | None:
    """`list_slice` and `[from:to]`, counted from either end: what is beyond the list is left out."""
    if parts := _called(node, "list_slice"):
        of, begin, end = parts
    elif isinstance(node, exp.Bracket) and isinstance(cut := node.expressions[0], exp.Slice):
        of, begin, end = node.this, cut.this or exp.Literal.number(1), cut.expression
    else:
        return None
    if isinstance(begin, exp.Neg):
        return _spark(
            "slice(:list, greatest(array_size(:list) - :n + 1, 1), cast(:n as int))", list=of, n=begin.this
        )
    return _spark(
        "slice(:list, cast(:begin as int), cast(greatest(:end - :begin + 1, 0) as int))",
        list=of, begin=begin, end=end,
    )


def kept_nulls(node: exp.Expr) -> exp.Expr | None:
    """`array_agg` keeps nulls, and over no rows it is null: Spark's leaves nulls out, and is `[]`."""
    found = _aggregate(node, exp.ArrayAgg)
    if found is None:
        return None
    value = found[0].this
    is_distinct = isinstance(value, exp.Distinct)
    gather = "collect_set" if is_distinct else "collect_list"
    kept = _spark(f"{gather}(named_struct('v', :value))", value=value.expressions[0] if is_distinct else value)
    return _spark("nullif((:kept).v, array())", kept=_where(kept, found[1]))


def joined_lists(node: exp.Expr) -> exp.Expr | None:
    """`list_concat` takes a null for a list without elements; in Spark the whole is null."""
    if not isinstance(node, exp.ArrayConcat):
        return None
    lists = [node.this, *node.expressions]
    return exp.func("concat", *(_spark("coalesce(:list, array())", list=one) for one in lists))


def without_nulls(node: exp.Expr) -> exp.Expr | None:
    """What passes over nulls in lists: Spark counts them, or answers null for them."""
    if isinstance(node, exp.ArrayDistinct):
        return _spark("array_distinct(array_compact(:a))", a=node.this)
    if isinstance(node, exp.Flatten):
        return _spark("flatten(array_compact(:a))", a=node.this)
    if isinstance(node, exp.ArrayContains):
        return _spark("array_contains(array_compact(:a), :b)", a=node.this, b=node.expression)
    if isinstance(node, exp.ArrayOverlaps):
        return _spark("arrays_overlap(array_compact(:a), array_compact(:b))", a=node.this, b=node.expression)
    if parts := _called(node, "list_intersect"):
        return _spark("array_intersect(array_compact(:a), array_compact(:b))", a=parts[0], b=parts[1])
    return None


def list_functions(node: exp.Expr) -> exp.Expr | None:
    """`len`, `list_position` and `list_reduce` under the names and bounds that Spark has for them."""
    if isinstance(node, exp.ArraySize):
        return _spark("cast(array_size(:list) as bigint)", list=node.this)
    if parts := _called(node, "list_position"):
        return _spark("nullif(array_position(:list, :one), 0)", list=parts[0], one=parts[1])
    if parts := _called(node, "list_reduce"):
        rest = "slice(:list, 2, greatest(array_size(:list) - 1, 0))"
        template = f"aggregate({rest}, try_element_at(:list, 1), :step)"
        return _spark(template, list=parts[0], step=parts[1])
    return None


def any_but_null(node: exp.Expr) -> exp.Expr | None:
    """`any_value` is a value where there is one: Spark takes a null, too."""
    if isinstance(node, exp.IgnoreNulls) and isinstance(node.this, exp.AnyValue):
        return _spark("any_value(:value, true)", value=node.this.this)
    return None


def only_told(node: exp.Expr) -> exp.Expr | None:
    """`arg_min`, `arg_max`: a row without the value counts as little as one without what it is held by."""
    found = _aggregate(node, exp.ArgMin, exp.ArgMax)
    if found is None or found[0].args.get("count"):
        return None
    of, condition = found
    name = "min_by" if isinstance(of, exp.ArgMin) else "max_by"
    told = exp.and_(_spark(":value is not null", value=of.this), condition)
    return _spark(f"{name}(:value, if(:told, :key, null))", value=of.this, told=told, key=of.expression)


def nulls_are_most(node: exp.Expr) -> exp.Expr | None:
    """`min`, `max` of a struct: a null in it is more than any value; in Spark it is less."""
    if not isinstance(node, (exp.Min, exp.Max)) or not isinstance(node.this, exp.Struct):
        return None
    parts = [one.expression if isinstance(one, exp.PropertyEQ) else one for one in node.this.expressions]
    key = exp.func("struct", *(each for one in parts for each in (_spark(":one is null", one=one), one.copy())))
    return _spark(f"{node.key}_by(:value, :key)", value=node.this, key=key)


def several_most(node: exp.Expr) -> exp.Expr | None:
    """`max(x, n)`, `arg_min(x, y, n)`: the n largest, or those of the n rows with the least; over rows or a window."""
    if isinstance(node.parent, exp.Window) or isinstance(node.parent, exp.Filter):
        return None
    inner = node.this if isinstance(node, exp.Window) else node
    of, condition = (inner.this, inner.expression.this) if isinstance(inner, exp.Filter) else (inner, None)
    if not isinstance(of, (exp.Max, exp.Min, exp.ArgMax, exp.ArgMin)) or not of.args.get("count"):
        return None
    is_by = isinstance(of, (exp.ArgMax, exp.ArgMin))
    pair = _spark("named_struct('k', :key, 'v', :value)", key=of.expression if is_by else of.this, value=of.this)
    told = exp.and_(*(_spark(":one is not null", one=one) for one in [of.this, of.expression][: 1 + is_by]), condition)
    gathered: exp.Expr = _spark("collect_list(if(:told, :pair, null))", told=told, pair=pair)
    if isinstance(node, exp.Window):
        over = node.copy()
        over.set("this", gathered)
        gathered = over
    return _spark(
        "nullif(slice(sort_array(:gathered, :is_least), 1, cast(:count as int)).v, array())",
        gathered=gathered, is_least=exp.Boolean(this=isinstance(of, (exp.Min, exp.ArgMin))), count=of.args["count"],
    )


def filtered_windows(node: exp.Expr) -> exp.Expr | None:
    """A filter of what is counted over a window, which Spark knows of groups alone."""
    if not isinstance(node, exp.Window) or not isinstance(node.this, exp.Filter):
        return None
    over, aggregate, condition = node.copy(), node.this.this.copy(), node.this.expression.this
    of = exp.Literal.number(1) if isinstance(aggregate.this, exp.Star) else aggregate.this
    aggregate.set("this", _spark("if(:told, :of, null)", told=condition, of=of))
    over.set("this", aggregate)
    return over


def filters_first(node: exp.Expr) -> exp.Expr | None:
    """`last_value(x ignore nulls)` and the like: in Spark how nulls are taken stands behind the filter."""
    if isinstance(node, exp.Filter) and isinstance(node.this, exp.IgnoreNulls):
        return exp.IgnoreNulls(this=exp.Filter(this=node.this.this, expression=node.expression))
    return None


def moments(node: exp.Expr) -> exp.Expr | None:
    """Days between two days, microseconds of a moment or day, the first of its month, hours as a span, the day of the week from Sunday, 0."""
    if isinstance(node, exp.Sub) and all(side.is_type("date") for side in (node.this, node.expression)):
        return _spark("datediff(:end, :begin)", end=node.this, begin=node.expression)
    if parts := _called(node, "epoch_us"):
        return _spark("unix_micros(cast(:at as timestamp_ltz))", at=parts[0])
    if parts := _called(node, "to_hours"):
        return _spark("make_dt_interval(0, cast(:hours as int))", hours=parts[0])
    if isinstance(node, exp.TimestampTrunc):
        return _spark(f"cast(date_trunc('{node.unit.name}', :at) as timestamp_ntz)", at=node.this)
    if isinstance(node, exp.DayOfWeek):
        return _spark("(dayofweek(:day) - 1)", day=node.this)
    return None


def patterns(node: exp.Expr) -> exp.Expr | None:
    """Regular expressions: `$` is the very end, only a line feed ends a line, and the first match is replaced."""
    kinds = (exp.RegexpLike, exp.RegexpReplace, exp.RegexpExtract, exp.RegexpExtractAll, exp.RegexpSplit)
    if not isinstance(node, kinds) or not node.expression.is_string:
        return None
    pattern = node.expression.name
    if pattern.startswith("(?d)"):
        return None
    new = node.copy()
    new.set("expression", exp.Literal.string("(?d)" + _END.sub(r"\\z", pattern)))
    return new


def whole_texts(node: exp.Expr) -> exp.Expr | None:
    """Texts: `trim` takes off every kind of space, `strlen` counts bytes."""
    if isinstance(node, exp.Trim):
        return _spark("regexp_replace(:text, :spaces, '')", text=node.this,
                      spaces=exp.Literal.string(r"^\p{Zs}+|\p{Zs}+\z"))
    if parts := _called(node, "strlen"):
        return _spark("octet_length(:text)", text=parts[0])
    return None


def json_structures(node: exp.Expr) -> exp.Expr | None:
    """`from_json` by a schema that is itself JSON; what is made into JSON shows its nulls."""
    if isinstance(node, exp.FromJson) or _called(node, "from_json"):
        state, schema = (node.this, node.expression) if isinstance(node, exp.FromJson) else node.expressions
        kind = exp.Literal.string(_schema(json.loads(schema.name)))
        return _spark("from_json(:state, :kind)", state=state, kind=kind)
    if parts := _called(node, "to_json"):
        return _spark("to_json(:value, map('ignoreNullFields', 'false'))", value=parts[0])
    return None


def _schema(of: Any) -> str:
    if isinstance(of, list):
        return f"array<{_schema(of[0])}>"
    if isinstance(of, dict):
        return f"struct<{', '.join(f'`{name}`: {_schema(kind)}' for name, kind in of.items())}>"
    return {"VARCHAR": "string", "INTEGER": "int"}.get(of, of.lower())


RULES: tuple[Rule, ...] = (
    flat_tables,
    replaced_columns,
    recursive_unions,
    elements,
    slices,
    kept_nulls,
    joined_lists,
    without_nulls,
    list_functions,
    any_but_null,
    several_most,
    only_told,
    nulls_are_most,
    filtered_windows,
    filters_first,
    moments,
    patterns,
    whole_texts,
    json_structures,
)
"""All rules, in the order in which they are applied."""

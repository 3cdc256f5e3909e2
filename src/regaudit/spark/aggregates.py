"""What DuckDB and Spark understand differently of groups and windows: a rule each, see `dialect`."""

from sqlglot import exp

from regaudit.spark.expressions import aggregate, spark


def kept_nulls(node: exp.Expr) -> exp.Expr | None:
    """`array_agg` keeps nulls, and over no rows it is null: Spark's leaves nulls out, and is `[]`."""
    found = aggregate(node, exp.ArrayAgg)
    if found is None:
        return None
    (of, condition), gather = found, "collect_list"
    value = of.this
    if isinstance(value, exp.Distinct):
        value, gather = value.expressions[0], "collect_set"
    kept = spark(f"{gather}(named_struct('v', :value))", value=value)
    if condition is not None:
        kept = exp.Filter(this=kept, expression=exp.Where(this=condition))
    return spark("nullif((:kept).v, array())", kept=kept)


def any_but_null(node: exp.Expr) -> exp.Expr | None:
    """`any_value` is a value where there is one: Spark takes a null, too."""
    if isinstance(node, exp.IgnoreNulls) and isinstance(node.this, exp.AnyValue):
        return spark("any_value(:value, true)", value=node.this.this)
    return None


def only_told(node: exp.Expr) -> exp.Expr | None:
    """`arg_min`, `arg_max`: a row without the value counts as little as one without what it is held by.

    A null in a struct that it is held by is more than any value, as `nulls_are_most` says.
    """
    found = aggregate(node, exp.ArgMin, exp.ArgMax)
    if found is None or found[0].args.get("count"):
        return None
    of, condition = found
    name = "min_by" if isinstance(of, exp.ArgMin) else "max_by"
    told = exp.and_(spark(":value is not null", value=of.this), condition)
    return spark(f"{name}(:value, if(:told, :key, null))", value=of.this, told=told, key=_key(of.expression))


def nulls_are_most(node: exp.Expr) -> exp.Expr | None:
    """`min`, `max` of a struct: a null in it is more than any value; in Spark it is less."""
    if not isinstance(node, (exp.Min, exp.Max)) or not isinstance(node.this, exp.Struct):
        return None
    return spark(f"{node.key}_by(:value, :key)", value=node.this, key=_nulls_last(node.this))


def _key(of: exp.Expr) -> exp.Expr:
    """What rows are held against each other by."""
    return _nulls_last(of) if isinstance(of, exp.Struct) else of


def _nulls_last(of: exp.Struct) -> exp.Expr:
    """The parts of a struct in their order, each behind whether it is null."""
    parts = [one.expression if isinstance(one, exp.PropertyEQ) else one for one in of.expressions]
    told = [(spark(":one is null", one=one), one.copy()) for one in parts]
    return exp.func("struct", *(each for both in told for each in both))


def several_most(node: exp.Expr) -> exp.Expr | None:
    """`max(x, n)`, `arg_min(x, y, n)`: the n largest, or those of the n rows with the least."""
    if isinstance(node.parent, (exp.Window, exp.Filter)):
        return None
    inner = node.this if isinstance(node, exp.Window) else node
    of, condition = (inner.this, inner.expression.this) if isinstance(inner, exp.Filter) else (inner, None)
    if not isinstance(of, (exp.Max, exp.Min, exp.ArgMax, exp.ArgMin)) or not of.args.get("count"):
        return None
    key = of.expression if isinstance(of, (exp.ArgMax, exp.ArgMin)) else of.this
    pair = spark("named_struct('k', :key, 'v', :value)", key=_key(key), value=of.this)
    told = exp.and_(*(spark(":one is not null", one=one) for one in (of.this, key)), condition)
    gathered = spark("collect_list(if(:told, :pair, null))", told=told, pair=pair)
    if isinstance(node, exp.Window):
        over = node.copy()
        over.set("this", gathered)
        gathered = over
    return spark(
        "nullif(slice(sort_array(:gathered, :is_least), 1, cast(:count as int)).v, array())",
        gathered=gathered,
        is_least=exp.Boolean(this=isinstance(of, (exp.Min, exp.ArgMin))),
        count=of.args["count"],
    )


def filtered_windows(node: exp.Expr) -> exp.Expr | None:
    """A filter of what is counted over a window, which Spark knows of groups alone."""
    if not isinstance(node, exp.Window) or not isinstance(node.this, exp.Filter):
        return None
    over, aggregate, condition = node.copy(), node.this.this.copy(), node.this.expression.this
    of = exp.Literal.number(1) if isinstance(aggregate.this, exp.Star) else aggregate.this
    aggregate.set("this", spark("if(:told, :of, null)", told=condition, of=of))
    over.set("this", aggregate)
    return over


def filters_first(node: exp.Expr) -> exp.Expr | None:
    """`last_value(x ignore nulls)` and the like: in Spark how nulls are taken stands behind the filter."""
    if isinstance(node, exp.Filter) and isinstance(node.this, exp.IgnoreNulls):
        return exp.IgnoreNulls(this=exp.Filter(this=node.this.this, expression=node.expression))
    return None

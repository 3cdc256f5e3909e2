"""The SQL of `projections/` for Spark: what the two engines understand differently, one rule each.

A rule replaces one kind of node of sqlglot's tree, inner nodes before outer ones. What sqlglot translates
itself (patterns of dates, lambdas, names of functions) has no rule. Many of the differences are silent:
without its rule Spark answers, and answers something else.
"""

from collections.abc import Callable
from functools import lru_cache

from sqlglot import exp, parse_one
from sqlglot.dialects.duckdb import DuckDB

from regaudit.spark import aggregates, scalars
from regaudit.spark.expressions import put_several, spark

Rule = Callable[[exp.Expr], exp.Expr | None]
"""Gives what takes a node's place; None where the rule has nothing to say."""


class Source(DuckDB):
    """DuckDB's SQL, in which `len` counts a list and `length` a text's letters, and places are as written."""

    INDEX_OFFSET = 0

    class Parser(DuckDB.Parser):  # type: ignore[misc, valid-type]
        """Tells the two apart."""

        FUNCTIONS = {**DuckDB.Parser.FUNCTIONS, "LEN": exp.ArraySize.from_arg_list}  # noqa: RUF012


# Each build asks the same: the files of `projections/`.
@lru_cache(maxsize=1024)
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
    put_several(node, rest, *columns)
    return None


def recursive_unions(node: exp.Expr) -> exp.Expr | None:
    """A recursion that leaves out rows which it had: Spark adds all, and they are told apart behind it."""
    union = node.this.copy() if isinstance(node, exp.CTE) else None
    if not isinstance(union, exp.Union) or not union.args.get("distinct"):
        return None
    name = node.alias
    again = [one for one in union.expression.find_all(exp.Table) if one.name == name and not one.db]
    if not again:
        return None
    every = f"every_{name}"
    union.set("distinct", False)
    for table in again:
        table.replace(exp.alias_(exp.to_table(every), table.alias or name, table=True))
    whole = exp.CTE(this=union, alias=exp.TableAlias(this=exp.to_identifier(every)))
    distinct = exp.CTE(this=spark(f"SELECT DISTINCT * FROM {every}"), alias=node.args["alias"].copy())
    put_several(node, whole, distinct)
    return None


RULES: tuple[Rule, ...] = (
    flat_tables,
    replaced_columns,
    recursive_unions,
    scalars.elements,
    scalars.slices,
    aggregates.kept_nulls,
    scalars.joined_lists,
    scalars.without_nulls,
    scalars.list_functions,
    aggregates.any_but_null,
    aggregates.several_most,
    aggregates.only_told,
    aggregates.nulls_are_most,
    aggregates.filtered_windows,
    aggregates.filters_first,
    scalars.moments,
    scalars.weekdays,
    scalars.patterns,
    scalars.whole_texts,
    scalars.json_structures,
)
"""All rules, in the order in which they are applied."""

"""Expressions of sqlglot: Spark's by a template, DuckDB's as the rules of the dialect look for them."""

from functools import cache

from sqlglot import exp, parse_one


@cache
def parsed(template: str) -> exp.Expr:
    """A template's expression, which is copied before it is changed."""
    return parse_one(template, read="spark")


def spark(template: str, **parts: exp.Expr | str | int) -> exp.Expr:
    """An expression of Spark with parts in the places of `:names`."""
    return exp.replace_placeholders(parsed(template).copy(), **parts)


def called(node: exp.Expr, name: str) -> list[exp.Expr] | None:
    """The arguments of a function that sqlglot does not know; None if the node is none or another."""
    is_it = isinstance(node, exp.Anonymous) and node.name.lower() == name
    return list(node.expressions) if is_it else None


def aggregate(node: exp.Expr, *kinds: type[exp.Expr]) -> tuple[exp.Expr, exp.Expr | None] | None:
    """An aggregate of these kinds with its filter's condition, found at the outer of the two nodes."""
    if isinstance(node, exp.Filter) and isinstance(node.this, kinds):
        return node.this, node.expression.this
    return (node, None) if isinstance(node, kinds) and not isinstance(node.parent, exp.Filter) else None


def put_several(node: exp.Expr, *new: exp.Expr) -> None:
    """Put several expressions in a node's place among those of its parent.

    Raises:
        ValueError: it stands in no list.
    """
    parent, at = node.parent, node.index
    if parent is None or at is None:
        raise ValueError(f"{node}: stands in no list")
    parent.set("expressions", [*parent.expressions[:at], *new, *parent.expressions[at + 1 :]])

"""Sums written once: Python reckons them, and a spreadsheet does, from the same words.

An expression has numbers, names, + - * / ^ and brackets, and is a spreadsheet's formula as it
stands, where the names are named cells. `**` is Python's own word for `^`.
"""

import ast
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

_DOES: Final[Mapping[type[ast.operator], Callable[[float, float], float]]] = {
    ast.Add: lambda one, other: one + other,
    ast.Sub: lambda one, other: one - other,
    ast.Mult: lambda one, other: one * other,
    ast.Div: lambda one, other: one / other,
    ast.Pow: lambda one, other: one**other,
}


def evaluate(expression: str, values: Mapping[str, float]) -> float:
    """Reckon an expression; every name must have a value.

    Raises KeyError for a name without one, ZeroDivisionError, and ValueError for what is no sum.
    """
    return _value(_parsed(expression), values)


def expanded(expression: str, definitions: Mapping[str, str]) -> str:
    """Put definitions in the place of their names, until only names without one are left."""
    return _unparsed(_replaced(_parsed(expression), definitions))


def with_names(expression: str, others: Mapping[str, str]) -> str:
    """Return an expression with other words for some names: cells, or sums in brackets."""
    return _unparsed(_Renamed(others).visit(ast.parse(_python(expression), mode="eval").body))


def names_in(expression: str) -> set[str]:
    """Return the names an expression needs."""
    return {node.id for node in ast.walk(_parsed(expression)) if isinstance(node, ast.Name)}


def _replaced(node: ast.expr, definitions: Mapping[str, str]) -> ast.expr:
    return _Expanded(definitions).visit(ast.parse(ast.unparse(node), mode="eval").body)  # type: ignore[no-any-return]


class _Expanded(ast.NodeTransformer):
    def __init__(self, definitions: Mapping[str, str]) -> None:
        self._definitions = definitions

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id not in self._definitions:
            return node
        return _replaced(_parsed(self._definitions[node.id]), self._definitions)


class _Renamed(ast.NodeTransformer):
    def __init__(self, others: Mapping[str, str]) -> None:
        self._others = others

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Name(self._others.get(node.id, node.id))


def _value(node: ast.expr, values: Mapping[str, float]) -> float:
    match node:
        case ast.Constant(value=float() | int() as number):
            return float(number)
        case ast.Name(id=name):
            return values[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, values)
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _DOES:
            return _DOES[type(operator)](_value(left, values), _value(right, values))
    msg = "not a sum of numbers and names"
    raise ValueError(msg)


@cache
def _parsed(expression: str) -> ast.expr:
    return ast.parse(_python(expression), mode="eval").body


def _python(expression: str) -> str:
    return expression.replace("^", "**")


def _unparsed(node: ast.expr) -> str:
    return ast.unparse(node).replace(" ** ", "^").replace(" ", "")

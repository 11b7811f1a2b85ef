"""What Python source says by literals, read from its syntax and never run."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from typing import Any


class NotLiteral(Exception):
    """An expression that would have to be run."""


def assigned(body: Iterable[ast.stmt], names: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What statements assign to names, `names` being known before; what isn't literal is left out."""
    found = dict(names or {})
    for statement in body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                try:
                    found[name] = literal(statement.value, found)
                except NotLiteral:
                    found.pop(name, None)
    return found


def literal(node: ast.expr | None, names: Mapping[str, Any]) -> Any:
    """The value of literals, of text put together from them, and of names known; a class is known as its table."""
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name) if name in names:
            return names[name]
        case ast.Attribute(value=ast.Name(id=owner), attr=name) if owner in names:
            return names[owner][name]
        case ast.FormattedValue(value=inner):
            return literal(inner, names)
        case ast.JoinedStr(values=parts):
            return "".join(str(literal(part, names)) for part in parts)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return literal(left, names) + literal(right, names)
        case ast.List(elts=parts) | ast.Tuple(elts=parts):
            return [literal(part, names) for part in parts]
        case ast.Dict(keys=keys, values=values):
            return {literal(key, names): literal(value, names) for key, value in zip(keys, values, strict=True)}
        case ast.IfExp(test=test, body=then, orelse=other):
            return literal(then if literal(test, names) else other, names)
        case ast.Call(func=ast.Attribute(value=text, attr="format" | "strip" | "lstrip" as verb), args=args):
            return getattr(str(literal(text, names)), verb)(*(literal(arg, names) for arg in args))
    raise NotLiteral(ast.dump(node) if node else "no value")

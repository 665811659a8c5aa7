"""What a field is: the text that stands below it in its class, as below a constant."""

from __future__ import annotations

import ast
import functools
import inspect
import itertools
import sys

from msgspec import Struct


def fields_of(kind: type[Struct]) -> dict[str, str]:
    """Return the text of each field of a struct, those that it inherits too, by its name in JSON.

    A field without a text is not in there.
    """
    texts: dict[str, str] = {}
    for one in reversed(kind.__mro__):
        texts |= _in_module(one.__module__).get(one.__qualname__, {})
    names = zip(kind.__struct_fields__, kind.__struct_encode_fields__, strict=True)
    return {shown: texts[name] for name, shown in names if name in texts}


@functools.cache
def _in_module(name: str) -> dict[str, dict[str, str]]:
    """Return the texts below the fields of a module's classes; none for what Python came with."""
    if name.partition(".")[0] != __name__.partition(".")[0]:
        return {}
    tree = ast.parse(inspect.getsource(sys.modules[name]))
    return {node.name: _below(node.body) for node in tree.body if isinstance(node, ast.ClassDef)}


def _below(body: list[ast.stmt]) -> dict[str, str]:
    found = {}
    for field, text in itertools.pairwise(body):
        match field, text:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(said))),
            ):
                found[name] = " ".join(said.split())
    return found

"""Optional fields that are null: the same as if they were left out, whatever their type."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from msgspec import Struct

Kind = TypeVar("Kind", bound=Struct)


def decode_without(data: bytes, kind: type[Kind]) -> Kind:
    """Return the struct that a JSON body holds once optional fields that are null are left out.

    Slower than decoding at once: for bodies that could not be decoded as they are.

    Raises:
        msgspec.DecodeError, UnicodeDecodeError, RecursionError: it cannot be decoded so either.
    """
    return msgspec.convert(_without(msgspec.json.decode(data), kind), kind)


def _without(value: Any, kind: Any) -> Any:
    if not isinstance(value, dict) or not isinstance(kind, type) or not issubclass(kind, Struct):
        return value
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    kept = {}
    for name, item in value.items():
        field = fields.get(name)
        if field is None:
            kept[name] = item
        elif item is not None or field.required:
            kept[name] = _without(item, field.type)
    return kept

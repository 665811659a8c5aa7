"""The schemas of the OpenAPI document, as generators of clients need them.

What msgspec makes of a type says what is accepted. A client is typed by it, so more is said here:
what every field is, what an answer always has, and nothing that generators take for something else.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from msgspec import UNSET, Struct

from moderation.api import described

REF = "#/components/schemas/{name}"
_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number"}

Schema = dict[str, Any]


def components(
    taken: list[Any], answered: list[Any]
) -> tuple[dict[int, Schema], dict[str, Schema]]:
    """Return the schema of each type by its id, and those that they refer to by their names.

    `taken` are the types of bodies, `answered` those of answers.
    """
    kinds = [*taken, *answered]
    schemas, named = msgspec.json.schema_components(kinds, ref_template=REF)
    structs = {kind.__name__: kind for kind in _structs(kinds)}
    always = {kind.__name__ for kind in _structs(answered)}
    return (
        {id(kind): _tidied(schema) for kind, schema in zip(kinds, schemas, strict=True)},
        {n: _of_struct(structs[n], s, is_answered=n in always) for n, s in named.items()},
    )


def parameters(query: type[Struct]) -> dict[str, Schema]:
    """Return the schema of each parameter of a query; one that is left out is absent, not null."""
    schema = msgspec.json.schema(query)["$defs"][query.__name__]
    texts = described.fields_of(query)
    return {
        name: _field(_without_null(one), texts.get(name, ""), is_answered=False)
        for name, one in schema["properties"].items()
    }


def _of_struct(kind: type[Struct], schema: Schema, is_answered: bool) -> Schema:
    texts = described.fields_of(kind)
    if kind.__struct_config__.tag_field is not None:
        texts[kind.__struct_config__.tag_field] = "Which of the kinds it is."
    properties = schema["properties"]
    if is_answered and kind.__struct_config__.omit_defaults:
        # What is null by default is left out of an answer.
        properties = {name: _without_null(one) for name, one in properties.items()}
    found = {
        **schema,
        "description": inspect.cleandoc(schema["description"]),
        "properties": {
            name: _field(one, texts.get(name, ""), is_answered) for name, one in properties.items()
        },
    }
    if is_answered:
        found["required"] = _always(kind)
    return found


def _field(schema: Schema, text: str, is_answered: bool) -> Schema:
    """Return the schema of a field with what it is, and in words what it is by default.

    A generator takes a field with a `default` for one that is always there, also in what is sent.
    """
    found = _tidied(schema)
    default = found.pop("default", None)
    text = found.pop("description", "") or text
    if not is_answered and default not in (None, "", []):
        text = f"{text} Left out: `{json.dumps(default)}`."
    return {**found, "description": text}


def _always(kind: type[Struct]) -> list[str]:
    """Return the fields that an answer has whatever their value."""
    is_whole = not kind.__struct_config__.omit_defaults
    tag = kind.__struct_config__.tag_field
    fields = [
        field.encode_name
        for field in msgspec.structs.fields(kind)
        if field.required or (is_whole and field.default is not UNSET)
    ]
    return fields if tag is None else [tag, *fields]


def _tidied(schema: Any) -> Any:
    """Return a schema whose values have a type and whose lists end as a generator can read.

    msgspec says `items: false` of a tuple, which its number of items says too.
    """
    if isinstance(schema, list):
        return [_tidied(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: one if name == "default" else _tidied(one) for name, one in schema.items()}
    if found.get("items") is False:
        del found["items"]
    if "enum" in found and "type" not in found:
        kinds = {_TYPES[type(value)] for value in found["enum"] if value is not None}
        if len(kinds) == 1 and None not in found["enum"]:
            found["type"] = kinds.pop()
    return found


def _without_null(schema: Schema) -> Schema:
    """Return the schema of what is absent where it would be null."""
    if "default" not in schema or schema["default"] is not None:
        return schema
    kept = {name: part for name, part in schema.items() if name != "default"}
    if "enum" in kept:
        kept["enum"] = [value for value in kept["enum"] if value is not None]
    options = [o for o in kept.pop("anyOf", []) if o != {"type": "null"}]
    return {**kept, **(options[0] if options else {})}


def _structs(kinds: Iterable[Any]) -> Iterator[type[Struct]]:
    """Yield every struct that types hold, each once."""
    waiting: list[Any] = [msgspec.inspect.type_info(kind) for kind in kinds]
    seen: set[type[Struct]] = set()
    while waiting:
        one = waiting.pop()
        if isinstance(one, msgspec.inspect.StructType):
            if one.cls in seen:
                continue
            seen.add(one.cls)
            yield one.cls
            waiting += [field.type for field in one.fields]
        else:
            parts = msgspec.structs.asdict(one).values()
            for part in parts:
                waiting += part if isinstance(part, tuple) else [part]
            waiting = [p for p in waiting if isinstance(p, msgspec.inspect.Type)]

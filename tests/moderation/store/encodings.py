"""Every encoding in the store, found where it is made: a sample of each, as bytes.

`python -m tests.moderation.store.encodings` records them in `encodings.json`; what was recorded
may change there only once the number of the layout has risen.
"""

from __future__ import annotations

import datetime as dt
import importlib
import inspect
import json
import pkgutil
import re
import struct
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
from msgspec import inspect as types

import moderation.flow
import moderation.store
from moderation.domain.bands import BANDS
from moderation.domain.comments import STATUSES
from moderation.domain.decisions import HOWS
from moderation.domain.reasons import NUMBERS
from moderation.domain.verdicts import LABELS, Verdict
from moderation.flow import broker
from moderation.flow.tasks import QUEUE_OF
from moderation.store import codec, entry_codec, keys, schema
from workers import tasks

RECORDED = Path(__file__).with_name("encodings.json")

# What a process hands to another on the same machine, or a folder keeps that is made anew.
_NOT_IN_THE_STORE = ("moderation.flow.comments.isolation", "moderation.flow.search")

_FITTING = ("0123456789abcdef01234567", "0123456789abcdef", "2026-11-22")
"""A sample for each pattern that a stored text has to match."""

_SAID_ANEW = ("json Process",)

_OF_CALLS = ("_ABOUT", "_LENGTH", "_LONG", "_NUMBERS", "_RECORDED", "_REJUDGED", "_STEP",
             "_WRITTEN", "_WAITING", "_SHOWN")  # fmt: skip
"""Formats of what scripts are given and answer: both sides are of one version."""


def recorded() -> dict[str, Any]:
    """Return the layout that was recorded, and its encodings by name."""
    found: dict[str, Any] = json.loads(RECORDED.read_text())
    return found


def every() -> dict[str, str]:
    """Return a sample of each encoding by its name, binary ones in hexadecimal digits."""
    return {
        **_structs(), **_formats(), **_scripts(), **_verdicts(), **_keys(), **_tasks(),
    }  # fmt: skip


def _modules() -> list[Any]:
    found = []
    for package in (moderation.store, moderation.flow):
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if not module.name.startswith(_NOT_IN_THE_STORE):
                found.append(importlib.import_module(module.name))
    return found


def _structs() -> dict[str, str]:
    """Return an instance, with every field filled, of each type that is read from the store."""
    found = {}
    for module in _modules():
        for value in vars(module).values():
            decoder = getattr(value, "__self__", value)
            if isinstance(decoder, msgspec.msgpack.Decoder | msgspec.json.Decoder):
                is_json = isinstance(decoder, msgspec.json.Decoder)
                kind = msgspec.json if is_json else msgspec.msgpack
                name = f"{kind.__name__.rpartition('.')[2]} {_name(decoder.type)}"
                encoded = kind.encode(_sample(types.type_info(decoder.type)))
                assert decoder.decode(encoded) is not None
                found[name] = encoded.decode() if is_json else encoded.hex()
    return found


def _name(kind: Any) -> str:
    return kind.__qualname__ if inspect.isclass(kind) else str(kind)


def _sample(kind: types.Type) -> Any:
    """Return a value of a type, with something in every field and collection."""
    match kind:
        case types.StructType():
            return kind.cls(**{field.name: _sample(field.type) for field in kind.fields})
        case types.UnionType():
            return _sample(next(t for t in kind.types if not isinstance(t, types.NoneType)))
        case types.LiteralType():
            return kind.values[0]
        case types.ListType() | types.VarTupleType() | types.SetType() | types.FrozenSetType():
            one = _sample(kind.item_type)
            if isinstance(kind, types.VarTupleType):
                return (one,)
            return [one] if isinstance(kind, types.ListType) else {one}
        case types.TupleType():
            return tuple(map(_sample, kind.item_types))
        case types.DictType():
            return {_sample(kind.key_type): _sample(kind.value_type)}
        case types.BoolType():
            return True
        case types.IntType():
            return 7
        case types.FloatType():
            return 0.5
        case types.StrType(pattern=str(pattern)):
            return next(text for text in _FITTING if re.search(pattern, text))
        case types.StrType():
            return "wörd"
        case types.BytesType():
            return b"\x01\xff"
        case types.DateTimeType():
            return dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
        case types.AnyType() | types.NoneType():
            return None
    raise NotImplementedError(kind)


def _formats() -> dict[str, str]:
    """Return the binary formats that Python reads from the store."""
    return {
        f"format {module.__name__}.{name}": value.format
        for module in _modules()
        for name, value in vars(module).items()
        if isinstance(value, struct.Struct) and name not in _OF_CALLS
    }


_LUA = re.compile(r"^\s*local ([A-Z_]+FORMAT) = '(.+)'", re.M)


def _scripts() -> dict[str, str]:
    """Return the headers that scripts read and write, in whichever file they stand."""
    texts = [
        file.read_text()
        for file in files("moderation.store.scripts").iterdir()
        if file.name.endswith(".lua")
    ]
    return {f"script {name}": form for text in texts for name, form in _LUA.findall(text)}


def _verdicts() -> dict[str, str]:
    """Return packed verdicts and entries: each status, label, band and reason by its code."""
    plain = {"score": 0.25, "reasons": (), "model": "2026.11.22-1+117.1", "policy": 3}
    given: dict[str, Verdict] = {}

    def add(name: str, **more: Any) -> None:
        fields = {"label": "ham", "status": "approved", "discard": False, "decided_by": "model",
                  "signals": {}, **plain, **more}  # fmt: skip
        given[name] = Verdict(**fields)

    for status in STATUSES:
        add(f"status {status}", status=status)
    add("spam, discarded", label="spam", status="spam", discard=True)
    for by in codec.BY_CODE:
        add(f"by {by}", decided_by=by, score=None)
    for band in BANDS:
        add(f"band {band}", band=band)
    for code in NUMBERS:
        add(f"reason {code}", reasons=((code, -1.25),))
    add("drawn, judged anew", audit=0.02, earlier=(given["status approved"],), signals={"s": 1.5})
    found = {f"verdict {name}": codec.pack_verdict(one).hex() for name, one in given.items()}
    one = given["drawn, judged anew"]
    found["comment new"] = codec.pack_new(None, "queued", b"12345678", 1_700_000_000_000).hex()
    found["comment judged"] = codec.pack_new(one, "held", b"12345678", 1_700_000_000_000).hex()
    found["entry rebuilt"] = entry_codec.pack_rebuilt().hex()
    found["labels"], found["hows"] = str(LABELS), str(HOWS)
    found["told"] = json.dumps(codec.TOLD_CODE)
    return found


def _keys() -> dict[str, str]:
    """Return where a site and its parts are, by the names of its keys."""
    of_site = keys.of_site("blog.example")
    found = {f"key {name}": str(getattr(of_site, name)) for name in of_site.__slots__}
    fixed = {
        f"key {name}": value
        for name, value in vars(keys).items()
        if name.isupper() and isinstance(value, int | str)
    }
    return found | {name: str(value) for name, value in fixed.items()}


def _tasks() -> dict[str, str]:
    """Return what one version sends to another: tasks with their queue and arguments, and how a
    queue is declared."""
    found = {
        f"task {name}": f"{queue} {inspect.signature(tasks.app.tasks[name].run)}"
        for name, queue in QUEUE_OF.items()
    }
    declared = broker.queue("name")
    return found | {"task queue": f"{declared.durable} {declared.queue_arguments}"}


def needs_a_new_layout(before: dict[str, str], now: dict[str, str]) -> list[str]:
    """Return the names of what a version of before would read wrongly, or this one of before.

    A key or a type that is new is neither; a new code within a verdict is. What a process says of
    itself is said anew every few seconds and kept by nobody, so it may say more.
    """
    return sorted(
        name
        for name in before.keys() | now.keys()
        if before.get(name) != now.get(name)
        and (name in before or name.startswith("verdict "))
        and not (name in _SAID_ANEW and _says_more(before[name], now.get(name, "{}")))
    )


def _says_more(before: str, now: str) -> bool:
    return json.loads(before).items() <= json.loads(now).items()


def main() -> None:
    """Record the encodings; those of a layout that was recorded may not change."""
    found = every()
    if RECORDED.exists():
        before = recorded()
        changed = needs_a_new_layout(before["encodings"], found)
        if changed and before["layout"] == schema.VERSION:
            sys.exit(f"raise moderation.store.schema.VERSION and add a step: {', '.join(changed)}")
    said = {"layout": schema.VERSION, "encodings": dict(sorted(found.items()))}
    RECORDED.write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()

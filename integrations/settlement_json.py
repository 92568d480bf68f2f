"""A file of a collection agency's settlements: the JSON document of `domain.agency.Settlement`, or
a list of them, as docs/agency.md shows it."""

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from pydantic import ValidationError

from domain import personal_code
from domain.agency import Settlement
from integrations.intake import BadRecord, Fault, SettlementRecord

LONGEST_BYTES = 64 << 20
"""Of a file. It is read whole."""

_LONGEST_RAW = 256 << 10
_MOST_FAULTS = 5


def read_settlements(stream: BinaryIO, source: str) -> Iterator[SettlementRecord | BadRecord]:
    """The settlements of a file in its order, with what could not be taken.

    Does not raise for what the file contains.
    """
    content = stream.read(LONGEST_BYTES + 1)
    if len(content) > LONGEST_BYTES:
        yield _unreadable(source, None, f"is longer than {LONGEST_BYTES >> 20} MB; split it")
        return
    try:
        found = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        yield _unreadable(source, None, "is not UTF-8; save it as that")
        return
    except json.JSONDecodeError as error:
        yield _unreadable(source, error.lineno, f"is no JSON: {error.msg}")
        return
    except RecursionError:
        yield _unreadable(source, None, "is no settlement: it is nested too deep")
        return
    items = found if isinstance(found, list) else [found]
    for index, item in enumerate(items, start=1):
        yield _record(source, index, item)


def _record(source: str, index: int, item: Any) -> SettlementRecord | BadRecord:
    try:
        read = Settlement.model_validate_json(json.dumps(item))
    except ValidationError as error:
        said = item.get("settlement_id") if isinstance(item, dict) else None
        name = said if isinstance(said, str) and 0 < len(said) <= 200 else None
        return BadRecord(
            source=source,
            line=None,
            element="settlement",
            reason=f"{f'settlement {name}' if name else f'number {index}'}: {_faults(error)}",
            fault=Fault.INVALID,
            index=index,
            raw=_raw(item),
        )
    return SettlementRecord(
        settlement=read, amount_cents=read.transferred_cents, source=source, index=index
    )


def _faults(error: ValidationError) -> str:
    # Names of fields and rules alone: the values may be anything.
    faults = [
        f"{'.'.join(str(part) for part in one['loc']) or 'it'}: {one['type'].replace('_', ' ')}"
        for one in error.errors(include_input=False, include_url=False)
    ]
    more = f" and {len(faults) - _MOST_FAULTS} more" if len(faults) > _MOST_FAULTS else ""
    return "; ".join(faults[:_MOST_FAULTS]) + more


def _raw(item: Any) -> str | None:
    raw = personal_code.cut_out(json.dumps(item, ensure_ascii=False, indent=2))
    return raw if len(raw) <= _LONGEST_RAW else None


def _unreadable(source: str, line: int | None, reason: str) -> BadRecord:
    return BadRecord(
        source=source, line=line, element="file", reason=reason, fault=Fault.UNREADABLE
    )

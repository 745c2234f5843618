"""Read a JSON file: an object that says what it is, and holds a list with an object a line."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NoReturn

from flows.domain.vendor_profile import Dialect
from flows.receipts.raw_rows import Cell, RawFile, RefusedError, counted, decoded


def json_file(content: bytes, dialect: Dialect) -> RawFile:
    """Return a JSON file as rows; raises RefusedError."""
    try:
        said = json.loads(
            decoded(content, dialect.encoding),
            parse_float=Decimal,
            parse_constant=_no_constant,
        )
    except RefusedError:
        raise
    except (ValueError, RecursionError, ArithmeticError):
        raise RefusedError("the file is not JSON, or not whole") from None
    records = said.get(dialect.record) if isinstance(said, Mapping) else None
    if not isinstance(records, list) or not all(isinstance(one, dict) for one in records):
        raise RefusedError(f"the file has no list {dialect.record} of lines")
    names = {name: dialect.control_names.get(name, name) for name in dialect.control}
    columns = tuple(dialect.columns.values())
    return RawFile(
        control={name: _cell(said[there]) for name, there in names.items() if there in said},
        columns=columns,
        rows=counted(
            (number, [_cell(record.get(name)) for name in columns])
            for number, record in enumerate(records, start=1)
        ),
    )


def _cell(value: Any) -> Cell:
    if value is None:
        return ""
    if isinstance(value, (str, Decimal)) or (isinstance(value, int) and value is not True):
        return value
    return "{...}"  # a list, an object, a yes or no: not one value, and so not readable


def _no_constant(name: str) -> NoReturn:
    raise RefusedError(f"the file has a {name} for a number")

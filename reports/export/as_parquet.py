"""A table as Parquet: typed columns, and metadata that say what it is."""

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

VERSION: Final = "1"
"""Of the tables' columns: it grows when a column is renamed or taken away, not when one comes."""


def as_parquet(frame: pd.DataFrame, said: Mapping[str, str]) -> bytes:
    """Return a table's bytes; equal tables give equal bytes.

    said: what the metadata say of it, for example its book and month.
    """
    schema = pa.schema(
        [pa.field(str(name), _kind(str(name), frame[name].dtype)) for name in frame.columns],
        metadata={"svarut.version": VERSION, **{f"svarut.{key}": one for key, one in said.items()}},
    )
    table = pa.Table.from_pandas(frame, schema=schema, preserve_index=False)
    target = pa.BufferOutputStream()
    # pandas' own metadata names its version: with it, another pandas would give other bytes.
    pq.write_table(table.replace_schema_metadata(schema.metadata), target, compression="zstd")
    return bytes(target.getvalue().to_pybytes())


def _kind(name: str, dtype: Any) -> Any:
    """Return a column's type; a day or an instant says so in its name, amounts are whole øre."""
    if name.endswith("_on"):
        return pa.date32()
    if name.endswith("_at"):
        return pa.timestamp("us", tz="UTC")
    if pd.api.types.is_bool_dtype(dtype):
        return pa.bool_()
    if pd.api.types.is_integer_dtype(dtype):
        return pa.int64()
    if pd.api.types.is_float_dtype(dtype):
        return pa.int64() if name.endswith("_ore") else pa.float64()
    return pa.string()

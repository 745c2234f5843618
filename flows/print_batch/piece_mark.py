"""The mark that says which piece a sheet belongs to: DataMatrix, and the same in small type."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import zxingcpp
from numpy.typing import NDArray

from flows.domain.batch import Piece

MODULE_MM: Final = 0.45
"""The side of one square: 0.4-0.5 mm is read by cameras from 150 dpi."""

Squares = NDArray[np.bool_]
"""A mark, row by row from the top; true is dark."""

Bar = tuple[int, int, int]
"""A dark run in a row, in modules: left, top, width."""

_DATA_MATRIX: Final = zxingcpp.BarcodeFormat.DataMatrix


def mark_text(piece: Piece, sheet: int, sheets: int) -> str:
    """Return what a sheet's mark says: batch; piece; sheet/of how many."""
    return f"{piece.batch_id};{piece.number:06d};{sheet}/{sheets}"


def squares(text: str) -> Squares:
    """Return a text's DataMatrix."""
    mark = zxingcpp.create_barcode(text, _DATA_MATRIX, force_square=True)
    grey = np.asarray(mark.to_image(scale=1, add_quiet_zones=False), dtype=np.uint8)
    return np.equal(grey, 0)


def bars(mark: Squares) -> Sequence[Bar]:
    """Return a mark as its dark runs, row by row."""
    height, width = mark.shape
    framed = np.zeros((height, width + 2), dtype=np.int8)
    framed[:, 1:-1] = mark
    edges = np.diff(framed.ravel())
    begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    tops, lefts = np.divmod(begins, width + 2)
    return list(zip(lefts.tolist(), tops.tolist(), (ends - begins).tolist(), strict=True))

"""The mark that says which piece a sheet belongs to: DataMatrix, and the same in small type."""

from collections.abc import Iterator, Sequence
from typing import Final

from ppf.datamatrix import DataMatrix

from flows.domain.batch import Piece

MODULE_MM: Final = 0.45
"""The side of one square: 0.4-0.5 mm is read by cameras from 150 dpi."""

Bar = tuple[int, int, int, int]
"""A dark rectangle in modules: left, top, width, height."""


def mark_text(piece: Piece, sheet: int, sheets: int) -> str:
    """Return what a sheet's mark says: batch; piece; sheet/of how many."""
    return f"{piece.batch_id};{piece.number:06d};{sheet}/{sheets}"


def squares(text: str) -> Sequence[Sequence[int]]:
    """Return a text's DataMatrix: 1 is dark."""
    found: Sequence[Sequence[int]] = DataMatrix(text, codecs=["ascii"]).matrix
    return found


def bars(matrix: Sequence[Sequence[int]]) -> Iterator[Bar]:
    """Return a matrix as few rectangles: runs in a row, joined with the same run below."""
    growing: dict[tuple[int, int], int] = {}
    for row, line in enumerate([*matrix, ()]):
        runs = set(_runs(line))
        for run, top in list(growing.items()):
            if run not in runs:
                yield run[0], top, run[1], row - top
                del growing[run]
        for run in sorted(runs):
            growing.setdefault(run, row)


def _runs(line: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Return the dark runs of a row: where each begins and how long it is."""
    start = 0
    for place, dark in enumerate([*line, 0]):
        if not dark:
            if place > start:
                yield start, place - start
            start = place + 1

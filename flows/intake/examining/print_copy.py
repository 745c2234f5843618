"""Make a document's print-ready copy: what the night only has to copy."""

import zlib
from pathlib import Path
from typing import Final

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream

from flows.intake.examining.settling import settle
from flows.pdf.flattening import flatten
from flows.pdf.layers import layers_of, set_layers
from flows.pdf.pages import save, set_pages

SMALL_BYTES: Final = 100
"""Streams under this are not worth packing."""

PACKED_ANEW: Final = frozenset(
    {"/ASCII85Decode", "/A85", "/ASCIIHexDecode", "/AHx", "/LZWDecode", "/LZW", "/RunLengthDecode"}
)
"""Ways of packing that waste room."""

NOT_FOR_PAPER: Final = ("/Metadata", "/PieceInfo", "/Thumb")


def make_copy(pdf: Pdf, target: Path, tolerance_mm: float) -> bool:
    """Write the print-ready copy of an opened document; say whether it draws with patterns.

    The pages look as they did, with forms and notes drawn in, each upright on A4; what is not for
    paper is gone. The same document gives the same bytes. The opened one is used up.
    """
    flatten(pdf)
    layers = layers_of(pdf)
    for page in pdf.pages:
        settle(pdf, page, tolerance_mm)
    patterns = _pack(pdf)
    set_pages(pdf, [page.obj for page in pdf.pages])
    for name in list(pdf.Root.keys()):
        if name not in {"/Type", "/Pages"}:
            del pdf.Root[name]
    set_layers(pdf, layers)
    if "/Info" in pdf.trailer:
        del pdf.trailer.Info
    save(pdf, target)
    return patterns


def _pack(pdf: Pdf) -> bool:
    """Pack what lies unpacked and drop what is not for paper; say whether there are patterns."""
    patterns = False
    for each in pdf.objects:
        if isinstance(each, (Dictionary, Stream)):
            patterns = patterns or "/PatternType" in each
        if isinstance(each, Stream):
            for name in NOT_FOR_PAPER:
                if name in each:
                    del each[name]
            if _lies_open(each):
                _pack_one(each)
    return patterns


def _lies_open(stream: Object) -> bool:
    filters = stream.get("/Filter")
    if filters is None:
        return int(stream.get("/Length", 0)) >= SMALL_BYTES
    names = filters if isinstance(filters, Array) else [filters]
    return any(str(each) in PACKED_ANEW for each in names)


def _pack_one(stream: Object) -> None:
    try:
        data = stream.read_bytes()
    except pikepdf.PdfError:
        return  # damaged, or holds what only a printer unpacks: left as it came
    stream.write(zlib.compress(data), filter=Name.FlateDecode)

"""Whether an image of a page can be drawn, and whether it has colours."""

import ctypes
import hashlib
import io
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pypdfium2.raw as pdfium_c
from PIL import Image, ImageFile, UnidentifiedImageError

CHROMA: Final = 24
"""The most a grey's red, green and blue may differ, of 255: scanners and JPEG are not exact."""

COLOURED_SHARE: Final = 0.001
"""An image with fewer coloured points than this is grey."""

REMEMBERED: Final = 500
"""Images whose answer is kept: a logo stands on every letter of a sender."""

MOST_POINTS: Final = 300_000_000
"""A3 at 1200 dpi has 278 million."""

_SHRUNK: Final = 256
"""A JPEG is unpacked at a part of its size, at least this many points wide."""

_BY_PILLOW: Final = frozenset({"DCTDecode", "JPXDecode"})
_GREY: Final = frozenset({pdfium_c.FPDFBitmap_Gray})
_BYTES: Final = {
    pdfium_c.FPDFBitmap_BGR: 3,
    pdfium_c.FPDFBitmap_BGRx: 4,
    pdfium_c.FPDFBitmap_BGRA: 4,
}
_COMPONENTS: Final = {
    pdfium_c.FPDF_COLORSPACE_DEVICEGRAY: 1,
    pdfium_c.FPDF_COLORSPACE_DEVICERGB: 3,
    pdfium_c.FPDF_COLORSPACE_DEVICECMYK: 4,
}

Image.MAX_IMAGE_PIXELS = None  # the process has a limit on memory instead
ImageFile.LOAD_TRUNCATED_IMAGES = False


@dataclass(frozen=True)
class Picture:
    """What was found in one image."""

    broken: bool
    coloured: bool


class Pictures:
    """Looks at images, and remembers the last ones by their bytes."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, Picture] = OrderedDict()

    def look(self, image: Any, page: Any) -> Picture:
        """Look at an image object on a page of pdfium; raises MemoryError for a monster."""
        width, height = ctypes.c_uint(), ctypes.c_uint()
        pdfium_c.FPDFImageObj_GetImagePixelSize(image, width, height)
        if width.value * height.value > MOST_POINTS:
            raise MemoryError
        data = _bytes_of(image, pdfium_c.FPDFImageObj_GetImageDataRaw)
        key = hashlib.sha256(data).digest()
        if key not in self._known:
            self._known[key] = _look_at(image, page, data)
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return self._known[key]


def is_coloured(points: "np.ndarray[Any, Any]") -> bool:
    """Say whether an array of pixels (height, width, at least 3 colours) has colours."""
    colours = points[..., :3]
    spread = colours.max(axis=-1).astype(np.int16) - colours.min(axis=-1)
    return bool((spread > CHROMA).mean() > COLOURED_SHARE)


def _look_at(image: Any, page: Any, data: bytes) -> Picture:
    filters = _filters_of(image)
    if len(filters) == 1 and filters[0] in _BY_PILLOW:
        return _by_pillow(data)
    if not filters or filters[-1] not in _BY_PILLOW:
        wanted, found = _expected_bytes(image, page, filters)
        if found < wanted:
            return Picture(broken=True, coloured=False)
    return _by_pdfium(image)


def _by_pillow(data: bytes) -> Picture:
    try:
        with Image.open(io.BytesIO(data)) as picture:
            picture.draft(None, (_SHRUNK, _SHRUNK))
            picture.load()
            if picture.mode in {"L", "1", "I;16"}:
                return Picture(broken=False, coloured=False)
            return Picture(broken=False, coloured=is_coloured(np.asarray(picture.convert("RGB"))))
    except (OSError, SyntaxError, ValueError, UnidentifiedImageError):
        return Picture(broken=True, coloured=False)


def _by_pdfium(image: Any) -> Picture:
    bitmap = pdfium_c.FPDFImageObj_GetBitmap(image)
    if not bitmap:
        return Picture(broken=True, coloured=False)
    try:
        kind = pdfium_c.FPDFBitmap_GetFormat(bitmap)
        if kind in _GREY or kind not in _BYTES:
            return Picture(broken=False, coloured=False)
        height, stride = (
            pdfium_c.FPDFBitmap_GetHeight(bitmap),
            pdfium_c.FPDFBitmap_GetStride(bitmap),
        )
        width, size = pdfium_c.FPDFBitmap_GetWidth(bitmap), _BYTES[kind]
        buffer = ctypes.cast(
            pdfium_c.FPDFBitmap_GetBuffer(bitmap), ctypes.POINTER(ctypes.c_ubyte * stride * height)
        ).contents
        rows = np.frombuffer(buffer, np.uint8).reshape(height, stride)[:, : width * size]
        step = max(1, min(width, height) // (2 * _SHRUNK))
        points = rows.reshape(height, width, size)[::step, ::step]
        return Picture(broken=False, coloured=is_coloured(points))
    finally:
        pdfium_c.FPDFBitmap_Destroy(bitmap)


def _expected_bytes(image: Any, page: Any, filters: list[str]) -> tuple[int, int]:
    """Return how many bytes an image of plain points has at least, and how many are there."""
    about = pdfium_c.FPDF_IMAGEOBJ_METADATA()
    known = pdfium_c.FPDFImageObj_GetImageMetadata(image, page, about)
    components = _COMPONENTS.get(about.colorspace)
    plain = not filters or filters[-1] in {"FlateDecode", "LZWDecode", "RunLengthDecode"}
    if not known or not plain or components is None or about.bits_per_pixel < components:
        return 0, 0
    wanted = about.height * -(-about.width * about.bits_per_pixel // 8)
    found = pdfium_c.FPDFImageObj_GetImageDataDecoded(image, None, 0)
    return wanted, found


def _filters_of(image: Any) -> list[str]:
    names = []
    for place in range(pdfium_c.FPDFImageObj_GetImageFilterCount(image)):
        size = pdfium_c.FPDFImageObj_GetImageFilter(image, place, None, 0)
        buffer = ctypes.create_string_buffer(size)
        pdfium_c.FPDFImageObj_GetImageFilter(image, place, buffer, size)
        names.append(buffer.value.decode("latin-1"))
    return names


def _bytes_of(image: Any, read: Any) -> bytes:
    size = read(image, None, 0)
    buffer = ctypes.create_string_buffer(size)
    read(image, buffer, size)
    return buffer.raw

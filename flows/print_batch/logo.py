"""A sender's logo, as it stands on cover pages: in grey, on white, no larger than its place."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image

from flows.domain.shipment import SenderId

log = logging.getLogger(__name__)

WIDTH_MM: Final = 60.0
HEIGHT_MM: Final = 24.0
DPI: Final = 300
KINDS: Final = (".png", ".jpg", ".jpeg")

UNREADABLE: Final = (OSError, ValueError, SyntaxError, Image.DecompressionBombError)
"""What Pillow raises about a file that is no picture, is cut, or would fill the memory."""


@dataclass(frozen=True)
class Logo:
    """A picture in grey."""

    width: int
    height: int
    pixels: bytes
    """A byte each, row by row from the top; 255 is white."""

    @property
    def size_mm(self) -> tuple[float, float]:
        """How large it stands on the page: it fills its place one way or the other."""
        scale = min(WIDTH_MM / self.width, HEIGHT_MM / self.height)
        return self.width * scale, self.height * scale


def logos_of(folder: Path, senders: Iterable[SenderId]) -> Mapping[str, Logo]:
    """Return the logos of those senders that have one which can be read, by sender.

    The others' letters go without: a logo is no reason to keep a letter back.
    """
    found: dict[str, Logo] = {}
    for sender in senders:
        for file in files_of(folder, sender):
            try:
                found[sender] = read_logo(file)
            except UNREADABLE:
                log.warning("the logo of sender=%s cannot be read, letters go without", sender)
    return found


def files_of(folder: Path, sender: SenderId) -> list[Path]:
    """Return the file a sender's logo lies in; none, when there is none."""
    named = (folder / f"{sender}{kind}" for kind in KINDS)
    return [file for file in named if file.is_file()][:1]


def can_be_read(file: Path) -> bool:
    """Say whether a file is a picture that can be a logo."""
    try:
        read_logo(file)
    except UNREADABLE:
        return False
    return True


def read_logo(file: Path) -> Logo:
    """Read a PNG or JPEG file; raises one of UNREADABLE.

    In grey, whatever the letter's colour is: pages in colour are counted and paid for.
    """
    with Image.open(file, formats=("PNG", "JPEG")) as picture:
        seen = picture.convert("RGBA")
    white = Image.new("RGBA", seen.size, "white")
    grey = Image.alpha_composite(white, seen).convert("L")
    per_mm = DPI / 25.4
    grey.thumbnail((round(WIDTH_MM * per_mm), round(HEIGHT_MM * per_mm)))
    return Logo(grey.width, grey.height, grey.tobytes())

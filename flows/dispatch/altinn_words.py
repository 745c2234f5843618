"""Titles, texts and file names as Altinn accepts them.

Altinn judges plain text by a round trip through Markdown and HTML, and fails what comes back
changed; so whatever means something there is taken out before, and the words are kept.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Final

from flows.wording import sentences

MAX_PLAIN: Final = 255
MAX_BODY: Final = 30_000
MAX_NAME_BYTES: Final = 255

TYPES: Final = frozenset(
    {"doc", "docx", "xls", "xlsx", "ppt", "pps", "pdf", "html", "txt", "xml", "json", "csv", "zip"}
    | {"jpg", "jpeg", "gif", "bmp", "png", "dcm", "dicom"}
)
"""Kinds of files Altinn takes, by what their names end in."""

LANGUAGES: Final = frozenset({"nb", "nn", "en"})

_MARKUP: Final = re.compile(r"[*_<>#`\[\]\\|~^{}]+")
_LINK: Final = re.compile(r"\b[a-z][a-z0-9+.-]*://|\bwww\.", re.IGNORECASE)
_ENTITY: Final = re.compile(r"&(#?\w+);")
_LIST: Final = re.compile(r"^(?:(\d+)[.)]|[-+=]+)(?:\s+|$)")
_TAG: Final = re.compile(r"<(?=[A-Za-z/!?])")
_AUTOLINK: Final = re.compile(r"<((?:https?://|mailto:)[^\s<>]+)>", re.IGNORECASE)
_UNSAFE: Final = re.compile(r'[<>:"/\\|?*]')
_DEVICE: Final = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)


def language_of(language: str) -> str:
    """Return a language Altinn has; Northern Sami it has not, and its text goes as Bokmål."""
    return language if language in LANGUAGES else "nb"


def plain(text: str) -> str:
    """Return text as plain text of one line, at most 255 long; it may be empty."""
    tidy = text
    # Taking one thing out may leave another where it was.
    while (tidier := _tidied(tidy)) != tidy:
        tidy = tidier
    return tidy


def title_of(title: str, language: str) -> str:
    """Return a title Altinn accepts: plain, never empty."""
    return plain(title) or sentences("altinn_words.toml")[f"untitled_{language_of(language)}"]


def body_of(text: str, title: str) -> str:
    """Return CommonMark without HTML and without Altinn's own place holders; never empty.

    text: what the recipient is told.  title: said instead, where there is no text.
    """
    tidy = _TAG.sub("< ", _AUTOLINK.sub(r"\1", _printable(text, keep="\n")))
    tidy = re.sub(r"\{{2,}|\}{2,}", " ", tidy).strip()
    return cut(tidy, MAX_BODY).rstrip() or title


def summary_of(text: str) -> str:
    """Return the first paragraph as plain text."""
    return plain(text.strip().split("\n\n")[0])


def file_names(names: Iterable[str]) -> list[str] | None:
    """Return names that are safe on Windows, at most 255 bytes, each another; in their order.

    None: one of them is of a kind Altinn does not take.
    """
    safe = [_safe(name) for name in names]
    if any(_kind(name) not in TYPES for name in safe):
        return None
    return list(_each_another(safe))


def cut(text: str, most: int) -> str:
    """Return the beginning of a text, as the API counts: in UTF-16 units."""
    return text.encode("utf-16-le")[: most * 2].decode("utf-16-le", errors="ignore")


def _tidied(text: str) -> str:
    words = _ENTITY.sub(r" \1 ", _LINK.sub("", _MARKUP.sub(" ", _printable(text))))
    line = " ".join(words.replace("://", " ").split())
    return cut(_LIST.sub(r"\1 ", line), MAX_PLAIN).strip()


def _printable(text: str, keep: str = "") -> str:
    """Return text without what cannot be seen: control characters, lone surrogates, marks."""
    normal = unicodedata.normalize("NFC", text)
    return "".join(
        one if one in keep or not unicodedata.category(one).startswith("C") else " "
        for one in normal
    )


def _safe(name: str) -> str:
    tidy = _UNSAFE.sub("_", " ".join(_printable(name).split())).rstrip(". ")
    return f"_{tidy}" if _DEVICE.match(tidy) else tidy


def _kind(name: str) -> str:
    return PurePosixPath(name).suffix[1:].lower()


def _each_another(names: Iterable[str]) -> Iterator[str]:
    taken: set[str] = set()
    for name in names:
        path = PurePosixPath(name)
        number, found = 1, _fitted(path.stem, "", path.suffix)
        while found.casefold() in taken:
            number += 1
            found = _fitted(path.stem, f" ({number})", path.suffix)
        taken.add(found.casefold())
        yield found


def _fitted(stem: str, number: str, suffix: str) -> str:
    room = MAX_NAME_BYTES - len(f"{number}{suffix}".encode())
    short = stem.encode()[:room].decode(errors="ignore").rstrip()
    return f"{short}{number}{suffix}"

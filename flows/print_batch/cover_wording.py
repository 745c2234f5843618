"""What a cover page says, in the recipient's language."""

from datetime import date
from typing import Final

from babel.dates import format_date

from flows.wording import fill_sentence, sentences

LISTED: Final = 8
"""Documents listed one by one, at most."""


def words(language: str) -> dict[str, str]:
    """Return a language's sentences by name."""
    return sentences(f"cover_page/{language}.toml")


def why_on_paper(language: str, route_reason: str, unread_by: date | None) -> str:
    """Say why a letter came on paper.

    unread_by: the last day it could be read in Altinn; None when it never lay there. A letter that
    was taken back from Altinn for a reason is told that reason.
    """
    said = words(language)
    own = said.get(f"why_{route_reason.lower()}")
    if own is not None:
        return own
    if unread_by is None:
        return said["why_paper"]
    return fill_sentence(said["why_unread"], dato=written(unread_by, language))


def what_is_inside(language: str, pages: tuple[int, ...]) -> str:
    """Say how many documents and pages the envelope holds; never what they are."""
    return fill_sentence(words(language)["contents"], dokumenter=len(pages), sider=sum(pages))


def letter_list(language: str, pages: tuple[int, ...]) -> list[tuple[str, str]]:
    """Return a row for each document, its number and its pages; the last row may be of many.

    A letter of one document has no list.
    """
    said = words(language)
    if len(pages) < 2:  # noqa: PLR2004 -- a list of one is no list
        return []
    each = pages if len(pages) <= LISTED else pages[: LISTED - 1]
    rows = [
        (
            fill_sentence(said["document"], nummer=number),
            fill_sentence(said["pages"], sider=count),
        )
        for number, count in enumerate(each, start=1)
    ]
    rest = pages[len(each) :]
    if rest:
        others = fill_sentence(said["others"], dokumenter=len(rest))
        rows.append((others, fill_sentence(said["pages"], sider=sum(rest))))
    return rows


def written(day: date, language: str) -> str:
    """Return a date as it is written in a letter, `25. november 2026`, on one line."""
    text = format_date(day, words(language)["date"], locale=language)
    return text.replace(" ", "\u00a0")

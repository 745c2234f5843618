"""What a letter's cover page is about: from the letter and its sender."""

from datetime import date, timedelta

from flows import clock
from flows.domain.batch import Letter
from flows.domain.postal_address import tidy
from flows.domain.sender import LANGUAGES, Sender
from flows.print_batch.cover_page import Cover
from flows.print_batch.piece_mark import mark_text


def cover_of(letter: Letter, sender: Sender, *, sheets: int, printed_on: date) -> Cover:
    """Return what a letter's cover page says, in its recipient's language where that is known."""
    known = letter.recipient_language in LANGUAGES
    return Cover(
        address=letter.recipient.address,
        sender_name=tidy(sender.name),
        answers_to=_answers_to(letter, sender),
        cover_text=tuple(filter(None, map(tidy, sender.cover_text.splitlines()))),
        language=letter.recipient_language if known else sender.language,
        printed_on=printed_on,
        # A deadline at midnight is the end of the day before.
        unread_by=clock.oslo_date(letter.due_at - timedelta(seconds=1)) if letter.due_at else None,
        route_reason=letter.route_reason,
        pages=tuple(document.pages for document in letter.documents),
        mark=mark_text(letter.piece, 1, sheets),
        logo=sender.id,
    )


def _answers_to(letter: Letter, sender: Sender) -> tuple[str, ...]:
    """Return the letter's own return address (svarSendesTil), else the sender's."""
    reply_to = letter.recipient.reply_to
    if reply_to is not None:
        return tuple(reply_to.in_window())
    return tuple(map(tidy, (sender.name, *sender.return_address)))

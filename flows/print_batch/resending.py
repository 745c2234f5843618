"""Send a package once more: on the vendor's word, or when two persons say so."""

from datetime import datetime
from typing import Final

from flows.database import attempts, batches
from flows.database.attempts import RESEND_TO_APPROVE, TheWord
from flows.database.giving_back import GivenBack
from flows.database.item_history import acts_of, record_acts
from flows.database.open_items import OpenItem, raise_item, reopen
from flows.database.session import Tx
from flows.domain.batch import BatchId
from flows.errors import NeedsAPerson

_ASKED: Final = "asked"


def resend(tx: Tx, batch_id: BatchId, *, vendor_said: str, by: str, at: datetime) -> GivenBack:
    """Make the next attempt of a batch, since the vendor has annulled the one there is."""
    return attempts.begin_next_attempt(tx, batch_id, TheWord(vendor_said, by), at)


def ask_to_resend(tx: Tx, batch_id: BatchId, *, why: str, by: str, at: datetime) -> None:
    """Keep the wish of one person to send a batch again without the vendor's word."""
    word = TheWord(why, by)
    attempts.may_be_ended(tx, batch_id)
    subject = _subject(tx, batch_id)
    what = "a person wants to send the package once more, without the vendor's annulment"
    do = "are you sure that nothing is printed? svarut batch resend BATCH --approve --by NAME"
    item = OpenItem(RESEND_TO_APPROVE, subject, what, do)
    if not raise_item(tx, item, at):
        reopen(tx, item)
    record_acts(tx, [(RESEND_TO_APPROVE, subject)], _ASKED, at, by=word.by, why=word.said)


def approve_resend(tx: Tx, batch_id: BatchId, *, by: str, at: datetime) -> GivenBack:
    """Make the next attempt of a batch, since a second person wants it too.

    Raises NeedsAPerson when nobody has asked, the same person asked, or the vendor has answered
    since: then what was asked is not what would be done.
    """
    subject = _subject(tx, batch_id)
    asked = [one for one in acts_of(tx, RESEND_TO_APPROVE, subject) if one[1] == _ASKED]
    if not asked:
        raise NeedsAPerson(
            "nobody has asked to send the batch again",
            where=batch_id,
            do="ask first: svarut batch resend BATCH --by NAME --why WHY; another approves",
        )
    asked_at, _, first, why = asked[-1]
    if _same_person(first, by):
        raise NeedsAPerson(
            "the person who asked cannot approve",
            where=batch_id,
            do="let somebody else look and approve: two persons, or the vendor's word",
        )
    if batches.changed_at(tx, batch_id) > asked_at:
        raise NeedsAPerson(
            "the batch has changed since somebody asked to send it again",
            where=batch_id,
            do="look at it (svarut batch show), and ask anew if it is still right",
        )
    word = TheWord(why, first, approved_by=TheWord(why, by).by)
    given = attempts.begin_next_attempt(tx, batch_id, word, at)
    record_acts(tx, [(RESEND_TO_APPROVE, subject)], "approved", at, by=by)
    return given


def _subject(tx: Tx, batch_id: BatchId) -> str:
    return attempts.wish_about(batch_id, batches.read_batch(tx, batch_id).attempt)


def _same_person(one: str, other: str) -> bool:
    return "".join(one.split()).casefold() == "".join(other.split()).casefold()

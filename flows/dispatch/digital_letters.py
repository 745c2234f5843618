"""Make letters as a channel needs them: documents, words, language, whether anybody is told."""

from collections.abc import Sequence
from functools import partial

from flows.database import contacts, shipments
from flows.database.offers import Offer
from flows.database.senders import all_senders
from flows.database.session import Tx
from flows.dispatch.channel import Attachment, DigitalLetter
from flows.dispatch.message import language_of, message
from flows.dispatch.slices import tenant_of
from flows.domain.contact import Contact
from flows.domain.identity import ORGANISATION_DIGITS
from flows.domain.sender import Sender
from flows.domain.shipment import Recipient
from flows.object_archive import open_archive
from flows.settings import Settings


def digital_letters(tx: Tx, offered: Sequence[Offer], settings: Settings) -> list[DigitalLetter]:
    """Return the letters of offers, in the same order."""
    ids = [offer.shipment_id for offer in offered]
    senders, archive = all_senders(tx), open_archive(settings)
    recipients, documents = shipments.recipients_of(tx, ids), shipments.documents_of(tx, ids)
    wishes = contacts.digital_wishes_of(tx, ids)
    made = []
    for offer in offered:
        sender, recipient = senders[offer.sender_id], recipients[offer.shipment_id]
        wish = wishes[offer.shipment_id]
        language = language_of(wish.language, sender)
        paper_follows = not wish.digital_only and _is_resent(sender, recipient)
        made.append(
            DigitalLetter(
                key=offer.key,
                shipment_id=offer.shipment_id,
                recipient_id=recipient.digital_id or "",
                title=recipient.title,
                text=message(sender, language, paper_follows=paper_follows),
                sender_name=sender.shown_as,
                tenant=tenant_of(offer),
                attachments=[
                    Attachment(each.file_name, partial(archive.path_of, each.sha256))
                    for each in documents[offer.shipment_id]
                ],
                language=language,
                publish_at=offer.publish_at,
                notify=wish.contact is not Contact.NOT_NOTIFIABLE,
                confidential=wish.confidential,
            ),
        )
    return made


def _is_resent(sender: Sender, recipient: Recipient) -> bool:
    organisation = len(recipient.digital_id or "") == ORGANISATION_DIGITS
    return sender.resend_to_organisations or not organisation

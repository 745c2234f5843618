"""Choose digital or paper for one letter, and say why."""

from flows.domain.shipment import Route, ToRoute


def choose_route(letter: ToRoute) -> tuple[Route, str]:
    """Return the way a letter goes, and the reason as a code.

    Whether the recipient is reserved or notifiable is the contact register's to say; until it is
    asked, Altinn's own refusal decides, and sends the letter the other way.
    """
    if letter.digital_only:
        return Route.DIGITAL, "DIGITAL_ONLY"
    if not letter.sender_digital:
        return Route.PAPER, "SENDER_NOT_DIGITAL"
    if not letter.has_digital_id:
        return Route.PAPER, "NO_DIGITAL_ID"
    return Route.DIGITAL, "DIGITAL_ID"

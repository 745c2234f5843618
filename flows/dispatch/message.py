"""What stands around a letter in the recipient's inbox, in the recipient's language."""

from flows.domain.sender import Sender
from flows.wording import fill


def language_of(chosen: str, sender: Sender) -> str:
    """Return the language to write in: the recipient's own, else the sender's.

    chosen: what the contact register says, or empty.
    """
    return chosen or sender.language


def message(sender: Sender, language: str, *, paper_follows: bool) -> str:
    """Return the message in CommonMark: the sender's own words in that language, else the house's.

    paper_follows: whether the letter goes on paper when it is not read; the house's text says so.
    """
    own = sender.notification_texts.get(language)
    if own:
        return own
    return fill(f"altinn_message.{language}.md", avsender=sender.shown_as, frist=paper_follows)

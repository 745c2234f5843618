"""Cover pages that tests need, and addresses that nobody should have."""

from datetime import date

from builders import a_sender
from hypothesis import strategies as st

from flows.domain.postal_address import PostalAddress
from flows.print_batch.cover_page import Cover, CoverPage, lay_out

NOVEMBER = date(2026, 11, 25)
PLAIN = PostalAddress("Oline Prøve", ("Fjellveien 3",), "8900", "Brønnøysund")

HOSTILE_LINES = st.one_of(
    st.text(min_size=0, max_size=90),
    st.text(st.characters(codec="latin-1"), max_size=60),
    st.text("ÁáČčĐđŊŋŠšŦŧŽžÆØÅæøå -/c", max_size=70),
    st.text("abcdefghij \u0301\u0308\u200f\u202e\u00ad\u05d0\u0627\u6f22\ufffd", max_size=30),
    st.lists(st.sampled_from(["c/o", "Nordvik", "Bygg", "4", "arkiv-", "og", "W" * 12])).map(
        " ".join
    ),
)
HOSTILE_ADDRESSES = st.builds(
    PostalAddress,
    HOSTILE_LINES,
    st.lists(HOSTILE_LINES, max_size=4).map(tuple),
    st.text(max_size=10),
    HOSTILE_LINES,
    st.sampled_from(["", "NO", "Sverige", "Finland", "Mordor", "USA"]),
)


def a_cover(address: PostalAddress = PLAIN, **changes: object) -> Cover:
    sender = a_sender()
    values = {
        "address": address,
        "sender_name": sender.name,
        "answers_to": (sender.name, *sender.return_address),
        "cover_text": ("Ring oss mellom 09 og 15.",),
        "language": "nb",
        "printed_on": NOVEMBER,
        "unread_by": date(2026, 11, 24),
        "route_reason": "DIGITAL_ID",
        "pages": (3, 2),
        "mark": "SVAR-20261124-01-C5SHD;000001;1/3",
        "logo": sender.id,
        **changes,
    }
    return Cover(**values)  # type: ignore[arg-type]


def laid_out(cover: Cover) -> CoverPage:
    page = lay_out(cover)
    assert isinstance(page, CoverPage), page
    return page

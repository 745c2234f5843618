"""Keep the print vendors' profiles with the dates they hold for."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import delete, insert, select

from flows.database.session import Tx
from flows.database.tables import vendor_profiles
from flows.domain.vendor_profile import VendorProfile, one_version_a_day, version_on
from flows.domain.vendor_toml import parse_profiles, to_toml


def all_profiles(tx: Tx) -> list[VendorProfile]:
    """Return every version of every profile, old ones too."""
    rows = tx.scalars(
        select(vendor_profiles.c.content).order_by(
            vendor_profiles.c.id, vendor_profiles.c.valid_from
        ),
    )
    return [profile for content in rows for profile in parse_profiles(content)]


def profile_on(tx: Tx, vendor: str, day: date) -> VendorProfile:
    """Return what holds for a vendor on a day; raises NeedsAPerson when nothing does."""
    return version_on(all_profiles(tx), vendor, day)


def keep_profiles(tx: Tx, wanted: Sequence[VendorProfile]) -> None:
    """Put the versions of each vendor named in the place of those there are.

    Raises NeedsAPerson when versions of one vendor overlap, or leave a day without one.
    """
    one_version_a_day(wanted)
    tx.execute(delete(vendor_profiles).where(vendor_profiles.c.id.in_({one.id for one in wanted})))
    if wanted:
        tx.execute(
            insert(vendor_profiles),
            [
                {
                    "id": each.id,
                    "valid_from": each.valid_from,
                    "valid_to": each.valid_to,
                    "content": to_toml([each]),
                }
                for each in wanted
            ],
        )

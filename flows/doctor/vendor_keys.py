"""What must be so of the keys that packages are encrypted and signed with."""

from datetime import timedelta
from pathlib import Path
from typing import Final

from flows import clock
from flows.database.vendors import profile_on
from flows.doctor.at_home import our_rows
from flows.doctor.elsewhere import OTHERS
from flows.errors import NeedsAPerson
from flows.print_batch.vendor_key import our_signer, vendor_key
from flows.settings import Settings

EXPIRES_SOON: Final = timedelta(days=30)
"""So long before the vendor's key expires the doctor is not well."""


def keys(settings: Settings) -> str:
    """See that the vendor's key is the pinned one and good, and that ours signs, where used."""
    now = clock.now()
    with our_rows(settings) as tx:
        way = profile_on(tx, settings.vendor.profile, clock.oslo_date(now)).transport
    if way.encryption == "none":
        return "not used: packages are not encrypted"
    key = vendor_key(settings.openpgp, way, now)
    if way.signed:
        our_signer(settings.openpgp, now)
        for file in (settings.openpgp.signing_key_file, settings.openpgp.signing_password_file):
            _nobody_else_reads(file)
    if key.good_until is not None and key.good_until - now < EXPIRES_SOON:
        raise NeedsAPerson(
            f"the vendor's key expires {key.good_until:%Y-%m-%d}",
            where=way.recipient_key,
            do="ask the vendor for it with a longer life; from that day nothing is sent",
        )
    until = f"until {key.good_until:%Y-%m-%d}" if key.good_until else "without an end"
    return f"{key.fingerprint}, good {until}{', and ours signs' if way.signed else ''}"


def _nobody_else_reads(file: Path | None) -> None:
    if file is not None and file.stat().st_mode & OTHERS:
        raise NeedsAPerson("others may read the key file", where=str(file), do="chmod 600")

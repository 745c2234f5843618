"""Put what is not invoiced yet on drafts: one a sender and payer."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from flows.database.drafted_invoices import Draft, OpenEntry
from flows.domain.account_rules import AccountRules, read_code
from flows.domain.invoicing import Series, unusual
from flows.domain.money import vat_of
from reports.invoicing.invoice import Entry, lines_of

NO_REFERENCE = "the sender has no invoice_reference"


def drafts_of(
    period: str,
    entries: Iterable[OpenEntry],
    *,
    seller: str,
    rules: Mapping[str, AccountRules],
    earlier: Mapping[tuple[str, str], Sequence[int]],
    percent: int,
    fault_of: Callable[[str, str], str],
) -> list[Draft]:
    """Return a month's drafts, ordered by id.

    seller: our organisation number; what we ourselves pay is posted, not invoiced. rules: by
    organisation. earlier: flows.database.drafted_invoices.earlier_amounts. fault_of: why an
    invoice to a sender (and payer) cannot go yet, empty when it can.
    """
    groups: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    odd: dict[tuple[str, str], set[str]] = defaultdict(set)
    owners: dict[str, str] = {}
    for each in entries:
        own = rules.get(each.organisation_number, AccountRules(each.organisation_number))
        said = read_code(own, each.account_code)
        owners[each.sender_id] = each.organisation_number
        owed = (each.sender_id, said.payer)
        if said.exception:
            odd[owed].add(f"{said.exception}: {said.code}")
        groups[owed].append(
            Entry(
                each.ledger_id,
                each.sku,
                said.code,
                each.charged_on,
                each.quantity,
                each.billed_ore,
            )
        )
    drafts = []
    for (sender_id, payer), group in sorted(groups.items()):
        _, where = lines_of(group)
        net = sum(entry.billed_ore for entry in group)
        internal = payer == seller
        reasons = [
            unusual(net, earlier.get((sender_id, payer), ()), percent=percent),
            "" if internal else fault_of(sender_id, payer),
            *sorted(odd[sender_id, payer]),
        ]
        same = payer == owners[sender_id]
        drafts.append(
            Draft(
                id=f"{period}-{sender_id}" if same else f"{period}-{sender_id}-{payer}",
                payer=payer,
                sender_id=sender_id,
                series=Series.INTERNAL if internal else Series.OUTGOING,
                net_ore=net,
                vat_ore=0 if internal else vat_of(net),
                unusual="; ".join(reason for reason in reasons if reason)[:200],
                lines=where,
            )
        )
    return drafts

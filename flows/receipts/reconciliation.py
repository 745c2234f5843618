"""Every rule that what we sent, what the vendor says and what is billed are held against.

Pure: facts and the time go in, differences come out. docs/reconciliation.md explains each rule.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from flows.domain.reconciliation import Difference, Facts, Found, Owner, Severity, Unchecked
from flows.domain.status import FINAL, Status
from flows.receipts import rules_of_invoices as invoices
from flows.receipts import rules_of_money as money
from flows.receipts import rules_of_prices as prices
from flows.receipts import rules_of_receipts as receipts
from flows.receipts import rules_of_sending as sending
from flows.receipts import rules_of_the_whole as whole
from flows.receipts.today import Today

EXAMPLES: Final = 3
"""Letters that an item names; the list beside the report names all."""

ENDINGS: Final = (
    Status.READ,
    Status.PRINTED,
    Status.REJECTED,
    Status.NOT_DELIVERED,
    Status.MANUALLY_HANDLED,
)
"""The final statuses, in the order the headline has them."""

STOP, ACT, NOTE = Severity.STOP, Severity.ACT, Severity.NOTE
OPERATIONS, VENDOR, FINANCE = Owner.OPERATIONS, Owner.VENDOR_CONTACT, Owner.FINANCE


@dataclass(frozen=True)
class Rule:
    """One thing that must agree."""

    code: str
    severity: Severity
    owner: Owner
    do: str
    """What its owner does about it."""
    check: Callable[[Facts, Today], Iterable[Found | Unchecked]]
    kept_as: Mapping[str, str] = field(default_factory=dict)
    """The code of the open item where a flow tells of the same thing at once, by kind."""

    def item_code(self, kind: str) -> str:
        """Return the code that a difference of a kind is kept under."""
        return self.kept_as.get(kind, self.code)

    @property
    def item_codes(self) -> frozenset[str]:
        """Every code that its differences are kept under."""
        return frozenset({self.code, *self.kept_as.values()})


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        "A1",
        ACT,
        OPERATIONS,
        "see why the night left it: svarut run print --dry-run, svarut show SHIPMENT",
        sending.due_letters_are_in_a_batch,
    ),
    Rule(
        "A2",
        STOP,
        OPERATIONS,
        "bill nothing of this batch; compare its package with its pieces, and report it",
        sending.totals_are_those_of_the_pieces,
    ),
    Rule(
        "A3",
        NOTE,
        OPERATIONS,
        "nothing tonight; if it repeats, look at when Altinn was asked last",
        sending.read_letters_are_not_printed,
    ),
    Rule(
        "A4",
        ACT,
        OPERATIONS,
        "ask the sender which one counts; hold the other: svarut hold SHIPMENT",
        sending.nothing_goes_twice,
    ),
    Rule(
        "B1",
        ACT,
        OPERATIONS,
        "ask the vendor whether the package arrived; never send it again unasked",
        sending.packages_are_answered,
        {
            "no_answer": "ACKNOWLEDGEMENT_MISSING",
            "answer_differs": "ACKNOWLEDGEMENT_DIFFERS",
            "package_refused": "PACKAGE_REFUSED",
        },
    ),
    Rule(
        "B2",
        ACT,
        VENDOR,
        "ask the vendor for receipts of these letters; they may lie in a file that was refused",
        receipts.pieces_have_receipts,
    ),
    Rule(
        "B3",
        ACT,
        VENDOR,
        "look at why: svarut show SHIPMENT; ask the vendor, then correct or dismiss the lines",
        receipts.lines_are_about_letters_of_ours,
        {
            "receipt_line_set_aside": "RECEIPT_LINES_QUARANTINED",
            "printed_though_ended": "PRINTED_THOUGH_ENDED",
        },
    ),
    Rule(
        "B4",
        ACT,
        VENDOR,
        "ask the vendor which receipt is right; the first is booked",
        receipts.receipts_do_not_contradict,
    ),
    Rule(
        "B5",
        ACT,
        VENDOR,
        "ask the vendor what was printed; dispute what was not sent",
        receipts.pages_and_sheets_are_ours,
    ),
    Rule(
        "B6",
        NOTE,
        VENDOR,
        "nothing tonight; take it up with the vendor if the share grows",
        receipts.handling_is_as_planned,
    ),
    Rule(
        "B7",
        NOTE,
        VENDOR,
        "weigh one; dispute the postage if the band is wrong",
        prices.weights_are_as_reckoned,
    ),
    Rule(
        "B8",
        ACT,
        FINANCE,
        "put it on the dispute list, or import the price list that holds",
        prices.production_costs_what_was_agreed,
    ),
    Rule(
        "B9",
        ACT,
        FINANCE,
        "put it on the dispute list, or import the postage table that holds",
        prices.postage_is_the_tables,
    ),
    Rule(
        "B10",
        ACT,
        VENDOR,
        "ask the vendor when it was posted; a wrong hour is often twelve hours wrong",
        receipts.posting_is_possible_and_in_time,
    ),
    Rule(
        "B11",
        NOTE,
        VENDOR,
        "nothing: ours is billed; tell the vendor",
        receipts.account_codes_come_back,
    ),
    Rule(
        "B12",
        ACT,
        VENDOR,
        "ask the vendor for the file as it was before, or accept the change",
        receipts.no_column_empties,
        {"file_set_aside": "RECEIPT_FILE_QUARANTINED"},
    ),
    Rule(
        "C1",
        ACT,
        FINANCE,
        "dispute the invoice before it is paid",
        invoices.invoices_ask_for_what_was_done,
    ),
    Rule(
        "C2",
        ACT,
        FINANCE,
        "ask the vendor for an invoice, or dispute the line",
        invoices.receipts_are_invoiced,
    ),
    Rule(
        "C3",
        STOP,
        FINANCE,
        "stop the month's invoices; svarut show SHIPMENT tells what was booked",
        money.the_ledger_is_the_receipts,
    ),
    Rule(
        "C4", STOP, FINANCE, "stop the month's invoices; report it", money.nothing_is_charged_twice
    ),
    Rule(
        "C5",
        NOTE,
        FINANCE,
        "look at it before the month is closed",
        money.nothing_is_out_of_the_ordinary,
    ),
    Rule("C6", STOP, FINANCE, "stop the credit note", money.credit_notes_fit),
    Rule(
        "D1",
        STOP,
        OPERATIONS,
        "svarut show SHIPMENT; report it: a letter must not change in silence",
        whole.no_letter_is_lost,
    ),
    Rule(
        "D2", NOTE, OPERATIONS, "tell the sender to mend the address", whole.mail_does_not_come_back
    ),
    Rule(
        "D3",
        STOP,
        OPERATIONS,
        "restore the file from the copy of the archive",
        whole.files_are_kept,
    ),
)
"""Every rule, in the order the report has them."""


@dataclass(frozen=True)
class RuleResult:
    """What one rule found, and what it could not look at."""

    rule: Rule
    differences: tuple[Difference, ...]
    found: tuple[Found, ...]
    unchecked: tuple[tuple[Unchecked, int], ...]
    """With how often, in the order met; the subject is empty where several are counted."""
    not_looked_at: frozenset[str]
    """Subjects it could not look at."""
    whole_unchecked: bool
    """It could look at nothing."""


@dataclass(frozen=True)
class Identity:
    """Read + printed + rejected + otherwise closed + open = all: the headline."""

    taken_in: int
    """By the event that begins every walk."""
    parts: Mapping[Status, int]
    """Letters of each final status."""
    open: int
    returned: int
    """Of the printed."""

    @property
    def holds(self) -> bool:
        """No letter is lost."""
        return self.taken_in == sum(self.parts.values()) + self.open


def reconcile(facts: Facts, today: Today) -> list[RuleResult]:
    """Hold the facts against every rule."""
    return [_result(rule, list(rule.check(facts, today))) for rule in RULES]


def identity_of(facts: Facts) -> Identity:
    """Return where the letters are."""
    count: Counter[Status] = Counter()
    for bucket in facts.buckets:
        count[bucket.status] += bucket.letters
    return Identity(
        taken_in=whole.taken_in(facts),
        parts={status: count[status] for status in ENDINGS},
        open=sum(letters for status, letters in count.items() if status not in FINAL),
        returned=len(facts.returned),
    )


def _result(rule: Rule, said: Sequence[Found | Unchecked]) -> RuleResult:
    found = tuple(one for one in said if isinstance(one, Found))
    unchecked = [one for one in said if isinstance(one, Unchecked)]
    counted = Counter((one.kind, one.detail) for one in unchecked)
    return RuleResult(
        rule=rule,
        differences=tuple(_gathered(rule, found)),
        found=found,
        unchecked=tuple(
            (Unchecked(kind, detail=detail), count) for (kind, detail), count in counted.items()
        ),
        not_looked_at=frozenset(one.subject for one in unchecked if one.subject),
        whole_unchecked=any(one.whole for one in unchecked),
    )


def _gathered(rule: Rule, found: Iterable[Found]) -> Iterable[Difference]:
    """Put what was found together by subject: a person mends a batch, not five hundred letters."""
    of_key: dict[tuple[str, str], list[Found]] = {}
    for one in found:
        of_key.setdefault((rule.item_code(one.kind), one.subject), []).append(one)
    for (code, subject), some in of_key.items():
        amounts = [one.ore for one in some if one.ore is not None]
        yield Difference(
            rule=rule.code,
            code=code,
            subject=subject,
            counts=dict(Counter(one.kind for one in some)),
            ore=sum(amounts) if amounts else None,
            letters=tuple(dict.fromkeys(one.letter for one in some if one.letter))[:EXAMPLES],
        )

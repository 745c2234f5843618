"""From ledger entries to invoices: what they say, as a file and on paper."""

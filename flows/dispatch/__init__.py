"""Offer letters digitally, and follow them until read or due for print."""

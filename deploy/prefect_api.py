"""Prefect's server, asked over HTTP: quicker than importing Prefect, which takes seconds."""

import os
from typing import Final

import httpx

POOL: Final = "svarut"
"""The work pool of prefect.yaml."""


def open_api() -> httpx.Client:
    """Return a client for the server that PREFECT_API_URL names, with its password."""
    name, _, password = os.environ.get("PREFECT_API_AUTH_STRING", "").partition(":")
    login = httpx.BasicAuth(name, password) if name else None
    return httpx.Client(base_url=os.environ["PREFECT_API_URL"], auth=login, timeout=30)

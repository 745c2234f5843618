"""The page on security says what the code does."""

import ast
import re
from pathlib import Path

from conftest import ROOT

PAGE = (ROOT / "docs/security.md").read_text(encoding="utf-8")
CALLERS = {"aiohttp", "asyncssh", "httpx", "paramiko", "requests", "smtplib", "socket", "urllib3"}
NAMED = re.compile(r"`[a-z_/0-9]+\.py::test_[a-z_0-9]+`")


def section(name: str) -> str:
    return PAGE.split(f"## {name}\n", 1)[1].split("\n## ", 1)[0]


def rows(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("| ")][2:]


def opens_connections(file: Path) -> bool:
    """Say whether a file makes a client: it imports a library for it and calls something of it."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    known = {
        (name.asname or name.name).partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for name in node.names
        if name.name.partition(".")[0] in CALLERS
    }
    makers = {"Client", "AsyncClient", "get", "post", "request", "stream", "put"}
    makers |= {"create_connection", "socket", "Transport", "SSHClient", "SMTP", "SMTP_SSL"}
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in known
        and node.func.attr in makers
        for node in ast.walk(tree)
    )


def test_every_guard_has_its_test() -> None:
    guarded = rows(section("What comes in")) + rows(section("What goes out"))

    assert len(guarded) > 25
    assert [row for row in guarded if not NAMED.search(row)] == []


def test_nothing_else_opens_a_connection() -> None:
    files = [*(ROOT / "flows").rglob("*.py"), *(ROOT / "reports").rglob("*.py")]
    outside = {
        file.relative_to(ROOT).as_posix()
        for file in files
        if "sandbox" not in file.parts and opens_connections(file)
    }

    assert outside == set(
        re.findall(r"`((?:flows|reports)/[^`]+\.py)`", section("Who opens connections"))
    )


def test_who_calls_over_http_reads_a_bounded_answer() -> None:
    unbounded = [
        file.relative_to(ROOT).as_posix()
        for file in (ROOT / "flows").rglob("*.py")
        if "sandbox" not in file.parts
        and file.name != "demo.py"
        and (text := file.read_text(encoding="utf-8"))
        and "httpx.Client(" in text
        and "**bounded()" not in text
    ]

    assert unbounded == []

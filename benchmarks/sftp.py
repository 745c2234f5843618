"""An upload beside OpenSSH's own client, to the same server with the same cipher.

`make bench`, or `python benchmarks/sftp.py MIB ROUNDS`. Both write to a temporary name and rename.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # the tests' own servers

from servers import SftpServer, openssh_server

from flows.sftp import CIPHERS, connect


def main() -> None:
    """Measure both in turn, as often as asked; print the median of each and their ratio."""
    mib = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5  # noqa: PLR2004
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "package.zip"
        source.write_bytes(os.urandom(1024 * 1024) * mib)
        with openssh_server(Path(folder) / "sftp") as server:
            (server.root / "inn").mkdir()
            took = [(_ours(server, source), _theirs(server, source)) for _ in range(rounds)]
    ours, theirs = (statistics.median(each) for each in zip(*took, strict=True))
    print(f"upload of {mib} MiB, {CIPHERS[0]}, median of {rounds}")
    print(f"  ours {mib / ours:.0f} MiB/s, OpenSSH's sftp {mib / theirs:.0f} MiB/s")
    print(f"  ratio {theirs / ours:.2f}")


def _ours(server: SftpServer, source: Path) -> float:
    begun = time.perf_counter()
    with connect(server) as line:
        line.put_whole(source, "inn", "ours.zip")
    took = time.perf_counter() - begun
    (server.root / "inn/ours.zip").unlink()
    return took


def _theirs(server: SftpServer, source: Path) -> float:
    orders = f"put {source} inn/.theirs.zip.part\nrename inn/.theirs.zip.part inn/theirs.zip\n"
    options = {
        "Ciphers": CIPHERS[0],
        "UserKnownHostsFile": server.known_hosts_file,
        "IdentityFile": server.key_file,
        "IdentitiesOnly": "yes",
        "BatchMode": "yes",
    }
    command = ["sftp", "-q", "-F", "none", "-P", str(server.port), "-b", "-"]
    for name, value in options.items():
        command += ["-o", f"{name}={value}"]
    begun = time.perf_counter()
    subprocess.run(
        [*command, f"{server.user}@{server.host}"],
        input=orders.encode(),
        stdout=subprocess.DEVNULL,
        check=True,
    )
    took = time.perf_counter() - begun
    (server.root / "inn/theirs.zip").unlink()
    return took


if __name__ == "__main__":
    main()

"""Stand-ins for the world outside, each a process that runs until it is stopped."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Stand-ins for the world outside.", no_args_is_help=True)


@app.command("altinn")
def altinn_stand_in(
    port: Annotated[int, typer.Option(help="0 chooses a free one.")] = 8080,
    token: Annotated[
        str, typer.Option(help='A token it accepts beside Maskinporten\'s; "" for none.')
    ] = "sandbox",  # noqa: S107
    client_key: Annotated[
        Path | None, typer.Option(help="A client's public key (PEM) for its Maskinporten.")
    ] = None,
    client_id: Annotated[str, typer.Option(help="That client's id.")] = "svarut",
    client_kid: Annotated[str, typer.Option(help="That key's kid.")] = "svarut",
    seed: Annotated[int, typer.Option(help="Another seed, other readers.")] = 1,
) -> None:
    """Be Altinn, Maskinporten and the contact register: docs/sandbox.md."""
    from flows.sandbox import altinn  # noqa: PLC0415

    clients = []
    if client_key is not None:
        pem = client_key.read_text(encoding="utf-8")
        clients = [{"client_id": client_id, "kid": client_kid, "public_key_pem": pem}]
    altinn.serve(port=port, token=token or None, clients=clients, seed=seed)


@app.command("vendor")
def vendor_stand_in(
    folder: Annotated[Path, typer.Argument(help="Where the vendor keeps its files.")],
    customer: Annotated[str, typer.Option(help="The customer it works for.")] = "SVAR",
    port: Annotated[int, typer.Option(help="SFTP; 0 chooses a free one.")] = 2222,
    control_port: Annotated[int, typer.Option(help="HTTP control; 0 chooses a free one.")] = 8081,
    every: Annotated[
        float, typer.Option(help="Work every so many seconds; 0 is only when told.")
    ] = 10,
) -> None:
    """Be a print vendor on this machine: SFTP, acknowledgements, receipts, errors on request."""
    from flows.sandbox import print_vendor  # noqa: PLC0415

    print_vendor.serve(
        folder,
        sftp_port=port,
        control_port=control_port,
        customer=customer,
        poll_seconds=every or None,
    )

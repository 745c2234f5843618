"""Certificates made for a test, with an end that it says."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def a_certificate(ends: datetime, host: str = "localhost") -> tuple[bytes, bytes]:
    """A certificate that vouches for itself, and its key; both PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1000)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    form = serialization.PrivateFormat.PKCS8
    return made.public_bytes(pem), key.private_bytes(pem, form, serialization.NoEncryption())


def certified_for_a_while(folder: Path) -> tuple[Path, Path]:
    """Files of a certificate and key of `localhost` that hold today, whenever that is."""
    certificate, key = a_certificate(datetime.now(UTC) + timedelta(days=30))
    (folder / "server.crt").write_bytes(certificate)
    (folder / "server.key").write_bytes(key)
    return folder / "server.crt", folder / "server.key"

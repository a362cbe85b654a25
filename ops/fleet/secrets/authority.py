"""The site's own authority: it signs a certificate for each host that keeps repositories, or has a standby."""

from __future__ import annotations

import hashlib
import ssl
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from ops.core import clock

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

AUTHORITY_AGE = timedelta(days=3_653)
SERVER_AGE = timedelta(days=731)
RENEW_BEFORE = timedelta(days=90)
CLOCKS_APART = timedelta(days=1)  # a machine whose clock is behind must not refuse a new certificate


@dataclass(frozen=True)
class Pair:
    """A certificate and its private key, both PEM."""

    certificate: str
    key: str


def make_authority(site: str) -> Pair:
    """Return a new authority for a site of this name."""
    from cryptography import x509

    key = _key()
    name = _name(f"Authority of {site}")
    usage = {"digital_signature", "content_commitment", "key_encipherment", "data_encipherment"}
    usage |= {"key_agreement", "encipher_only", "decipher_only"}
    signs_only = x509.KeyUsage(key_cert_sign=True, crl_sign=True, **dict.fromkeys(sorted(usage), False))
    builder = (
        _begin(name, name, key, AUTHORITY_AGE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(signs_only, critical=True)
    )
    return _sign(builder, key, key)


def make_server(host: str, authority: Pair, *, calls: bool = False) -> Pair:
    """Return a new certificate for a host under its inventory name, signed by the authority.

    calls: whether it also says who the host is where it signs in by it.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from cryptography.x509.oid import ExtendedKeyUsageOID

    issuer = x509.load_pem_x509_certificate(authority.certificate.encode())
    signer = load_pem_private_key(authority.key.encode(), password=None)
    identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    origin = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)
    further = [ExtendedKeyUsageOID.CLIENT_AUTH] if calls else []
    purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, *further])
    key = _key()
    builder = (
        _begin(_name(host), issuer.subject, key, SERVER_AGE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([_address(host)]), critical=False)
        .add_extension(purpose, critical=False)
        .add_extension(origin, critical=False)
    )
    return _sign(builder, key, signer)


def ends_soon(certificate: str) -> bool:
    """Whether a certificate must be renewed by now."""
    from cryptography import x509

    end = x509.load_pem_x509_certificate(certificate.encode()).not_valid_after_utc
    return end < clock.now() + RENEW_BEFORE


def fingerprint(certificate: str) -> str:
    """Return the SHA-256 of a certificate, hex."""
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate)).hexdigest()


def _key() -> EllipticCurvePrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1())


def _name(text: str) -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])


def _address(host: str) -> x509.GeneralName:
    import ipaddress

    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _begin(
    subject: x509.Name, issuer: x509.Name, key: EllipticCurvePrivateKey, age: timedelta
) -> x509.CertificateBuilder:
    from cryptography import x509

    now = clock.now()
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCKS_APART)
        .not_valid_after(now + age)
        .add_extension(identifier, critical=False)
    )


def _sign(builder: x509.CertificateBuilder, key: EllipticCurvePrivateKey, signer: object) -> Pair:
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise TypeError("the authority's key is not an elliptic-curve key")
    certificate = builder.sign(signer, hashes.SHA256())
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return Pair(certificate.public_bytes(serialization.Encoding.PEM).decode(), secret.decode())

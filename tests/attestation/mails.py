"""Mails signed with DKIM by a key of the tests' own."""

import base64

import dkim
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

_PRIVATE = generate_private_key(public_exponent=65537, key_size=2048)
_PEM = _PRIVATE.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
_PUBLIC = _PRIVATE.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
RECORD = f"v=DKIM1; k=rsa; p={base64.b64encode(_PUBLIC).decode()}"
"""The DNS TXT record of the key that signed."""
MAIL = (
    b"Message-ID: <42@studio.example>\r\n"
    b"Date: Tue, 03 Nov 2026 09:00:00 +0100\r\n"
    b"From: Jo Lee <jo@studio.example>\r\n"
    b"To: vfx@vendor.example\r\n"
    b"Subject: Re: sky\r\n"
    b"\r\n"
    b"APPROVED for the trailer.\r\n"
)


def signed(mail: bytes = MAIL, domain: bytes = b"studio.example", *, length: bool = False) -> bytes:
    """Return the mail with a DKIM signature."""
    return dkim.sign(mail, b"s2026", domain, _PEM, length=length) + mail

"""Read foreign mails, and check their DKIM signatures; runs in a worker, and alone meets dkimpy."""

import re
from datetime import UTC
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from email.utils import parseaddr, parsedate_to_datetime
from typing import Any, BinaryIO

import dkim

from provenance.isolation.interface import Json

_MAX_HEAD = 1 << 20
_MAX_TEXT = 998
_MOST_SIGNATURES = 16
_SHORTEST_KEY = 1024
_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,250}[A-Za-z0-9])?")
_SIGNATURE = "DKIM-Signature"


def read_mail(_arguments: dict[str, Any], files: list[BinaryIO]) -> Json:
    """Return what a mail says in its header, and which keys it says it was signed with."""
    head = files[0].read(_MAX_HEAD)
    message = BytesParser(policy=compat32).parsebytes(head, headersonly=True)
    senders = message.get_all("From", [])
    return {
        "message_id": _text(message, "Message-ID"),
        # With two senders nobody knows which of them a reader is shown.
        "sender": parseaddr(_text(message, "From"))[1][:_MAX_TEXT] if len(senders) == 1 else "",
        "sent_at": _sent_at(message),
        "signatures": [
            _signature(str(value)) for value in message.get_all(_SIGNATURE, [])[:_MOST_SIGNATURES]
        ],
    }


def check_dkim(arguments: dict[str, Any], files: list[BinaryIO]) -> Json:
    """Return whether the signature of this index is right by this DNS record (RFC 6376 §6.1)."""
    record = arguments["record"].encode("utf-8")
    wanted = arguments["name"].rstrip(".").lower()

    def answer(name: bytes, timeout: float = 0.0) -> bytes | None:
        del timeout
        return record if name.decode("ascii", "replace").rstrip(".").lower() == wanted else None

    try:
        checker = dkim.DKIM(files[0].read(), minkey=_SHORTEST_KEY)
        return bool(checker.verify(idx=arguments["index"], dnsfunc=answer))
    except (dkim.DKIMException, ValueError, KeyError, IndexError):
        return False


def _signature(value: str) -> Json:
    tags: dict[str, str] = {}
    for part in value.split(";"):
        name, equals, text = part.partition("=")
        if equals:
            tags.setdefault(name.strip(), "".join(text.split()))
    domain, selector = tags.get("d", ""), tags.get("s", "")
    is_named = bool(_NAME.fullmatch(domain) and _NAME.fullmatch(selector))
    return {
        "domain": domain.lower() if is_named else "",
        "selector": selector if is_named else "",
        # §8.2: with a length anybody could add to the end what the signer never saw.
        "covers": "part" if "l" in tags else "whole",
        "algorithm": tags.get("a", "")[:40].lower(),
    }


def _text(message: Message, name: str) -> str:
    value = " ".join(str(message.get(name, "")).split())
    return value.encode("utf-8", "replace").decode("utf-8")[:_MAX_TEXT]


def _sent_at(message: Message) -> str | None:
    try:
        moment = parsedate_to_datetime(_text(message, "Date"))
        aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
        return aware.astimezone(UTC).isoformat()
    except (ValueError, TypeError, OverflowError):
        return None

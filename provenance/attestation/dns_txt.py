"""Ask the Domain Name System for a TXT record: only where somebody said to go online."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dns.resolver import Resolver

_SECONDS = 10.0


def look_up_txt(name: str, resolver: "Resolver | None" = None) -> str | None:
    """Return the first TXT record of a name; None if it has none, or nobody answers."""
    from dns.exception import DNSException  # noqa: PLC0415  (slow to import, rarely needed)
    from dns.resolver import Resolver  # noqa: PLC0415  (as above)

    try:
        asked = resolver or Resolver()
        answer = asked.resolve(name, "TXT", lifetime=_SECONDS)
    except (DNSException, OSError, ValueError):
        return None
    texts = (b"".join(record.strings) for record in answer)
    return next((text.decode("utf-8", "replace") for text in texts), None)

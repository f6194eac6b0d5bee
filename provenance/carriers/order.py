"""The one list of carriers, in the order in which they are written.

Fields first, XMP next, C2PA last: a later write would break its hash.
"""

from provenance.carriers.c2pa import C2paCarrier
from provenance.carriers.interface import Carrier
from provenance.carriers.native import NativeCarrier
from provenance.carriers.signing_chain import SigningChain
from provenance.carriers.xmp import XmpCarrier
from provenance.isolation.interface import TaskRunner


def carriers_in_order(runner: TaskRunner, chain: SigningChain | None) -> tuple[Carrier, ...]:
    """Return every carrier in writing order; to add one, write its file and name it here.

    Without a signing chain the C2PA carrier reads and does not write.
    """
    return (NativeCarrier(runner), XmpCarrier(), C2paCarrier(runner, chain))

"""What people are told of, gathered: any number of notices makes one short message."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from provenance.daemon.settings import NoticeKind
from provenance.reports.printable import printable

_GROUPS = 10
"""Names, or sequences of them, that a message lists of each kind."""
_LONGEST = 200
"""Characters of a name or sentence that a message quotes."""
_NUMBER = re.compile(r"(?:\[\d[\d,-]*\]|\d+)(?=[^\d/]*$)")
"""The number of a frame, or the numbers of frames that are named together."""
_OBEYED = re.compile("[<>&@`|]")
"""Characters that chat services take for markup or for calling people."""
_WORDS: Mapping[NoticeKind, tuple[str, str]] = MappingProxyType(
    {
        NoticeKind.BLOCKED: ("blocked", "approve or remove; see `provenance quarantine list`"),
        NoticeKind.UNDECIDED: ("not decided", "a person has to look; see `provenance scan`"),
        NoticeKind.RETURNED: ("returned after approval", ""),
        NoticeKind.REVOKED: ("no longer approved", "take it out of the deliverables"),
        NoticeKind.DEGRADED: ("zone in trouble", "see `provenance status`"),
        NoticeKind.RECOVERED: ("zone well again", ""),
        NoticeKind.ERROR: ("failed", "see `provenance status`"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing that happened."""

    kind: NoticeKind
    """What kind of thing."""
    name: str
    """Path of the file or zone, below the production where it lies there."""
    detail: str = ""
    """Why, in a sentence; only the first of a group is quoted."""
    files: int = 1
    """How many it is about, by one name: the frames of a sequence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is sent."""

    title: str
    """One line."""
    body: str
    """Plain text."""


@dataclass(slots=True)
class _Group:
    """Files that differ in a frame number only."""

    first: str
    detail: str
    notices: int = 0
    count: int = 0


@dataclass(slots=True)
class _Kind:
    count: int = 0
    groups: dict[str, _Group] = field(default_factory=dict)


class Gathering:
    """Notices that wait for one message; it grows no further than the message is long."""

    def __init__(self) -> None:
        self.kinds: dict[NoticeKind, _Kind] = {}

    def __bool__(self) -> bool:
        return bool(self.kinds)

    def add(self, notice: Notice) -> None:
        """Take one more."""
        kind = self.kinds.setdefault(notice.kind, _Kind())
        kind.count += notice.files
        pattern = _NUMBER.sub("#", notice.name)
        if pattern not in kind.groups and len(kind.groups) >= _GROUPS:
            return
        group = kind.groups.setdefault(pattern, _Group(notice.name, notice.detail))
        group.notices += 1
        group.count += notice.files

    def absorb(self, later: "Gathering") -> None:
        """Take over what was gathered since."""
        for kind, told in later.kinds.items():
            mine = self.kinds.setdefault(kind, _Kind())
            mine.count += told.count
            for pattern, group in told.groups.items():
                if pattern in mine.groups:
                    mine.groups[pattern].notices += group.notices
                    mine.groups[pattern].count += group.count
                elif len(mine.groups) < _GROUPS:
                    mine.groups[pattern] = group

    def message(self, production: str) -> Message:
        """Return everything as one message."""
        order = [kind for kind in NoticeKind if kind in self.kinds]
        heads = ", ".join(f"{self.kinds[kind].count:,} {_WORDS[kind][0]}" for kind in order)
        lines = [line for kind in order for line in _lines(kind, self.kinds[kind])]
        return Message(title=f"{escaped(production)}: {heads}", body="\n".join(lines))


def escaped(text: str) -> str:
    """Return text that no terminal, mail or chat obeys."""
    shortened = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
    printed = _OBEYED.sub(lambda found: f"\\x{ord(found[0]):02x}", printable(shortened))
    return printed.encode("utf-8", "backslashreplace").decode()


def _lines(kind: NoticeKind, told: _Kind) -> list[str]:
    words, remedy = _WORDS[kind]
    lines = [f"{told.count:,} {words}{f' ({remedy})' if remedy else ''}:"]
    lines += [f"  {_shown(pattern, group)}" for pattern, group in told.groups.items()]
    more = told.count - sum(group.count for group in told.groups.values())
    return [*lines, f"  and {more:,} more"] if more else lines


def _shown(pattern: str, group: _Group) -> str:
    why = f" - {escaped(group.detail)}" if group.detail else ""
    name = escaped(group.first if group.notices == 1 else pattern)
    many = f" ({group.count:,} files)" if group.count > 1 else ""
    return f"{name}{many}{why}"


Report = Callable[[Notice], None]
"""Takes a notice; returns at once."""

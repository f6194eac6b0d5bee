"""What kills and editors do to tagging: `python -m tests.benchmarks.kills [--kills N] [--edits N]`.

Kills: a process that tags, tags beside or untags a file of some format ends itself with SIGKILL at
a fault point drawn at random, at a random passing of it. The file must then be byte for byte as it
was or wholly tagged, and start-up and one more run must end in one tag, no litter and a log that
verifies. Edits: an editor in another process saves the file while it is tagged; its work must be
there afterwards. Half of the edits are made with the moments around the exchange stretched. Exit
status 1 if a file was torn, an edit lost or anything not recovered from.
"""

import argparse
import contextlib
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from provenance.errors import ProvenanceError
from provenance.faults import FAULT_POINTS, arm
from provenance.writing import recover_writes
from tests.cli.running import Show
from tests.faults.crashing import (
    SAMPLES,
    Victim,
    find_litter,
    find_log_flaw,
    found,
    opened,
    put_victim,
    tagging,
)
from tests.faults.editing import EVERY_KIND, IN_PLACE, STRETCHED, race
from tests.faults.mounting import faulty
from tests.usecases.studio import BY_PERSON

_LONGEST_PASSING = 3
_SURVIVED, _NOT_REACHED = "survived", "point not passed"


def kill(template: Path, folder: Path, chance: random.Random) -> tuple[str, str]:
    """Kill one tagging and look at what it left; return where it was, and how that ended."""
    show = Show(Path(shutil.copytree(template, folder / "show")))
    try:
        fmt, point = chance.choice(list(SAMPLES)), chance.choice(FAULT_POINTS)
        passing = chance.randint(1, _LONGEST_PASSING)
        deed = chance.choice(("tag", "tag", "tag beside", "untag", "recover"))
        victim = put_victim(show, fmt)
        what = f"{deed} {fmt} {point}:{passing}"
        return what, _killed_and_judged(victim, deed, f"{point}:kill:{passing}")
    finally:
        shutil.rmtree(show.home)


def _killed_and_judged(victim: Victim, deed: str, faults: str) -> str:
    if deed == "tag beside":
        (victim.show.home / "link").hardlink_to(victim.path)
    if deed == "untag":
        _run(victim, deed="tag")
    if deed == "recover":
        _run(victim, "staging.before-look:kill")
    if not _run(victim, faults, deed=deed):
        return _NOT_REACHED
    return victim.find_harm() or victim.find_unrecovered() or _SURVIVED


def _run(victim: Victim, faults: str = "", *, deed: str = "tag") -> bool:
    """Do it in a process of its own; return whether that was killed."""
    child = os.fork()
    if not child:
        try:
            _do(victim, faults, deed)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def _do(victim: Victim, faults: str, deed: str) -> None:
    with contextlib.suppress(ProvenanceError), opened(victim.show) as production:
        arm(faults)
        if deed == "recover":
            recover_writes(production.leases)
        if deed == "untag":
            production.untagger.untag(victim.path)
        else:
            production.tagger.tag(victim.path, BY_PERSON)


def kills(template: Path, folder: Path, *, wanted: int, chance: random.Random) -> Counter[str]:
    """Kill so often; return how it ended how often, and say what did not end well."""
    ended: Counter[str] = Counter()
    while ended.total() - ended[_NOT_REACHED] < wanted:
        what, end = kill(template, folder, chance)
        ended[end] += 1
        if end not in (_SURVIVED, _NOT_REACHED):
            _say(f"{what}: {end}")
        if ended.total() % 500 == 0:
            _say(f"{ended[_SURVIVED]} kills survived so far")
    return ended


def edits(show: Show, folder: Path, *, trials: int, kinds: Sequence[str], seed: int) -> int:
    """Edit so often while it is tagged; print how that ended and return how many were lost."""
    ended: Counter[str] = Counter()
    with tagging(show) as tag:
        for faults in ("", STRETCHED):
            arm(faults)
            chance = random.Random(f"{seed}{faults}")  # noqa: S311  (to be had again)
            ended += race(folder, tag, trials=trials // 2, kinds=kinds, chance=chance)
    arm("")
    lost = sum(count for how, count in ended.items() if how.startswith("lost"))
    _say(f"  {', '.join(f'{count} {how}' for how, count in sorted(ended.items()))}")
    left = find_litter(show) or find_log_flaw(show)
    _say(f"{trials} edits: {lost} lost{f'; {left}' if left else ''}")
    return lost + bool(left)


def _edits_everywhere(template: Path, folder: Path, *, trials: int, seed: int) -> int:
    """Edit where names can be exchanged and where they cannot; return how many were lost."""
    show = Show(Path(shutil.copytree(template, folder / "edited")))
    _say("where names are exchanged:")
    lost = edits(show, show.home / "work/ep1", trials=trials, kinds=EVERY_KIND, seed=seed)
    _say("where they are not (FUSE), written in place:")
    try:
        with faulty(folder, show.home / "generated") as mounted:
            return lost + edits(
                show, mounted.path / "ep1", trials=trials, kinds=IN_PLACE, seed=seed
            )
    except pytest.skip.Exception as error:
        _say(f"  not tried: {error}")
        return lost


def main(argv: Sequence[str]) -> int:
    """Kill and edit, and print what survived."""
    arguments = _parsed(argv)
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().getrandbits(32)
    _say(f"--kills {arguments.kills} --edits {arguments.edits} --seed {seed}")
    with tempfile.TemporaryDirectory(dir=arguments.dir, prefix="provenance-kills-") as directory:
        folder = Path(directory)
        with contextlib.redirect_stdout(None):
            template = found(folder / "template")
        began = time.monotonic()
        chance = random.Random(seed)  # noqa: S311  (chance, to be had again)
        ended = kills(template, folder, wanted=arguments.kills, chance=chance)
        survived = ended.pop(_SURVIVED, 0)
        del ended[_NOT_REACHED]
        _say(f"{survived} kills survived, {ended.total()} not; {time.monotonic() - began:.0f} s")
        lost = _edits_everywhere(template, folder, trials=arguments.edits, seed=seed)
    return 1 if ended or lost else 0


def _parsed(argv: Sequence[str]) -> argparse.Namespace:
    memory = "/dev/shm"  # noqa: S108  (beneath it a folder of ours alone is made)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=2_000)
    parser.add_argument("--edits", type=int, default=10_000)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--dir", default=memory if os.access(memory, os.W_OK) else None)
    return parser.parse_args(argv)


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201  (a program)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Run a program and print what it cost: `python launch.py WORD...`; it imports next to nothing.

The system counts the memory of whoever starts a program as the program's own, until it is running.
So the peak of a small program can only be told by a starter that is smaller still.
"""

import json
import os
import subprocess
import sys
import time


def launch(words: list[str]) -> dict[str, float]:
    """Run a program, its output thrown away; return its exit status and its cost."""
    begun = time.perf_counter()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    return {
        "code": process.returncode,
        "wall": wall,
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak": usage.ru_maxrss << 10,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(launch(sys.argv[1:])))

"""Print for what a native source is blind, as JSON; run where the kernel grants few watches."""

import json
import sys
from pathlib import Path

from watchers.native import NativeSource


def main(root: Path) -> None:
    source = NativeSource((root,))
    source.start()
    start = {str(path): why for path, why in source.blind.items()}
    source.compare(1000)
    source.compare(1000)
    after = {str(path): why for path, why in source.blind.items()}
    source.stop()
    sys.stdout.write(json.dumps([start, after]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

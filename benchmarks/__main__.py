"""`make bench`: run every benchmark, or those named on the command line."""

from __future__ import annotations

import importlib
import sys

BENCHMARKS = ("start_up", "simulator", "report", "coverage", "models", "weblog", "archive")


def main(names: list[str]) -> int:
    """Run benchmarks by name; 2 when one does not exist."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"no benchmark '{unknown[0]}'; there are {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    for name in names or BENCHMARKS:
        module = importlib.import_module(f"benchmarks.{name}")
        print(f"\n{(module.__doc__ or name).splitlines()[0]}")
        module.run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""All benchmarks, or those named: each prints a table of ratios.

    python benchmarks/run.py [gradients] [kernels] [autograd] [dispatch] [imports] [generation]

One BLAS thread is used, and what is compared is run side by side, taking turns.
"""

from __future__ import annotations

import os
import sys

for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ[_variable] = "1"  # before numpy is imported

import against_autograd  # noqa: E402
import dispatch  # noqa: E402
import generation  # noqa: E402
import gradients  # noqa: E402
import import_time  # noqa: E402
import kernel_table  # noqa: E402

TOPICS = {
    "gradients": gradients.run,
    "kernels": kernel_table.run,
    "autograd": against_autograd.run,
    "dispatch": dispatch.run,
    "imports": import_time.run,
    "generation": generation.run,
}


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in TOPICS]
    if unknown:
        print(f"no benchmark named {', '.join(unknown)}; there are {', '.join(TOPICS)}", file=sys.stderr)
        return 2
    for name in names or TOPICS:
        TOPICS[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

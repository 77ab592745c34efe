"""chances: the choices of chance in a test, how long it goes on, and what it measured. `make fault` sets the long form."""

import os
import random
import sys

# The same seed makes the same choices; what the machine does in between is its own.
SEED = int(os.environ.get("DUBPLATE_TEST_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 32)


def number(name, fallback):
    """How long a test is: DUBPLATE_TEST_<name>."""
    return int(os.environ.get(f"DUBPLATE_TEST_{name}", fallback))


def chance():
    print(f"seed {SEED}: DUBPLATE_TEST_SEED={SEED} repeats the choices", file=sys.stderr)
    return random.Random(SEED)


def figures(case, text):
    """What was measured; `make fault` keeps it in a file."""
    line = f"{case.id().split('.', 1)[-1]}: {text}"
    print(line, file=sys.stderr)
    if os.environ.get("DUBPLATE_TEST_FIGURES"):
        with open(os.environ["DUBPLATE_TEST_FIGURES"], "a", encoding="utf-8") as out:
            out.write(line + "\n")

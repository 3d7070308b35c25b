"""Measures the domain beside what others offer and beside what is promised; ends with 1 where a promise is missed."""

from __future__ import annotations

import sys
from itertools import chain

from tests.benchmarks import judging, matrix, ordering, solving


def main() -> int:
    missed = 0
    sections = (
        solving.beside_solvers,
        solving.adversarial,
        judging.plans,
        ordering.phases,
        ordering.sorting,
        matrix.pages,
    )
    for line in chain.from_iterable(section() for section in sections):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
        missed += line.is_missed
    sys.stdout.write(f"{missed} missed\n" if missed else "every promise was kept\n")
    return 1 if missed else 0


sys.exit(main())

"""Fuzzes the readers of invoices: `python -m tests.fuzz.invoices -max_total_time=600`.

It begins from the corpus beside it, and puts what it finds new into `var/fuzz/invoices`; of that,
what made a difference once belongs into the corpus. Other words are libFuzzer's own.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

CORPUS = Path(__file__).parent / "corpus" / "invoices"
FOUND = Path("var/fuzz/invoices")

with atheris.instrument_imports(include=["integrations", "domain"]):
    from tests.fuzz.invoices_promises import hold


def main() -> None:
    FOUND.mkdir(parents=True, exist_ok=True)
    folders = [str(FOUND), str(CORPUS)]
    words = [sys.argv[0], "-timeout=10", "-max_len=8192", f"-artifact_prefix={FOUND}/"]
    atheris.Setup([*words, *sys.argv[1:], *folders], hold)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

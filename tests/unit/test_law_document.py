"""docs/law.md says what the code does."""

from domain.law import PROVISIONS, Topic
from tests.law_tables import DOCUMENT, written_anew


def test_the_tables_are_those_of_the_code() -> None:
    document = DOCUMENT.read_text(encoding="utf-8")
    assert document == written_anew(document), "run python -m tests.law_tables"


def test_every_judgement_has_its_row() -> None:
    assert {row.topic for row in PROVISIONS} == set(Topic)
    for row in PROVISIONS:
        assert "§" in row.section or "KKV/" in row.section
        assert row.sentence.endswith(".")
        assert row.in_force_to is None or row.in_force_from <= row.in_force_to

"""Two texts of one rule, clause by clause: what stayed, changed, moved, came and went."""

from ingest.comparing.alignment import CHANGES, Change, ClausePair, Comparison, compare
from ingest.comparing.clauses import Clause, cut_clauses

__all__ = ["CHANGES", "Change", "Clause", "ClausePair", "Comparison", "compare", "cut_clauses"]

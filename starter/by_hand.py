"""Asking an invoice's workflow for something, and hearing what came of it."""

from activities.asking import PATIENCE, FinishedError, NoAnswerError, ask

__all__ = ["PATIENCE", "FinishedError", "NoAnswerError", "ask"]

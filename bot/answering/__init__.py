"""Answers: composed from evidence, verified, and never rendered here."""

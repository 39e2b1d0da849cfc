"""Answers: pointed at in the evidence, composed of it, and never rendered here."""

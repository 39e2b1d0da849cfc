"""Answers and documents as text for people and programs: pure functions, one module a form."""

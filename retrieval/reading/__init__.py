"""Reading: which units of the passages answer a question, and whether any does."""

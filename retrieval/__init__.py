"""A question and a corpus version in, ranked evidence out."""

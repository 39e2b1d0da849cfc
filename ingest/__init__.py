"""Raw files in, one new corpus version out."""

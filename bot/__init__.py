"""Answers, conversation and channels: everything that speaks to people."""

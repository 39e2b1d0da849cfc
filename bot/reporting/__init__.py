"""The maintainer's report: what the corpus holds, what was done to it, and how well it answers.

``content`` is what a report says, ``collecting`` reads it from the data folder, and ``bot.rendering.page``
makes one HTML file of it.
"""

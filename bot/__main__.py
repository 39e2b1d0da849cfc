"""``python -m bot``: the same as ``dangwu``."""

from bot.cli import main

if __name__ == "__main__":
    main()

"""The Telegram channel: wiring, handlers, gate, limits and delivery; no knowledge of documents."""

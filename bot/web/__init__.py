"""The page and the doors for other programs: a channel over the ``Assistant``, in one ASGI application."""

"""Quicker cold starts: while the app is being imported, no garbage is collected.

What importing makes stays, and the collector would go through all of it again and again, which takes a tenth of the
time. `app.py` imports this module before everything of ours and calls `end` last.
"""

import gc

gc.disable()


def end() -> None:
    """Collect garbage from here on, but never look at what there is already."""
    gc.freeze()
    gc.enable()

"""Waits for what happens soon, behind the back of whoever asked for it."""

import time
from collections.abc import Callable


def soon(is_so: Callable[[], bool], *, seconds: float = 20) -> bool:
    """Tell whether ``is_so`` comes true before ``seconds`` have passed."""
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True

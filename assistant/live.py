"""The assistant that answers now: a new index is loaded beside it, then takes its place at once."""

import logging
import threading

from assistant.errors import AssistantError, IndexUnavailable
from assistant.index.keeping import GenerationStore, open_store
from assistant.pipeline import Assistant, Resources, load_assistant
from assistant.recalling import AnswerMemory
from assistant.settings import AnswerSettings, Settings

_log = logging.getLogger(__name__)


class LiveAssistant:
    """Calling it returns the assistant that answers now; whoever got one keeps it to the end.

    So every answer is of one generation, and no question waits for an index to be loaded.
    """

    def __init__(
        self, settings: Settings, *, every_s: float = 1.0, kept: GenerationStore | None = None
    ) -> None:
        self._settings = settings
        self._every_s = every_s
        self._resources = Resources.load(settings)
        self._memory = _memory(settings.answer)
        self._kept = kept or open_store(settings.index)
        self._state = self._kept.state()
        self._now = self._load()
        self._is_away = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="index", daemon=True)

    def __call__(self) -> Assistant:
        """Return the assistant that answers now."""
        return self._now

    def start(self) -> None:
        """Look for a new generation now and then."""
        self._thread.start()

    def close(self) -> None:
        """Stop looking, and let go of where the index is kept."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._kept.close()

    def refresh(self) -> None:
        """Load the current generation if it is another one; a failure is logged and changes nothing."""
        try:
            state = self._kept.state()
            if state != self._state:
                self._take_up(state)
        except IndexUnavailable as error:  # tried again the next time, told once
            log = _log.debug if self._is_away else _log.error
            log("the index cannot be looked at, generation %s stays: %s", self._now.generation, error)
            self._is_away = True
        else:
            self._is_away = False

    def _take_up(self, state: str) -> None:
        try:
            fresh = self._load()
        except IndexUnavailable:
            raise
        except AssistantError as error:
            _log.error("the new index cannot be served, generation %s stays: %s", self._now.generation, error)
            self._state = state  # one that does not load is not tried again until it is replaced
            return
        self._state = state
        if fresh.generation != self._now.generation:
            _log.info("generation %s answers now, after %s", fresh.generation, self._now.generation)
            self._now = fresh

    def _load(self) -> Assistant:
        assistant = load_assistant(self._settings, resources=self._resources, kept=self._kept, memory=self._memory)
        assistant.warm_up()
        return assistant

    def _watch(self) -> None:
        while not self._stopping.wait(self._every_s):
            self.refresh()


def _memory(chosen: AnswerSettings) -> AnswerMemory | None:
    if not chosen.cache_entries:
        return None
    return AnswerMemory(most=chosen.cache_entries, most_bytes=int(chosen.cache_mb * 2**20))

"""Every error the assistant raises on purpose.

AssistantError                 the base: one sentence that says what, where and what to do
├── SettingsError              a key, value or path of the configuration is wrong
├── CorpusError                the corpus is missing, empty or unreadable as a whole
├── ReadError                  one document could not be read (the build skips it and goes on)
│   └── NotPublished           its front matter says that visitors do not see it
├── IndexMissing               there is no index yet
├── IndexDamaged               the index on disk is incomplete, altered or of another make
├── IndexBusy                  another build is writing the index
├── IndexUnavailable           the database that keeps the index cannot be reached or asked
├── ModelError                 the embedding model is missing or does not load
├── OptionalPackageMissing     a setting needs a package that is not installed
├── LanguageModelFailed        the language model's words cannot be had or kept; the extractive answer is given
├── JournalError               the journal of questions and feedback cannot be opened, read or written
├── ServerRefused              a server of this project refused a request, or is not there
└── QuestionError              the question or its options cannot be used
"""


class AssistantError(Exception):
    """Base class; ``str(error)`` is one sentence for the person who can act on it."""


class SettingsError(AssistantError):
    """A configuration key, value or path is wrong."""


class CorpusError(AssistantError):
    """The corpus as a whole is missing, empty or unreadable."""


class ReadError(AssistantError):
    """One document could not be read."""


class NotPublished(ReadError):
    """One document is a draft, dated in the future or expired."""


class IndexMissing(AssistantError):
    """No index generation exists where the settings point."""


class IndexDamaged(AssistantError):
    """An index generation is incomplete, altered, or made by other settings."""


class IndexBusy(AssistantError):
    """Another build is writing the index."""


class IndexUnavailable(AssistantError):
    """The database that keeps the index is away, refuses, or is held by another process."""


class ModelError(AssistantError):
    """The embedding model is missing or does not load."""


class OptionalPackageMissing(AssistantError):
    """A setting needs an optional package; the message carries the pip line."""


class LanguageModelFailed(AssistantError):
    """A language model gave no usable reply; never told to a visitor, who gets the extractive answer.

    ``reason`` is one word: timeout, unreachable, refused, overloaded, status, malformed, broken,
    exhausted (a budget), unsupported, unreliable, incomplete, too-long.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"The language model's reply cannot be used ({reason}); the extractive answer is given.")
        self.reason = reason


class QuestionError(AssistantError):
    """The question or one of its options cannot be used."""


class JournalError(AssistantError):
    """The journal's database cannot be opened, read or written."""


class ServerRefused(AssistantError):
    """A server refused a request of ``assistant.client`` or cannot be reached.

    ``code`` is the API's error code, or "unreachable"; ``retry_after_s`` is 0 where the server
    names no time.
    """

    def __init__(self, message: str, *, code: str, retry_after_s: float = 0) -> None:
        super().__init__(message)
        self.code = code
        self.retry_after_s = retry_after_s

"""What visitors asked, how it was answered and what they thought of it, kept in SQL."""

from assistant.journal.journal import Journal
from assistant.journal.masking import is_masked, masked
from assistant.journal.nouns import Feedback

__all__ = ["Feedback", "Journal", "is_masked", "masked"]

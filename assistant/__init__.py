"""Lab Assistant: exact, cited answers about a research lab from the lab's own documents."""

__version__ = "0.1.0"

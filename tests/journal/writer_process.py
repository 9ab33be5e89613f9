"""Run as a program: opens a journal and asks a number of questions, as one server of several would."""

import sys

from serving import FakeAssistant

from assistant.journal import Feedback, Journal


def main(url: str, name: str, count: int) -> None:
    """Write ``count`` questions and as many judgements; exit 1 where something was lost."""
    journal = Journal.open(url)
    assistant = FakeAssistant()
    for number in range(count):
        answer = assistant.ask(f"{name}-{number}")
        journal.asked(answer, answer_id=f"{name}{number:08d}", generation="g", took_ms=1.5)
        journal.judged(Feedback(f"{name}{number:08d}", number % 2 == 0, "", ""))
    journal.close()
    sys.exit(journal.lost > 0)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))

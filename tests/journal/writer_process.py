"""Run as a program: opens a journal and asks a number of questions, as one server of several would."""

import sys

from assistant.journal import Feedback, Journal
from assistant.schema import Answer, Citation, Place, Question

PLACE = Place("doc/team/hpc.md", "高性能计算", ("成员",), "id2", 3, 0, 9, "", "published")
CITATIONS = (Citation(1, "p1", "孙鹏负责联合培养。", PLACE),)


def main(url: str, name: str, count: int) -> None:
    """Write ``count`` questions and as many judgements; exit 1 where something was lost."""
    journal = Journal.open(url)
    for number in range(count):
        question = Question(f"{name}-{number}", (), "en")
        answer = Answer(question, True, "fact", "…", (), CITATIONS, (), 0.9, "extractive")
        journal.asked(answer, answer_id=f"{name}{number:08d}", generation="g", took_ms=1.5)
        journal.judged(Feedback(f"{name}{number:08d}", number % 2 == 0, "", ""))
    journal.close()
    sys.exit(journal.lost > 0)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))

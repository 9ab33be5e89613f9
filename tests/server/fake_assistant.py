"""A small assistant with fixed answers, for what is tested of the server alone."""

from collections.abc import Sequence
from dataclasses import replace

from assistant.errors import QuestionError
from assistant.schema import Answer, Citation, Field, Item, Language, Passage, Place, Question

TEXT = "成员\n\n孙鹏负责联合培养。联系邮箱 sunpeng@pjlab.org.cn。\n\n实验室在上海。"
_START = TEXT.index("孙鹏")
QUOTE = "孙鹏负责联合培养。"
PLACE = Place(
    source="doc/team/hpc.md", title="高性能计算", heading_path=("高性能计算", "成员"), anchor="id2", line=3,
    start=_START, end=_START + len(QUOTE), url="https://lab.example/doc/team/hpc.html#id2", status="published",
)  # fmt: skip
PASSAGE = Passage("p1", QUOTE, "高性能计算 成员", "text", "zh", "", (PLACE,))


class FakeAssistant:
    """Answers "papers" with a list, "boom" with a failure, "nothing" with an abstention."""

    generation = "g-test"
    passage_count = 7

    def __init__(self) -> None:
        self.asked: list[tuple[str, tuple[str, ...], str]] = []

    def ask(self, question: str, *, history: Sequence[str] = (), language: str = "auto") -> Answer:
        self.asked.append((question, tuple(history), language))
        if "boom" in question:
            raise RuntimeError("secret detail")
        if "refuse" in question:
            raise QuestionError("question: cannot be used; ask another.")
        spoken: Language = "zh" if language == "zh" or not question.isascii() else "en"
        answer = Answer(
            Question(question, tuple(history), spoken), True, "fact", f"{QUOTE} [1]\n第二行。", (),
            (Citation(1, "p1", QUOTE, PLACE),), ("有哪些论文？",), 0.9312, "extractive",
        )  # fmt: skip
        if "papers" in question:
            rows = (Item((Field("论文", "Fisheye-GS"), Field("会议/期刊", "ECCV")), 1),)
            return replace(answer, kind="list", items=rows)
        if "nothing" in question:
            return replace(answer, answered=False, text="The documents do not say it.", confidence=0.1)
        return answer

    def examples(self, language: Language) -> tuple[str, ...]:
        return ("有哪些论文？",) if language == "zh" else ("What papers are there?",)

    def passage(self, passage_id: str) -> Passage | None:
        return PASSAGE if passage_id == "p1" else None

    def document_text(self, source: str) -> str | None:
        return TEXT if source == PLACE.source else None

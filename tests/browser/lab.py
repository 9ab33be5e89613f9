"""A lab that exists only for the browser: answers of every shape a visitor may meet."""

import time
from collections.abc import Sequence

from serving import FakeAssistant

from assistant.schema import Answer, Citation, Field, Item, Language, Passage, Place, Question

SITE = "https://lab.example"
XSS = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'

PAPERS = (
    ("ECCV workshop 2024", "Fisheye-GS: Lightweight and Extensible Gaussian Splatting Module for Fisheye Cameras"),
    ("ECCV workshop", "PackMamba: Efficient Processing of Variable-Length Sequences in Mamba Training"),
    ("COLM 2024", "SKVQ: Sliding-window Key and Value Cache Quantization for Large Language Models"),
    ("SC 2024", "Achieving Energetic Superiority Through System-Level Circuit Simulation"),
    ("DAC 2024", "A Holistic Functionalization Approach to Optimizing Imperative Tensor Programs"),
)
JOINT = (
    "网络与分布式系统研究组（NDS）与上海交通大学、复旦大学联合培养博士生，方向是大规模 AI 训练系统的性能与能耗优化。"
    "研究组提供充足的算力和生活补助，简历请发给导师孙鹏。"
)
MAIL = "联系邮箱：sunpeng@pjlab.org.cn，来信请附上个人主页 https://example.org/~me。"
PAGE = f"联合培养\n\n{JOINT}\n\n{MAIL}\n\n2025 年的名额已满。"


def place(source: str, title: str, *path: str, line: int, url: str = "", start: int = 0, end: int = 0) -> Place:
    return Place(source, title, (title, *path), "id2", line, start, end, url, "published")


def papers(question: Question, chosen: Sequence[tuple[str, str]]) -> Answer:
    zh = question.language == "zh"
    names = ("会议/期刊", "论文")
    items, citations = [], []
    for number, row in enumerate(chosen, start=1):
        where = place("index.rst", "DeepLink 研究组", "近期论文", line=68 + number, url=f"{SITE}/index.html#id4")
        citations.append(Citation(number, f"row{number}", "\t".join(row), where))
        items.append(Item(tuple(map(Field, names, row)), number))
    titles = ("；" if zh else "; ").join(row[1] for row in chosen)
    text = f"共 {len(chosen)} 条：{titles}" if zh else f"{len(chosen)} found: {titles}"
    more = ("SKVQ 这篇论文讲什么？", "有哪些团队？") if zh else ("What is SKVQ?", "Which teams are there?")
    return Answer(question, True, "list", text, tuple(items), tuple(citations), more, 0.95, "extractive")


def joint_training(question: Question) -> Answer:
    where = place("index.rst", "DeepLink 研究组", "联合培养", line=41, url=f"{SITE}/index.html#id3")
    quoted = JOINT if question.language == "zh" else f"The documents say: “{JOINT}”"
    citations = (
        Citation(1, "joint", JOINT, where),
        Citation(2, "mail", MAIL, place("doc/team/hpc.md", "高性能计算", line=7)),
    )
    more = ("2025 年还招人吗？",) if question.language == "zh" else ("Are places left in 2025?",)
    return Answer(question, True, "contact", f"{quoted}\n{MAIL}", (), citations, more, 0.9, "extractive")


def one_person(question: Question) -> Answer:
    fields = (
        Field("姓名", "孙鹏"),
        Field("职务", "导师"),
        Field("邮箱", "sunpeng@pjlab.org.cn"),
        Field("方向", "大规模 AI 训练系统"),
    )
    row = "\t".join(field.value for field in fields)
    cited = (Citation(1, "row1", row, place("doc/team/hpc.md", "高性能计算", "成员", line=12)),)
    text = "，".join(f"{field.name}：{field.value}" for field in fields)
    return Answer(question, True, "person", text, (Item(fields, 1),), cited, (), 0.9, "extractive")


def nothing(question: Question) -> Answer:
    near = (
        Citation(
            1, "joint", JOINT, place("index.rst", "DeepLink 研究组", "联合培养", line=41, url=f"{SITE}/index.html#id3")
        ),
        Citation(2, "row1", "Triton 团队关注算子融合。", place("doc/team/triton.md", "Triton", line=3)),
    )
    zh = "文档里没有提到“食堂”。最接近的页面：“DeepLink 研究组”、“Triton”。可以联系 sunpeng@pjlab.org.cn 询问。"
    en = (
        "The documents say nothing about “parking”. The nearest pages are: “DeepLink 研究组”, “Triton”. "
        "You can ask at sunpeng@pjlab.org.cn."
    )
    text = zh if question.language == "zh" else en
    return Answer(question, False, "fact", text, (), near, (), 0.1, "extractive")


def hostile(question: Question) -> Answer:
    where = Place(XSS, XSS, (XSS, f"{XSS}2"), "", 1, 0, 3, "javascript:window.hacked=1", "published")
    cited = (Citation(1, XSS, XSS, where), Citation(2, "joint", f"{XSS}{XSS}", where))
    text = f"{XSS}\n- [x](javascript:window.hacked=1) javascript:alert(1) {XSS}"
    row = Item((Field(XSS, f"{XSS} data:text/html,<script>window.hacked=1</script>"),), 1)
    return Answer(question, True, "fact", text, (row,), cited, (XSS,), 0.9, "extractive")


class BrowserAssistant(FakeAssistant):
    """Chooses an answer by a word of the question."""

    def ask(self, question: str, *, history: Sequence[str] = (), language: str = "auto", **ignored: object) -> Answer:
        self.asked.append((question, tuple(history), language))
        spoken: Language = "en" if question.isascii() else "zh"
        asked = Question(question, tuple(history), spoken)
        if "slow" in question:
            time.sleep(4)
        if "boom" in question:
            raise RuntimeError("secret detail")
        if "xss" in question or "<" in question:
            return hostile(asked)
        if "ECCV" in question:
            return papers(asked, PAPERS[:2])
        if "论文" in question or "papers" in question:
            return papers(asked, PAPERS)
        if "孙鹏" in question:
            return one_person(asked)
        if "食堂" in question or "parking" in question:
            return nothing(asked)
        return joint_training(asked)

    def examples(self, language: Language) -> tuple[str, ...]:
        if language == "zh":
            return ("ECCV 上有哪些论文？", "联合培养怎么申请？", "孙鹏的联系方式是什么？", "有哪些团队？")
        return (
            "What papers were at ECCV?",
            "How does the joint PhD work?",
            "Which teams are there?",
            "Who leads the group?",
        )

    def passage(self, passage_id: str) -> Passage | None:
        if passage_id not in ("joint", "mail"):
            return None
        text = JOINT if passage_id == "joint" else MAIL
        start = PAGE.index(text)
        where = place("index.rst", "DeepLink 研究组", "联合培养", line=41, start=start, end=start + len(text))
        return Passage(passage_id, text, "", "text", "zh", "", (where,))

    def document_text(self, source: str) -> str | None:
        return PAGE

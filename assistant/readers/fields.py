"""Names for the pieces of a person, a paper or a news item that a page sets out by its looks."""

import functools
import re

from assistant.readers.grid import Grid
from assistant.schema import Language
from assistant.text import detect_language

# Class names and labels of many lab sites, as the one word that a visitor would use.
_HINTS: tuple[tuple[str, str], ...] = (
    ("authors", r"authors?|creators?|writers?"),
    ("email", r"e?-?mail"),
    ("phone", r"phone|tel|telephone|mobile"),
    ("address", r"address|location|place|where"),
    ("office", r"office|room"),
    ("year", r"year"),
    ("date", r"date|time|datetime|published|when|day|posted"),
    ("venue", r"venue|journal|conference|conf|booktitle|publisher|periodical|proceedings|abbr"),
    ("affiliation", r"affiliation|organi[sz]ation|institution|institute|university|company|dept"),
    ("role", r"role|position|job|rank|occupation|identity|degree|status|designation|subtitle"),
    ("interests", r"interests?|areas?|fields?|topics?|directions?|research"),
    ("award", r"awards?|honou?rs?"),
    ("description", r"desc|description|abstract|summary|bio|biography|intro|introduction|excerpt"),
    ("tags", r"tags?|categor(?:y|ies)|keywords?|labels?"),
    ("name", r"name|fullname|person"),
    ("title", r"title|heading|headline|header|caption"),
)
_HINT_PATTERNS = tuple((name, re.compile(rf"^(?:{pattern})$")) for name, pattern in _HINTS)
_CHINESE = {
    "authors": "作者",
    "email": "邮箱",
    "phone": "电话",
    "address": "地址",
    "office": "办公室",
    "year": "年份",
    "date": "日期",
    "venue": "会议/期刊",
    "affiliation": "单位",
    "role": "职务",
    "interests": "研究方向",
    "award": "奖项",
    "description": "简介",
    "tags": "标签",
    "name": "姓名",
    "title": "标题",
    "text": "内容",
    "cohort": "年级",
    "group": "类别",
    "aliases": "别名",
    "links": "链接",
    "publisher": "会议/期刊",
    "location": "地点",
    "citation": "引用",
    "excerpt": "摘要",
    "collection": "栏目",
}
# Labels that announce a value wherever they stand; others count where several cards share them.
_LABELS = re.compile(
    r"^(?:作者|姓名|职称|职务|职位|邮箱|电子邮[箱件]|电话|手机|传真|办公室|办公地点|地址|通讯地址|邮编|单位|学校|学院"
    r"|研究方向|研究兴趣|研究领域|方向|期刊|会议|期刊或会议|发表于|论文|题目|标题|论文题目|年份|时间|日期|地点|主题|主讲人?"
    r"|报告人|嘉宾|主持人|简介|学历|学位|专业|年级|入学年份|毕业时间|毕业去向|去向|导师|关键词|摘要|主页|个人主页|联系人"
    r"|联系方式|负责人|项目名称|项目来源|起止时间|经费|e-?mail|phone|tel|telephone|fax|office|room|address|affiliation"
    r"|research interests?|interests?|research areas?|advisors?|supervisors?|authors?|title|venue|journal|conference"
    r"|year|date|time|location|place|speaker|topic|abstract|keywords?|position|degree|education|thesis|website"
    r"|homepage|contact|sponsor|funding|period|status|deadline)$",
    re.I,
)
_ROLE = re.compile(
    r"(?:教授|副教授|讲师|研究员|副研究员|助理研究员|工程师|博士后|博士生|硕士生|本科生|研究生|院士|博导"
    r"|硕导|导师|主任|助理|毕业生)|\b(?:professor|lecturer|researcher|scientist|engineer|postdoc\w*"
    r"|ph\.?\s?d|doctoral|master'?s?|m\.?sc|m\.?phil|undergraduate|intern|student|fellow|director"
    r"|alumn\w+|assistant|visiting|principal investigator|co-?pi|pi|leader|head|chair|manager|secretary"
    r"|coordinator|technician|advisor|supervisor)\b",
    re.I,
)
_COHORT = re.compile(r"^\d{4}\s*级")
_DATE = re.compile(r"^\(?\s*(?:19|20)\d{2}\s*(?:[-./年]\s*\d{1,2}(?:\s*[-./月]\s*\d{1,2}\s*日?|\s*月)?)?\s*\)?$")
_EMAIL = re.compile(r"^\S+@\S+\.\S+$")
_LABELLED = re.compile(r"^([^:：\d@/()（）。，,]{1,24})\s*[:：]\s*(.+)$", re.S)
_PEOPLE = re.compile(
    r"成员|人员|团队|队伍|教师|老师|导师|教授|博士|硕士|本科|研究生|学生|毕业|校友|负责人|工程师|实习"
    r"|\b(?:people|members?|team|faculty|staff|students?|alumni|postdocs?|ph\.?d|masters?"
    r"|undergraduates?|interns?|visitors?|collaborators?|investigators?|professors?|researchers?)\b",
    re.I,
)
_PAPERS = re.compile(r"论文|发表|成果|专利|著作|\b(?:publications?|papers?|articles?|preprints?)\b", re.I)


def hinted(names: list[str]) -> str:
    """Return the field that class names speak of, "" where they do not: ``member-name`` → name."""
    return next(filter(None, map(_hinted_by, names)), "")


@functools.lru_cache(maxsize=8192)
def _hinted_by(name: str) -> str:
    for word in reversed([word for word in re.split(r"[-_]+", name) if word]):
        for field, pattern in _HINT_PATTERNS:
            if pattern.match(word):
                return field
    return ""


def is_known_label(label: str) -> bool:
    """Return whether a label announces a value wherever it stands."""
    return bool(_LABELS.match(label))


def labelled(text: str) -> tuple[str, str]:
    """Return (label, value) of a text such as ``作者: 张三``; ("", text) where it has no label."""
    match = _LABELLED.match(text)
    if not match or match.group(2).startswith("//") or len(match.group(1).split()) > 3:
        return "", text
    return match.group(1).strip(), match.group(2).strip()


def guessed(text: str) -> str:
    """Return the field that a text's own shape tells: an address, a date, a rank; else ""."""
    if _EMAIL.match(text):
        return "email"
    if _COHORT.match(text):
        return "cohort"
    if _DATE.match(text):
        return "year" if re.fullmatch(r"\D*\d{4}\D*", text) else "date"
    if len(text) <= 40 and _ROLE.search(text):
        return "role"
    return ""


def is_about_people(heading: str) -> bool:
    """Return whether a heading announces people."""
    return bool(_PEOPLE.search(heading)) and len(heading) <= 40


def is_about_papers(heading: str) -> bool:
    """Return whether a heading announces publications."""
    return bool(_PAPERS.search(heading)) and len(heading) <= 40


def grid_of(records: list[tuple[dict[str, str], int]], *, name: str, line: int) -> Grid:
    """Return records of named texts as one table, its columns in the language of the texts."""
    columns = list(dict.fromkeys(field for record, _ in records for field in record))
    columns.sort(key=lambda field: field not in ("name", "title"))
    language = detect_language(" ".join(text for record, _ in records for text in record.values()))
    rows = tuple((tuple(record.get(column, "") for column in columns), row_line) for record, row_line in records)
    return Grid(name, tuple(column_name(column, language) for column in columns), rows, line)


def column_name(field: str, language: Language) -> str:
    """Return a field's name as readers of the language call it."""
    if language == "zh":
        return _CHINESE.get(field, field)
    return "year of entry" if field == "cohort" else field


def field_of(column: str) -> str:
    """Return the field that ``column_name`` calls so, or the name itself."""
    english = {shown: field for field, shown in reversed(_CHINESE.items())}
    return "cohort" if column == "year of entry" else english.get(column, column)

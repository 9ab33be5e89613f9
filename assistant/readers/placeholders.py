"""Recognises pages that hold nothing yet but a promise of content."""

import re

from assistant.schema import Document

_BREAK = re.compile(r"[\s]*[.。!！…,，;；~～:：?？()（）\[\]【】<>《》|*_—–\n]+[\s]*")
_ZH_SUBJECT = r"(?:本|该|此)?(?:页面?|网页|网站|栏目|部分|章节|小节|文档)?(?:的?(?:内容|信息|资料|数据|介绍))?"
_PROMISE = re.compile(
    rf"""(?: x{{2,}} | t\s?o\s?d\s?o | tbd | tba | wip | n/?a | null | none | placeholder
    | (?:(?:this|the)\ (?:page|section|site|content)\ (?:is|will\ be)\ )?(?:still\ |currently\ )?
      (?: coming\ soon | under\ construction | work\ in\ progress | to\ come | in\ preparation
        | (?:(?:to|will)\ be\ )?(?:added|announced|updated|completed|written|filled\ in|determined)
          (?:\ (?:later|soon))? )
    | (?:more\ )?(?:content|details|information)?\ ?(?:coming|to\ follow)(?:\ (?:soon|later))?
    | (?:please\ )?(?:stay\ tuned|check\ back\ (?:soon|later))
    | lorem\ ipsum\b.* | (?:your|some|sample|dummy)\ (?:text|content)(?:\ (?:goes\ )?here)?
    | {_ZH_SUBJECT} (?:待|尚待|有待|等待)(?:补充|更新|完善|添加|定|续|填写?|编辑|整理|撰写|发布|公布)(?:中)?
    | {_ZH_SUBJECT} (?:正在|尚在|还在|在)?(?:建设|施工|整理|编写|更新|撰写|完善|筹备|准备)(?:之)?中
    | {_ZH_SUBJECT} (?:即将|稍后|后续|随后|近期)(?:上线|更新|补充|发布|公布|推出|添加|完善)
    | (?:敬请|尽请|请)(?:期待|关注) | 暂无{_ZH_SUBJECT} | {_ZH_SUBJECT}暂缺
    | 一[段些][^\d]{{0,12}}(?:介绍|简介|描述|说明|文字|内容)(?:文字|内容)?
    | (?:请?在?(?:此处|这里)|请在?此)(?:填写|添加|放置?|输入|插入|补充)\S{{0,20}} | 占位(?:符|文字|内容|文本)?
    )""",
    re.VERBOSE | re.IGNORECASE,
)


def is_placeholder(document: Document) -> bool:
    """Return whether the page has nothing under its headings but words that promise content."""
    texts = (document.text[block.start : block.end] for block in document.blocks if block.kind != "heading")
    return all(_is_promise(text) for text in texts)


def _is_promise(text: str) -> bool:
    phrases = [phrase.strip() for phrase in _BREAK.split(text)]
    return all(_PROMISE.fullmatch(phrase) for phrase in phrases if phrase.strip("-= "))

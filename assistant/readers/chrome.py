"""The part of an HTML page that is the page's own: its content without the site around it."""

import re

from lxml.html import HtmlElement

from assistant.readers.inline import EMAIL, lines_of, text_of
from assistant.readers.visible import classes, remove

_CHROME_TAGS = ("nav", "menu", "search")
_CHROME_ROLES = frozenset("navigation banner search menu menubar toolbar tooltip tablist alertdialog dialog".split())
_MARGIN_ROLES = frozenset(("contentinfo", "complementary"))
_CHROME_WORDS = re.compile(
    r"^(?:(?:main|top|site|side|page|global|primary|secondary|mobile|doc|left|right|header|head|"
    r"sub|sphinx|local|wy|post|article|bottom)?[-_]*)"
    r"(?:nav|navbar|navi|navigation|navlinks|menu|menubar|topbar|toolbar|breadcrumbs?|crumbs?|"
    r"pagination|pager|paginator|toc|tableofcontents|table-of-contents|search|searchbox|"
    r"search-box|search-form|skip-link|skip-to-content|skiplink|back-to-top|backtotop|"
    r"scroll-to-top|gotop|totop|social-share|share-buttons|sharing|share|cookie-banner|cookies?|"
    r"cookie-consent|cookie-notice|prev-next|prevnext|next-prev|prev-next-area|footer-buttons|"
    r"related-posts|relbar-top|relbar-bottom|language-switcher|lang-switch|langs|"
    r"theme-toggle|dark-mode-toggle|site-nav|masthead|greedy-nav|copybtn|copy-button|"
    r"edit-this-page|edit-page|page-source|comments|disqus_thread|giscus)"
    r"(?:[-_]*(?:wrapper|container|inner|outer|links?|list|list__.*|bar|area|box|content|menu|"
    r"top|side|left|right|main|header|toggle|vertical|horizontal|collapse|aside))?$"
)
_MARGIN_WORDS = re.compile(
    r"^(?:(?:site|page|main|global|wy|bottom|sphinx|left|right|td|bd|primary|secondary)?[-_]*)"
    r"(?:footer|foot|copyright|sidebar|side-bar|sidenav|sidebars|sphinxsidebar|rst-versions)"
    r"(?:[-_]*(?:wrapper|wrap|container|inner|outer|content|bottom|left|right|sticky|main|box))?$"
)
_NAMES_OF_PAGES = frozenset(
    "home homepage index about us people team teams members member group publications publication "
    "papers research projects project news blog blogs contact contacts join openings positions "
    "teaching courses links resources software code datasets data awards alumni gallery photos "
    "events seminars english chinese 首页 主页 网站首页 关于 关于我们 简介 概况 团队 团队成员 "
    "成员 人员 队伍 师资队伍 研究方向 科研方向 研究 科研 科研项目 项目 论文 论文成果 成果 学术成果 "
    "科研成果 发表论文 新闻 新闻动态 动态 通知公告 公告 博客 联系 联系我们 招生 招生招聘 招聘 加入我们 "
    "教学 课程 资源 下载 资源下载 链接 友情链接 获奖 荣誉 毕业生 校友 相册 活动 学术活动 英文版 "
    "中文版 中文 english version".split()
)
_CONTACT = re.compile(
    r"地址|邮编|电话|邮箱|传真|联系方式|办公室|\b(?:address|e-?mail|tel|phone|fax|room|office)\b"
    r"|\+\d{2}[-\s\d()]{8,}",
    re.I,
)
_MAX_CONTACT_CHARS = 240


def main_content(root: HtmlElement) -> HtmlElement:
    """Return the element that holds the page's content, the site's chrome taken out of it."""
    body = root.find("body") if root.find("body") is not None else root
    chosen = _declared_main(body)
    _drop_chrome(chosen)
    return chosen


def margin_contacts(root: HtmlElement) -> list[tuple[str, int]]:
    """Return the lines of footers and sidebars that say how to reach the lab, with their line.

    Many labs publish their address nowhere else. Call it before `main_content`.
    """
    found: list[tuple[str, int]] = []
    for margin in root.iter():
        if not isinstance(margin.tag, str) or not _is_margin(margin):
            continue
        for line in lines_of(margin):
            known = any(line == text for text, _ in found)
            says_how = _CONTACT.search(line) or EMAIL.search(line)
            if says_how and not known and len(line) <= _MAX_CONTACT_CHARS and len(line) > 8:
                found.append((line, margin.sourceline or 1))
    return found


def _declared_main(body: HtmlElement) -> HtmlElement:
    mains = [
        element
        for element in body.iter()
        if isinstance(element.tag, str) and (element.tag == "main" or element.get("role") == "main")
    ]
    articles = list(body.iter("article"))
    candidates = mains or (articles if len(articles) == 1 else [])
    if not candidates:
        return body
    best = max(candidates, key=lambda element: len(text_of(element)))
    # A theme can declare as main a part that is not: believe it where it holds real text.
    whole = len(text_of(body))
    return best if mains and len(text_of(best)) * 8 > whole or len(text_of(best)) * 2 > whole else body


def _drop_chrome(content: HtmlElement) -> None:
    doomed = [
        element
        for element in content.iterdescendants()
        if isinstance(element.tag, str) and (_is_chrome(element) or _is_margin(element))
    ]
    for element in doomed:
        remove(element)
    if content.tag == "body":
        headings = [h for h in content.iter("h1", "h2") if next(h.iterancestors("header"), None) is None]
        for header in list(content.iter("header")):
            if headings and next(header.iterancestors("article", "section", "main"), None) is None:
                remove(header)
    for menu in [element for element in content.iter("ul", "ol", "table", "p", "div") if _is_menu(element)]:
        remove(menu)


def _is_chrome(element: HtmlElement) -> bool:
    if element.tag in _CHROME_TAGS or element.get("role") in _CHROME_ROLES:
        return True
    if element.tag == "form":
        return _is_small(element)
    if element.tag in ("button", "label"):
        return bool(re.search(r"toggle|menu|nav|copy|close|search|carousel", " ".join(classes(element))))
    return _named(element, _CHROME_WORDS) and not _holds_the_page(element)


def _is_margin(element: HtmlElement) -> bool:
    inside_article = next(element.iterancestors("article"), None) is not None
    if element.tag in ("footer", "aside") and not inside_article:
        return True
    if element.get("role") in _MARGIN_ROLES:
        return True
    return _named(element, _MARGIN_WORDS) and not _holds_the_page(element)


def _named(element: HtmlElement, words: re.Pattern[str]) -> bool:
    if element.tag in ("body", "html", "main", "h1", "h2", "h3", "h4", "td", "tr"):
        return False
    names = [*classes(element), str(element.get("id") or "").lower()]
    return any(words.match(name) for name in names if name)


def _holds_the_page(element: HtmlElement) -> bool:
    """Return whether a named part is really a wrapper of everything, such as a toggle's target."""
    if element.find(".//main") is not None or element.find(".//*[@role='main']") is not None:
        return True
    return element.find(".//h1") is not None and len(element.findall(".//p")) > 2


def _is_small(element: HtmlElement) -> bool:
    return len(text_of(element)) < 200 and element.find(".//table") is None


def _is_menu(element: HtmlElement) -> bool:
    """Return whether a list is a menu by what it says: links, named like a site's pages."""
    links = [text_of(link).lower() for link in element.iter("a")]
    links = [link for link in links if link]
    if not 3 <= len(links) <= 40 or element.find(".//h2") is not None:
        return False
    text = re.sub(r"[\s|/·•>»-]", "", text_of(element))
    linked = re.sub(r"[\s|/·•>»-]", "", "".join(links))
    named = sum(link.strip(" .·|[]") in _NAMES_OF_PAGES for link in links)
    return len(linked) >= 0.9 * len(text) and named * 2 >= len(links)

"""The part of an HTML page that is the page's own: its content without the site around it."""

import functools
import itertools
import re

from lxml.html import HtmlElement

from assistant.readers.inline import EMAIL, lines_of, text_of
from assistant.readers.visible import classes, remove

_CHROME_TAGS = ("nav", "menu", "search")
_PLAIN_CHROME_TAGS = (*_CHROME_TAGS, "form")
_CHROME_ROLES = frozenset("navigation banner search menu menubar toolbar tooltip tablist alertdialog dialog".split())
_MARGIN_ROLES = frozenset(("contentinfo", "complementary"))
# Words in class names and ids: "wp-navi", "topNavBar" and "breadcrumb_list" speak for themselves.
_CHROME_WORDS = frozenset(
    "nav navbar navi navigation navlinks navwrap navbox menu menus menubar topbar toolbar breadcrumb breadcrumbs crumb "
    "crumbs pagination paging pager paginator tableofcontents searchbox searchform skiplink backtotop gotop totop "
    "scrolltop cookie cookies cookieconsent masthead disqus giscus utterances listcolumn prevnext relbar "
    "copybtn".split()
)
_CHROME_NAMES = frozenset(
    "toc table-of-contents search search-box search-form skip-link skip-to-content skip back-to-top go-top share "
    "social-share share-buttons sharing post-share next-prev prev-next prev-next-area rst-footer-buttons "
    "related-posts page__related page__share language-switcher lang-switch lang langs language theme-toggle "
    "dark-mode-toggle edit-this-page edit-page page-source comments disqus_thread path position location-path "
    "weizhi dqwz mbx current-position crumb-nav site-logo top_link friend-link friendlink links-footer".split()
)
_HEADER_NAMES = frozenset(
    "header site-header siteheader top-header topheader page-top banner head logo sitename site-name site-title "
    "site-branding top wp-header".split()
)
_MARGIN_WORDS = frozenset("footer foot copyright sidebar sidebars sphinxsidebar sidenav colophon".split())
_MODIFIERS = frozenset("has no with without is not hide show fixed sticky enable enabled".split())
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_POSITION_LINE = re.compile(r"^\s*(?:您?(?:现在|当前|所在)?(?:的)?(?:所在)?位置|you are here)\s*[:：是]", re.I)
_IMPRINT_LINE = re.compile(
    r"^\W*(?:copyright|©|\(c\)|版权所有|all rights reserved|powered by|技术支持"
    r"|[京沪粤苏浙鄂川渝津冀豫湘皖闽赣鲁陕辽吉黑]ICP备"
    r"|last (?:updated|modified)|访问量|您是第|page generated|theme by|hosted on|built with)",
    re.I,
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
_NEVER_NAMED = frozenset("body html main article h1 h2 h3 h4 h5 h6 td tr table tbody code pre".split())
_NAMED_IN_FULL = frozenset("p li a span".split())
_CONTACT = re.compile(
    r"地址|邮编|电话|邮箱|传真|联系方式|办公室|\b(?:address|e-?mail|tel|phone|fax|room|office)\b"
    r"|\+\d{2}[-\s\d()]{8,}",
    re.I,
)
_MAX_MENU_LINKS = 40
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
    best = max(candidates, key=_size)
    # A theme can declare as main a part that is not: believe it where it holds real text.
    return best if _size(best) * (8 if mains else 2) > _size(body) else body


def _size(element: HtmlElement) -> int:
    """Return how many characters stand in an element, white space left out."""
    return len("".join(str(element.text_content()).split()))


def _drop_chrome(content: HtmlElement) -> None:
    doomed = [
        element
        for element in content.iterdescendants()
        if isinstance(element.tag, str) and (_is_chrome(element) or _is_margin(element))
    ]
    for element in doomed:
        remove(element)
    if content.tag == "body":
        _drop_page_header(content)
    for line in [element for element in content.iter("p", "div", "center", "address", "font") if _is_imprint(element)]:
        remove(line)
    for menu in [element for element in content.iter("ul", "ol", "table", "p", "div") if _is_menu(element)]:
        remove(menu)


def _drop_page_header(body: HtmlElement) -> None:
    """Remove the site's name from the top of a page that has headings of its own."""
    headers = [
        element
        for element in body.iter("header", "div", "table")
        if (
            element.tag == "header" or not _HEADER_NAMES.isdisjoint([*classes(element), str(element.get("id")).lower()])
        )
        and next(element.iterancestors("article", "section", "main"), None) is None
        and _size(element) * 2 < _size(body)
    ]
    inside = {heading for header in headers for heading in header.iter("h1", "h2")}
    if any(heading not in inside for heading in body.iter("h1", "h2")):
        for header in headers:
            remove(header)


def _is_imprint(element: HtmlElement) -> bool:
    """Return whether an element is a line of a site's margins that no class gives away."""
    text = str(element.text_content())
    if len(text) > 400 or element.find(".//h1") is not None:
        return False
    text = " ".join(text.split())
    if len(text) > 160:
        return False
    if _POSITION_LINE.match(text):
        return True
    return bool(_IMPRINT_LINE.match(text)) and not _CONTACT.search(text) and not EMAIL.search(text)


def _is_chrome(element: HtmlElement) -> bool:
    if not element.attrib and element.tag not in _PLAIN_CHROME_TAGS:
        return False
    if element.tag in _CHROME_TAGS or element.get("role") in _CHROME_ROLES:
        return True
    if element.tag == "form":
        return _is_small(element)
    if element.tag in ("button", "label"):
        return bool(re.search(r"toggle|menu|nav|copy|close|search|carousel", " ".join(classes(element))))
    return _named(element, _CHROME_WORDS, _CHROME_NAMES) and not _holds_the_page(element)


def _is_margin(element: HtmlElement) -> bool:
    if not element.attrib and element.tag not in ("footer", "aside"):
        return False
    inside_article = next(element.iterancestors("article"), None) is not None
    if element.tag in ("footer", "aside") and not inside_article:
        return True
    if element.get("role") in _MARGIN_ROLES:
        return True
    return _named(element, _MARGIN_WORDS, frozenset()) and not _holds_the_page(element)


def _named(element: HtmlElement, words: frozenset[str], names: frozenset[str]) -> bool:
    if element.tag in _NEVER_NAMED:
        return False
    if element.tag in _NAMED_IN_FULL:
        words = frozenset()
    given = str(element.get("class") or "").split() + [str(element.get("id") or "")]
    return any(_speaks_of(name, words, names) for name in given if name)


@functools.lru_cache(maxsize=8192)
def _speaks_of(name: str, words: frozenset[str], names: frozenset[str]) -> bool:
    """Return whether a class name or id is one of ``names`` or holds one of ``words``."""
    parts = [part.lower() for part in _WORDS.findall(name)]
    if not parts or parts[0] in _MODIFIERS:
        return False
    return name.lower() in names or not words.isdisjoint(parts)


def _holds_the_page(element: HtmlElement) -> bool:
    """Return whether a named part is really a wrapper of everything, such as a toggle's target."""
    if element.find(".//main") is not None or element.find(".//*[@role='main']") is not None:
        return True
    body = next(element.iterancestors("body"), None)
    if body is None or _size(element) * 2 < _size(body):
        return False
    linked = sum(_size(link) for link in element.iter("a"))
    return linked * 3 < _size(element) * 2


def _is_small(element: HtmlElement) -> bool:
    return len(text_of(element)) < 200 and element.find(".//table") is None


def _is_menu(element: HtmlElement) -> bool:
    """Return whether a list is a menu by what it says: links, named like a site's pages."""
    anchors = list(itertools.islice(element.iter("a"), _MAX_MENU_LINKS + 1))
    if not 3 <= len(anchors) <= _MAX_MENU_LINKS or element.find(".//h2") is not None:
        return False
    links = [link for link in (text_of(anchor).lower() for anchor in anchors) if link]
    if len(links) < 3:
        return False
    text = re.sub(r"[\s|/·•>»-]", "", text_of(element))
    linked = re.sub(r"[\s|/·•>»-]", "", "".join(links))
    named = sum(link.strip(" .·|[]") in _NAMES_OF_PAGES for link in links)
    return len(linked) >= 0.9 * len(text) and named * 2 >= len(links)

"""Chinese and English text: tokens, sentences and language."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from assistant.schema import Language
from assistant.segmenting import segmenter
from assistant.yaml_text import parse_yaml

TOKENIZER = "jieba-search+snowball-5"  # changes whenever the tokens of any text change

# Words in which a shorter one stands that means something else.
_OTHER_WORDS = {
    "head": re.compile("head(?:line|ing|er|quarter)s?"),
    "课": re.compile("课题"),
    "系": re.compile("联系|系统|系列|关系|体系|系数"),
    "满": re.compile("满足|满意|充满|圆满"),
    "止": re.compile("停止|防止|禁止|终止|阻止"),
    "博士": re.compile("博士后|博士(?:研究)?生?导师"),
    "博士生": re.compile("博士生导师"),
    "硕士": re.compile("硕士(?:研究)?生?导师"),
    "硕士生": re.compile("硕士生导师"),
    "研究生": re.compile("研究生(?:导师|院|处|部)"),
}

_HAN_CLASS = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_HAN = re.compile(f"[{_HAN_CLASS}]")
_LATIN_WORD = re.compile(r"[A-Za-z]+")
_TOKEN = re.compile(
    rf"(?P<han>[{_HAN_CLASS}]+)"
    rf"|(?P<latin>[^\W_{_HAN_CLASS}](?:[^\W_{_HAN_CLASS}]|[._+\-/@](?=[^\W_{_HAN_CLASS}]))*(?:\+\+|#)?)"
)
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_DEGREE = re.compile(r"\bPh\.? ?D\b\.?", re.IGNORECASE)
_URL = re.compile(r"(?:https?://|www\.)\S+")
_WORD_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_LATIN_PART = re.compile(r"[^\W_]+")
_YEAR = re.compile(r"(?:19|20)\d\d")
_MONTH = re.compile(r"(?:1[0-2]|[1-9])月")
_EDITION = re.compile(r"([A-Za-z]{2,})-?((?:19|20)\d\d)")
_ACRONYMS = re.compile(r"[A-Z]{2,}s|[b-df-hj-np-tv-z]pus")
_CAMEL = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")

# A sentence ends at a Chinese or Latin mark, with any closing quotes; a full stop ends one only
# before white space or Chinese, so that 1.4B, e.g. file.py, J. Smith and pjlab.org.cn stay whole;
# a ? inside an address ends nothing.
_SENTENCE_END = re.compile(
    rf"(?:[。！？；]+|[!?;]+(?=[\s\"'”’」』）)\]!?;]|$|[{_HAN_CLASS}])"
    r"|(?<!\b[A-Z])(?<!\be\.g)(?<!\bi\.e)(?<!\bal)(?<!\bvs)(?<!\bFig)(?<!\bDr)"
    r"(?<!\b(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Oct|Nov|Dec))(?<!\bSept)"
    rf"(?<!\bProf)(?<!\bNo)\.(?=\s|$|[{_HAN_CLASS}]))[\"'”’」』）)\]]*"
)


_MARK = re.compile("[。！？；!?;.]")
_LONGEST_ITEM = 200  # characters
_FEWEST_ITEMS = 3


def detect_language(text: str) -> Language:
    """Return ``zh`` where Chinese characters outweigh Latin words, else ``en``.

    A Latin word weighs half a Chinese character, since technical Chinese is full of English names;
    a URL weighs nothing.
    """
    text = _URL.sub(" ", text)
    han = len(_HAN.findall(text))
    latin = len(_LATIN_WORD.findall(text))
    return "zh" if han and han * 2 >= latin else "en"


def normalize(text: str) -> str:
    """Return ``text`` in compatibility form (full-width to ASCII), 134,217,728 as 134217728."""
    # Each step only where it can change something: what is read by every question is mostly plain.
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).replace("’", "'")
    if "," in text:
        text = _THOUSANDS.sub("", text)
    return _DEGREE.sub("PhD", text) if "ph" in text.lower() else text


def fold(text: str) -> str:
    """Return ``text`` normalized and in lower case."""
    return normalize(text).lower()


def squeeze(text: str) -> str:
    """Return ``text`` folded and without white space: equal for texts that read the same."""
    return "".join(fold(text).split())


@dataclass(frozen=True)
class Word:
    """A word of a text as written: a Latin compound, or one jieba word of a Han run."""

    text: str
    start: int
    is_han: bool


def words(text: str) -> list[Word]:
    """Return the words of ``text`` in reading order, stop words included."""
    found: list[Word] = []
    for match in _TOKEN.finditer(text):
        if match["han"]:
            start = match.start()
            for word in segmenter().cut(match[0], guess=True):
                found.append(Word(word, start, is_han=True))
                start += len(word)
        else:
            found.append(Word(match[0], match.start(), is_han=False))
    return found


def is_stopword(word: str) -> bool:
    """Tell whether ``word`` carries no meaning of its own."""
    return fold(word) in _stopwords()


def is_dictionary_word(word: str) -> bool:
    """Tell whether jieba's dictionary knows the Chinese ``word``."""
    return segmenter().knows(word)


def tokenize(text: str) -> list[str]:
    """Return the search tokens of ``text``, stop words left out, in reading order.

    Han runs are cut by jieba in search mode; a word jieba does not know also gives its character
    pairs, so that a name is found however it was cut. Latin words are stemmed (Snowball); a
    compound (``Fisheye-GS``, ``OP_CAPTURE_LIST``, ``PackMamba``) gives itself and its parts.
    """
    tokens: list[str] = []
    for han, latin in _TOKEN.findall(normalize(text)):
        tokens.extend(_han_tokens(han) if han else _latin_tokens(latin))
    return tokens


class Evidence:
    """A text to look tokens up in without tokenising it.

    jieba cuts .4 MB a second, too slow for every sentence of every question: a token with Chinese
    in it is contained where it is a substring; a Latin one where a word begins with that stem; a month
    (7月) also where a date has its number.
    """

    def __init__(self, text: str) -> None:
        self.folded = fold(text)

    @staticmethod
    def needed(token: str) -> str:
        """Return what stands in the folded text wherever ``token`` is contained."""
        if not token.isascii():
            return token[:-1] if _MONTH.fullmatch(token) else token
        return token[2:] if _YEAR.fullmatch(token) else token[:-1]

    def has_word(self, token: str) -> bool:
        """Tell whether ``token`` stands here as a word of its own: ICML, ICMLs, ICML2020, not ICMLC."""
        if not token.isascii() or not token.isalpha():
            return token in self
        return _stands_as_word(token, self.folded, _AFTER_ACRONYM)

    def __contains__(self, token: str) -> bool:
        if self.needed(token) not in self.folded:
            return False  # most questions end here
        if _MONTH.fullmatch(token):
            return bool(_month_pattern(int(token[:-1])).search(self.folded))
        if token in _OTHER_WORDS and self.needed(token) not in _OTHER_WORDS[token].sub(" ", self.folded):
            return False
        if not token.isascii():
            return True
        quantity, core, ending = _matching(token)
        if quantity is not None:
            return bool(quantity.search(self.folded))
        return _stands_as_word(core, self.folded, ending)


@lru_cache(maxsize=4096)
def _matching(token: str) -> tuple[re.Pattern[str] | None, str, re.Pattern[str]]:
    """Return what a Latin token is looked for by: a pattern, or else a beginning of a word and what may follow."""
    is_stem = len(token) > 3 and token.isalpha()
    is_quantity = token[0].isdigit() and token.isalnum()  # 80g stands in 80GB, 2019 in ICCV2019
    # Snowball writes "study" and "studies" as "studi".
    core = token[:-1] if is_stem and token[-1] == "i" else token
    return _quantity_pattern(token) if is_quantity else None, core, _ending(_endings(core, is_stem))


_AFTER_ACRONYM = re.compile(r"(?:s|(?:19|20)\d\d|['’]\d\d)?(?![a-z0-9])")


@lru_cache(maxsize=12)
def _month_pattern(month: int) -> re.Pattern[str]:
    """Return how a month is written with digits: 7月, 2022-07-05, 2022.7, 5/07/2022."""
    return re.compile(
        rf"(?<!\d)0?{month} ?月|(?:19|20)\d\d ?[-./年] ?0?{month}(?!\d)"
        rf"|(?<!\d)\d{{1,2}}[./]0?{month}[./](?:19|20)\d\d|(?<!\d)0?{month}/\d{{1,2}}/(?:19|20)\d\d"
    )


@lru_cache(maxsize=1024)
def _quantity_pattern(token: str) -> re.Pattern[str]:
    unit = "[a-z]?" if token[-1].isalpha() else ""
    if _YEAR.fullmatch(token):  # 2019 stands in ICCV2019 and in ICCV '19
        return re.compile(rf"(?<![0-9]){token}(?![a-z0-9])|(?<=[a-z])\s?['’]{token[2:]}(?![0-9])")
    return re.compile(rf"(?<![a-z0-9]){re.escape(token)}{unit}(?![a-z0-9])")


def _stands_as_word(core: str, folded: str, ending: re.Pattern[str]) -> bool:
    # A pattern of each word would have to be compiled first: longer than all searches for it take.
    at = folded.find(core)
    while at >= 0:
        if (not at or folded[at - 1] not in _WORD_LETTERS) and ending.match(folded, at + len(core)):
            return True
        at = folded.find(core, at + 1)
    return False


@lru_cache(maxsize=64)
def _ending(endings: str) -> re.Pattern[str]:
    return re.compile(rf"{endings}(?![a-z0-9])")


def _endings(core: str, is_stem: bool) -> str:
    """Return what may follow ``core`` within its word."""
    endings = "[a-z]{0,6}" if is_stem else "s?" if core.isalpha() else ""
    if not is_stem and len(core) == 3 and core.isalpha():  # add, adds, added; map, mapping
        endings = f"(?:s|{core[-1]}?(?:ed|ing))?" if core[-1] != "e" else "[sd]?"
    if core.isalpha() and len(core) > 1:
        endings = rf"(?:{endings}|(?:19|20)\d\d|['’]\d\d)"  # ACL2026, CVPR'24
    return endings


def count_tokens(text: str) -> int:
    """Return how many jieba tokens ``text`` has, white space and punctuation left out."""
    cut = segmenter().cut
    return sum(sum(1 for _ in cut(han, guess=False)) if han else 1 for han, _ in _TOKEN.findall(text))


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Yield the (start, end) of each sentence of ``text``, without surrounding white space.

    A line break ends a sentence as well.
    """
    for line in re.finditer(r"[^\n]+", text):
        start = line.start()
        for end in _ends(text, line.start(), line.end()):
            yield from _trimmed(text, start, end)
            start = end
        yield from _trimmed(text, start, line.end())


def _ends(text: str, start: int, end: int) -> Iterator[int]:
    """Yield where the sentences of a line end; what can end none is passed over."""
    for mark in _MARK.finditer(text, start, end):
        if mark.start() >= start:
            found = _SENTENCE_END.match(text, mark.start(), end)
            if found:
                start = found.end()
                yield start


def list_items(text: str) -> Iterator[tuple[int, int]]:
    """Yield the (start, end) of each line of ``text`` that is a short entry among others.

    "周天硕，硕士，2022年入学。毕业后前往北京工作。": its second sentence speaks of whom the first names.
    """
    lines = [(match.start(), match.end()) for match in re.finditer(r"[^\n]+", text)]
    short = [(start, end) for start, end in lines if end - start <= _LONGEST_ITEM]
    if len(short) >= _FEWEST_ITEMS and 2 * len(short) > len(lines):
        yield from short


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield start, end


def _han_tokens(run: str) -> Iterator[str]:
    previous = ""
    for word in segmenter().cut(run, guess=True):
        if len(word) == 1 and len(previous) == 1 and not _is_stop(previous + word):
            yield previous + word
        yield from _word_tokens(word)
        previous = word


@lru_cache(maxsize=65536)
def _word_tokens(word: str) -> tuple[str, ...]:
    """Return the tokens of one Chinese word: the shorter words inside it, then itself."""
    inner = _inner_words(word, segmenter().knows) if len(word) > 2 else ()
    return tuple(token for token in (*inner, word) if not _is_stop(token))


def _inner_words(word: str, knows: Callable[[str], bool]) -> Iterator[str]:
    """Yield the shorter words inside ``word``; all character pairs where jieba knows none of it."""
    unknown = not knows(word)
    for size in (2, 3):
        for start in range(len(word) - size + 1) if len(word) > size else ():
            piece = word[start : start + size]
            if knows(piece) or (unknown and size == 2):
                yield piece


@lru_cache(maxsize=65536)
def _latin_tokens(word: str) -> tuple[str, ...]:
    return tuple(token for token in _latin_parts(word) if not _is_stop(token))


def _latin_parts(word: str) -> Iterator[str]:
    if _ACRONYMS.fullmatch(word):  # GPUs, gpus: Snowball takes them for Latin words
        yield word[:-1].lower()
        return
    yield _stem(word)
    edition = _EDITION.fullmatch(word)
    if edition:  # ACL2026, ICCV'15: the venue and the year are asked for apart
        yield _stem(edition[1])
        yield edition[2]
        return
    parts = _LATIN_PART.findall(word.replace("_", " "))
    if all(part.isdigit() for part in parts):
        return  # a number or a date is itself only
    if len(parts) == 1 and parts[0] == word:
        parts = _CAMEL.findall(word) if word.isascii() else ()
        if len(parts) < 2 or any(part.isdigit() for part in parts):
            return  # a plain word, or a name such as A100 or ICLR2024's parts
    for part in parts:
        if len(part) > 1:
            yield _stem(part)


@lru_cache(maxsize=65536)
def _stem(word: str) -> str:
    lower = word.lower()
    # Stemming an acronym or a name with digits would merge it with another (OPS, GS, B200s).
    if len(lower) < 4 or not lower.isascii() or not lower.isalpha():
        return lower
    stem = _stemmer().stemWord(lower)
    if len(stem) > 3:
        return stem
    # ICME must not become icm: of a short word only an inflection is taken away.
    if lower.endswith(("ed", "ing")):
        return stem if len(stem) > 2 else stem + stem[-1:]  # added: Snowball makes it ad
    return lower[:-1] if lower.endswith("s") and not lower.endswith("ss") else lower


@lru_cache(maxsize=1)
def _stemmer():  # noqa: ANN202 (PyStemmer has no type stubs)
    import Stemmer

    return Stemmer.Stemmer("english")


def _is_stop(token: str) -> bool:
    return token in _stopwords()


@lru_cache(maxsize=1)
def _stopwords() -> frozenset[str]:
    path = Path(__file__).parent / "lexicon" / "stopwords.yaml"
    lists = parse_yaml(path.read_text("utf-8"))
    return frozenset(word for listed in lists.values() for word in listed.split())

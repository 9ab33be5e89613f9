"""Lets a language model word an answer that the documents already gave, and keeps only what they support."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace

from assistant.answering.wording import LONGEST_ANSWER, say
from assistant.errors import LanguageModelFailed
from assistant.generation.completeness import holds_every_quote, keeps_what_was_asked, opens_rows
from assistant.generation.ledger import CountName, Ledger, Limits
from assistant.generation.model import LanguageModel, Piece, estimated_tokens
from assistant.generation.prompting import Prompt, Task, prompt_for
from assistant.generation.quotes import Quote, quotes_of
from assistant.generation.reply import ReplyReader, Sentence
from assistant.generation.verifying import Parser, Reason, Verifier
from assistant.schema import Answer
from assistant.settings import LanguageModelSettings

_SHORTEST_REPLY = 120  # tokens: with less room left the model is not asked
_CHARACTERS_PER_TOKEN = 8  # more than any tokenizer makes of text
_STOPS = ".。!！?？;；:："
_log = logging.getLogger(__name__)

OnDraft = Callable[[Answer], None]
Counts = Counter[tuple[CountName, str]]


class Writer:
    """Words answers with one language model; safe to share between threads."""

    def __init__(
        self, model: LanguageModel, verifier: Verifier, ledger: Ledger, settings: LanguageModelSettings
    ) -> None:
        self._model = model
        self._verifier = verifier
        self._ledger = ledger
        self._settings = settings
        self._limits = Limits(settings.questions_per_minute, settings.spend_per_day)

    @classmethod
    def load(cls, settings: LanguageModelSettings, parser: Parser) -> "Writer":
        """Prepare everything; raises OptionalPackageMissing or SettingsError. Nothing is sent yet."""
        return cls(LanguageModel.load(settings), Verifier(parser), Ledger.open(settings.ledger), settings)

    @property
    def ledger(self) -> Ledger:
        """Where calls, money and dropped sentences are counted."""
        return self._ledger

    def write(self, answer: Answer, *, on_draft: OnDraft) -> Answer:
        """Return ``answer`` in the model's words, or as it is where they cannot be had or kept.

        ``on_draft`` is told the answer so far each time that another sentence of it is verified;
        each draft's text begins with the one before. Where the reply fails later on, what is
        returned is the extractive answer nevertheless. An abstention is returned as it is: whether
        there is an answer was decided before.
        """
        task = _task(answer)
        if not answer.answered or task is None:
            return answer
        counts: Counts = Counter()
        outcome = "failed"
        try:
            written = self._written(task, answer, on_draft, counts)
            outcome = "generated"
        except LanguageModelFailed as failure:
            _log.info("language model: %s; the extractive answer is given", failure.reason)
            outcome = failure.reason
            written = answer
        finally:
            counts["answers", outcome] += 1
            self._ledger.add(counts)
        return written

    def _written(self, task: Task, answer: Answer, on_draft: OnDraft, counts: Counts) -> Answer:
        quotes = quotes_of(answer)
        if task == "opening":
            # How many rows there are is ours to say: it stands in none of them.
            quotes = tuple(replace(quote, about=f"{quote.about} ({len(answer.items)})") for quote in quotes)
        quotes, prompt, room = self._within_budget(task, answer, quotes)
        kept: list[Sentence] = []
        with closing(self._sentences(prompt, room, counts)) as reply:
            for sentence in reply:
                objection = self._objection(task, sentence, answer, quotes, prompt)
                if objection is not None:
                    counts["sentences_dropped", objection] += 1
                    continue
                draft = _draft(task, answer, [*kept, sentence])
                if len(self._finished(task, answer, draft).text) > LONGEST_ANSWER:
                    if not kept:
                        raise LanguageModelFailed("too-long")
                    break
                counts["sentences_kept", ""] += 1
                kept.append(sentence)
                on_draft(draft)
                if task == "opening":
                    break
        dropped = sum(n for (name, _), n in counts.items() if name == "sentences_dropped")
        return self._judged(task, answer, kept, dropped)

    def _judged(self, task: Task, answer: Answer, kept: Sequence[Sentence], dropped: int) -> Answer:
        """Return what was kept as an answer; raises LanguageModelFailed where the quotes alone serve better."""
        if not kept:
            raise LanguageModelFailed("unsupported")
        if dropped > len(kept):
            raise LanguageModelFailed("unreliable")
        finished = self._finished(task, answer, _draft(task, answer, kept))
        if task == "facts" and not keeps_what_was_asked(answer, finished.text):
            raise LanguageModelFailed("incomplete")
        return finished

    def _finished(self, task: Task, answer: Answer, draft: Answer) -> Answer:
        """Return the draft with the extractive answer below it, where that is not in it word by word.

        Checks can tell that a sentence is supported, not that it is the one that was asked for: with
        the quotes below, an answer in a model's words is never less exact than one without.
        """
        if task == "opening" or not self._settings.keep_quotes or holds_every_quote(answer, draft.text):
            return draft
        return replace(draft, text=f"{draft.text}\n\n{answer.text}")

    def _objection(
        self, task: Task, sentence: Sentence, answer: Answer, quotes: Sequence[Quote], prompt: Prompt
    ) -> Reason | None:
        objection = self._verifier.objection(
            sentence, quotes, language=answer.question.language, instructions=prompt.system
        )
        if objection is None and task == "opening" and not opens_rows(sentence.text, answer):
            return "number"
        return objection

    def _sentences(self, prompt: Prompt, room: int, counts: Counts) -> Iterator[Sentence]:
        """Yield the reply's sentences as they become whole, and write down what it cost."""
        cost = self._cost(estimated_tokens(prompt.system, prompt.user), room)
        permission = self._ledger.ask(cost, self._limits)
        if not permission.is_granted:
            raise LanguageModelFailed("exhausted")
        reader = ReplyReader()
        said: list[str] = []
        last = Piece("", "")
        try:
            for last in self._model.reply(prompt, max_tokens=room):
                said.append(last.text)
                yield from reader.feed(last.text)
                if sum(map(len, said)) > _CHARACTERS_PER_TOKEN * room:
                    raise LanguageModelFailed("malformed")  # a server that knows no max_tokens
            yield from reader.finish(is_whole=last.end == "stop")
        finally:
            used_in = last.input_tokens or estimated_tokens(prompt.system, prompt.user)
            used_out = last.output_tokens or estimated_tokens("".join(said))
            self._ledger.settle(permission.call, self._cost(used_in, used_out))
            counts["tokens", "input"] += used_in
            counts["tokens", "output"] += used_out

    def _within_budget(
        self, task: Task, answer: Answer, quotes: Sequence[Quote]
    ) -> tuple[Sequence[Quote], Prompt, int]:
        """Return as many of the first quotes as leave room for a reply, the prompt, and that room in tokens."""
        for count in range(len(quotes), 0, -1):
            prompt = prompt_for(task, answer.question, quotes[:count], rows=len(answer.items))
            room = self._settings.max_tokens - estimated_tokens(prompt.system, prompt.user)
            if room >= _SHORTEST_REPLY:
                return quotes[:count], prompt, min(room, LONGEST_ANSWER)
        raise LanguageModelFailed("exhausted")

    def _cost(self, input_tokens: int, output_tokens: int) -> float:
        prices = self._settings.price_per_million_input_tokens, self._settings.price_per_million_output_tokens
        return (input_tokens * prices[0] + output_tokens * prices[1]) / 1_000_000


def _task(answer: Answer) -> Task | None:
    """Return what the model is asked for: a list's rows stay as they are and only get an opening.

    None where a list has no opening that could be replaced.
    """
    if answer.kind not in ("list", "count") or not answer.items:
        return "facts"
    return "opening" if answer.text.startswith(_frame(answer)) else "facts" if len(answer.items) == 1 else None


def _frame(answer: Answer) -> str:
    """Return the words with which an extractive list opens."""
    return say(answer.question.language, answer.kind, count=len(answer.items), list="")


def _draft(task: Task, answer: Answer, kept: Sequence[Sentence]) -> Answer:
    gap = " " if answer.question.language == "en" else ""
    text = ""
    for sentence in kept:
        text += ("\n" if sentence.is_first_of_line else gap) if text else ""
        text += _marked(sentence)
    if task == "opening":
        # The rows are the answer; the opening gives way where both do not fit.
        text = f"{text}\n{answer.text.removeprefix(_frame(answer))}"
    return replace(answer, text=text, method="generated")


def _marked(sentence: Sentence) -> str:
    """Return the sentence with the numbers of its quotes before its full stop."""
    body = sentence.text.rstrip(_STOPS)
    return f"{body}{''.join(f'[{number}]' for number in sentence.cites)}{sentence.text[len(body):]}"

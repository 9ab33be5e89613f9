"""Reads from the journal what the webmaster's report is made of."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import sqlalchemy as sa

from assistant.journal.nouns import AskedQuestion, Asking, Complaint, Usage
from assistant.journal.tables import FEEDBACK, QUESTIONS

_MOST_COMPLAINTS = 200


def read_usage(connection: sa.Connection, since: datetime) -> Usage:
    """Return what the journal has from ``since`` on."""
    return Usage(
        askings=tuple(_askings(connection, since)),
        questions=_questions(connection, since),
        complaints=tuple(_complaints(connection, since)),
        helpful=_count(connection, FEEDBACK.c.given_at >= since, FEEDBACK.c.helpful),
        unhelpful=_count(connection, FEEDBACK.c.given_at >= since, sa.not_(FEEDBACK.c.helpful)),
    )


def _count(connection: sa.Connection, *conditions: sa.ColumnElement[bool]) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(FEEDBACK).where(*conditions)).scalar_one()


def _askings(connection: sa.Connection, since: datetime) -> Iterator[Asking]:
    columns = (QUESTIONS.c.asked_at, QUESTIONS.c.answered, QUESTIONS.c.took_ms)
    asked = sa.select(*columns).where(QUESTIONS.c.asked_at >= since).order_by(QUESTIONS.c.asked_at)
    for asked_at, answered, took_ms in connection.execute(asked):
        yield Asking(_aware(asked_at), answered, took_ms)


def _questions(connection: sa.Connection, since: datetime) -> tuple[AskedQuestion, ...]:
    """Return each wording once: the database counts equal texts, here those are joined that look alike."""
    columns = QUESTIONS.c
    counted = (
        sa.select(
            columns.question,
            columns.language,
            sa.func.count(),
            sa.func.sum(sa.case((columns.answered, 1), else_=0)),
            sa.func.max(columns.asked_at, type_=columns.asked_at.type),
        )
        .where(columns.asked_at >= since)
        .group_by(columns.question, columns.language)
    )
    found: dict[tuple[str, str], AskedQuestion] = {}
    for text, language, times, answered, last in connection.execute(counted):
        new = AskedQuestion(text, language, times, answered, _aware(last))
        key = (" ".join(text.casefold().split()).rstrip(" ?？。.!！"), language)
        old = found.get(key)
        if old is not None:
            newer, _ = sorted((old, new), key=lambda one: (one.last_asked_at, one.text), reverse=True)
            new = replace(newer, times=old.times + new.times, answered=old.answered + new.answered)
        found[key] = new
    return tuple(sorted(found.values(), key=lambda one: (-one.times, one.text, one.language)))


def _complaints(connection: sa.Connection, since: datetime) -> Iterator[Complaint]:
    # The same question gets the same answer id: its newest row stands for all.
    newest = sa.select(sa.func.max(QUESTIONS.c.id).label("id")).group_by(QUESTIONS.c.answer).subquery()
    asked = sa.select(QUESTIONS).where(QUESTIONS.c.id.in_(sa.select(newest.c.id))).subquery()
    told = (
        sa.select(FEEDBACK.c.given_at, asked.c.question, asked.c.language, FEEDBACK.c.reason, FEEDBACK.c.note)
        .outerjoin_from(FEEDBACK, asked, FEEDBACK.c.answer == asked.c.answer)
        .where(FEEDBACK.c.given_at >= since, sa.not_(FEEDBACK.c.helpful))
        .order_by(FEEDBACK.c.given_at.desc(), FEEDBACK.c.id.desc())
        .limit(_MOST_COMPLAINTS)
    )
    for given_at, question, language, reason, note in connection.execute(told):
        yield Complaint(_aware(given_at), question or "", language or "", reason, note)


def _aware(stored: datetime) -> datetime:
    """Return a time with its zone, which SQLite does not keep."""
    return stored if stored.tzinfo else stored.replace(tzinfo=UTC)

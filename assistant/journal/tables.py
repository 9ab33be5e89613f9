"""The journal's tables as the newest migration leaves them."""

import sqlalchemy as sa

METADATA = sa.MetaData()
QUESTIONS = sa.Table(
    "questions", METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False, index=True),  # UTC
    sa.Column("answer", sa.String(16), nullable=False, index=True),  # the id that /ask returned
    sa.Column("question", sa.Text, nullable=False),  # masked
    sa.Column("language", sa.String(2), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("answered", sa.Boolean, nullable=False),
    sa.Column("confidence", sa.Float, nullable=False),
    sa.Column("took_ms", sa.Float, nullable=False),
    sa.Column("generation", sa.String(64), nullable=False),
)  # fmt: skip
CITATIONS = sa.Table(
    "citations", METADATA,
    sa.Column("question", sa.Integer, sa.ForeignKey("questions.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("passage", sa.String(64), nullable=False),
    sa.Column("source", sa.Text, nullable=False),
)  # fmt: skip
FEEDBACK = sa.Table(
    "feedback", METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("given_at", sa.DateTime(timezone=True), nullable=False, index=True),  # UTC
    sa.Column("answer", sa.String(16), nullable=False, index=True),
    sa.Column("helpful", sa.Boolean, nullable=False),
    sa.Column("reason", sa.String(32), nullable=False),  # "" where none was given
    sa.Column("note", sa.Text, nullable=False),  # masked
)  # fmt: skip

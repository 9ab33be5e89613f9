"""Questions, their citations and feedback; takes over tables that were made before migrations were kept."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the three tables and their indexes where they miss."""
    op.create_table(
        "questions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(16), nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("answered", sa.Boolean, nullable=False),
        sa.Column("confidence", sa.Float, nullable=False),
        sa.Column("took_ms", sa.Float, nullable=False),
        sa.Column("generation", sa.String(64), nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "citations",
        sa.Column("question", sa.Integer, sa.ForeignKey("questions.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("passage", sa.String(64), nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "feedback",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(16), nullable=False),
        sa.Column("helpful", sa.Boolean, nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        if_not_exists=True,
    )
    for table, column in (("questions", "asked_at"), ("questions", "answer"), ("feedback", "given_at"),
                          ("feedback", "answer")):  # fmt: skip
        op.create_index(f"ix_{table}_{column}", table, [column], if_not_exists=True)

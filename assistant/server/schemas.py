"""The shapes of requests and responses, from which validation and ``/openapi.json`` come."""

from apiflask import Schema, validators
from apiflask.fields import Boolean, Dict, Float, Integer, List, Nested, String
from marshmallow import RAISE, ValidationError

MAX_QUESTION_CHARACTERS = 500
MAX_HISTORY_QUESTIONS = 20
MAX_NOTE_CHARACTERS = 1000
LANGUAGES = ("auto", "zh", "en")
REASONS = ("", "wrong", "incomplete", "outdated", "not-what-i-asked", "other")


def _usable_text(value: str) -> None:
    """Refuse what no document can contain and no database or terminal takes."""
    if not value.strip():
        raise ValidationError("is empty; write a question")
    if "\x00" in value:
        raise ValidationError("holds a NUL character; remove it")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        message = "holds half of a surrogate pair; send well-formed Unicode"
        raise ValidationError(message) from error


def _question_text(example: str, *, required: bool) -> String:
    return String(
        required=required,
        validate=[
            validators.Length(
                max=MAX_QUESTION_CHARACTERS,
                error=f"is longer than {MAX_QUESTION_CHARACTERS} characters; shorten it",
            ),
            _usable_text,
        ],
        error_messages={
            "required": "is missing; write a question",
            "null": "must be text, not null",
            "invalid": "must be text",
        },
        metadata={"example": example, "minLength": 1, "pattern": r"^[^\x00]*[^\s\x00][^\x00]*$"},
    )


def _history() -> List:
    return List(
        _question_text("有哪些团队？", required=False),
        load_default=list,
        validate=validators.Length(
            max=MAX_HISTORY_QUESTIONS,
            error=f"has more than {MAX_HISTORY_QUESTIONS} questions; send only the last ones",
        ),
        error_messages={
            "invalid": "must be a list of earlier questions",
            "null": "must be a list of earlier questions, not null",
        },
        metadata={"description": "Earlier questions of the conversation, oldest first."},
    )


def _language() -> String:
    return String(
        load_default="auto",
        validate=validators.OneOf(LANGUAGES, error="must be one of auto, zh, en"),
        error_messages={"invalid": "must be text", "null": "must be one of auto, zh, en"},
        metadata={"description": "The language to answer in; auto is that of the question."},
    )


class AskIn(Schema):
    """A question in the body of ``POST /ask``."""

    class Meta:
        """Unknown fields are refused: a misspelt option must not pass in silence."""

        unknown = RAISE

    error_messages = {"unknown": "is not a field of this request; remove it"}

    question = _question_text("ECCV 上有哪些论文？", required=True)
    history = _history()
    language = _language()


class AskQuery(Schema):
    """A question in the address of ``GET /ask``."""

    q = _question_text("what papers were at ECCV?", required=True)
    history = _history()
    language = _language()


def _plain_text(value: str) -> None:
    if value.strip():
        _usable_text(value)


class FeedbackIn(Schema):
    """What a visitor thought of an answer."""

    class Meta:
        """Unknown fields are refused: a misspelt option must not pass in silence."""

        unknown = RAISE

    error_messages = {"unknown": "is not a field of this request; remove it"}

    answer = String(
        required=True,
        validate=validators.Regexp(r"^[0-9a-f]{16}\Z", error="is no answer's id; send the id that /ask returned"),
        error_messages={
            "required": "is missing; send the id that /ask returned",
            "null": "must be the id that /ask returned, not null",
            "invalid": "must be the id that /ask returned",
        },
        metadata={"description": "The id that /ask returned.", "example": "0123456789abcdef"},
    )
    helpful = Boolean(
        required=True,
        truthy={True},
        falsy={False},
        error_messages={
            "required": "is missing; send true or false",
            "null": "must be true or false",
            "invalid": "must be true or false",
        },
        metadata={"example": True},
    )
    reason = String(
        load_default="",
        validate=validators.OneOf(REASONS, error=f"must be one of {', '.join(REASONS[1:])} or empty"),
        error_messages={"invalid": "must be text", "null": "must be text, not null"},
    )
    note = String(
        load_default="",
        validate=[
            validators.Length(max=MAX_NOTE_CHARACTERS, error=f"is longer than {MAX_NOTE_CHARACTERS} characters"),
            _plain_text,
        ],
        error_messages={"invalid": "must be text", "null": "must be text, not null"},
        metadata={"pattern": r"^[^\x00]*$"},
    )


class FeedbackOut(Schema):
    """That a judgement was kept."""

    kept = Boolean()


class LanguageQuery(Schema):
    """Which language a list is wanted in."""

    language = _language()


class ItemOut(Schema):
    """One row of a list answer."""

    row = Dict(keys=String(), values=String(), data_key="fields")  # Schema.fields is taken
    citation = Integer()


class PlaceOut(Schema):
    """Where a text stands."""

    title = String()
    heading_path = List(String())
    source = String(metadata={"description": "Path below the corpus folder."})
    line = Integer()
    url = String(metadata={"description": "With anchor; empty where the page has none."})
    status = String(validate=validators.OneOf(["published", "orphan", "placeholder"]))


class CitationOut(PlaceOut):
    """A numbered source with a verbatim quote."""

    number = Integer()
    quote = String()
    passage = String(metadata={"description": "The id that /sources/{id} takes."})


class AnswerOut(Schema):
    """An answer; ``answered`` is false where the documents do not say it."""

    id = String()
    question = String()
    language = String(validate=validators.OneOf(["zh", "en"]))
    answered = Boolean()
    kind = String()
    answer = String()
    items = List(Nested(ItemOut))
    citations = List(Nested(CitationOut))
    suggestions = List(String())
    confidence = Float(metadata={"minimum": 0, "maximum": 1})
    method = String(validate=validators.OneOf(["extractive", "generated"]))
    index = String(metadata={"description": "The index generation that answered."})
    took_ms = Float()


class SourceOut(PlaceOut):
    """A passage between the text that surrounds it."""

    passage = String()
    kind = String()
    language = String()
    before = String()
    text = String()
    after = String()
    also_at = List(Nested(PlaceOut))


class SuggestionsOut(Schema):
    """Example questions."""

    language = String()
    suggestions = List(String())


class HealthOut(Schema):
    """That the server lives, and what it misses to answer."""

    status = String()
    ready = Boolean()
    index = String(metadata={"description": "Empty while there is none."})
    passages = Integer()
    missing = String(metadata={"description": "What keeps it from answering; empty when ready."})


class ErrorDetail(Schema):
    """What went wrong and what to do."""

    code = String()
    message = String()


class ErrorOut(Schema):
    """The one shape of every error."""

    error = Nested(ErrorDetail)

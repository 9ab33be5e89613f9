"""The nouns as JSON, and back."""

import json
from typing import TYPE_CHECKING, Any

from assistant.schema import Conflict, Field, Passage, Place, Record

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def as_json(value: "DataclassInstance") -> str:
    """Return a frozen dataclass as one line of JSON."""
    return json.dumps(value, default=vars, ensure_ascii=False)  # asdict would take ten times as long


def read_passage(values: dict[str, Any]) -> Passage:
    """Return the passage that was written as ``values``. Raises KeyError or TypeError."""
    places = tuple(_place(place) for place in values["places"])
    code = tuple((start, end) for start, end in values["code"])
    return Passage(**{**values, "places": places, "code": code})


def read_record(values: dict[str, Any]) -> Record:
    """Return the record that was written as ``values``. Raises KeyError or TypeError."""
    fields = tuple(Field(**field) for field in values["fields"])
    places = tuple(_place(place) for place in values["places"])
    conflicts = tuple(
        Conflict(**{**conflict, "place": _place(conflict["place"])}) for conflict in values["conflicts"]
    )
    return Record(**{**values, "fields": fields, "places": places, "conflicts": conflicts})


def _place(values: dict[str, Any]) -> Place:
    return Place(**{**values, "heading_path": tuple(values["heading_path"])})

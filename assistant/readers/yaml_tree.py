"""YAML as plain values that still know the line they were written on."""

from dataclasses import dataclass

import yaml

from assistant.errors import ReadError

_MAX_NODES = 200_000
_MAX_DEPTH = 60
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
# The C parser is some ten times faster; a wheel without it still reads the same.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Scalar:
    """A text, number, date or truth value, as written."""

    text: str  # "" for null
    line: int  # 1-based
    is_boolean: bool = False


@dataclass(frozen=True)
class Sequence:
    """A list."""

    items: tuple["Value", ...]
    line: int


@dataclass(frozen=True)
class Mapping:
    """Named values in the order of the source; of a repeated key the last one counts."""

    pairs: tuple[tuple[str, "Value"], ...]
    line: int

    def get(self, key: str) -> "Value":
        """Return the value under ``key``; an empty scalar where there is none."""
        return dict(self.pairs).get(key, Scalar("", self.line))

    def text(self, key: str) -> str:
        """Return the scalar under ``key``, "" where there is none."""
        value = self.get(key)
        return value.text if isinstance(value, Scalar) else ""


Value = Scalar | Sequence | Mapping


def parse_yaml(text: str, *, source: str, first_line: int = 1) -> list[Value]:
    """Return the documents of a YAML text; raises ReadError with the line of the first fault."""
    try:
        loader = _LOADER(text)
        try:
            documents = []
            while loader.check_node():
                documents.append(_Reading(source, first_line).value(loader.get_node(), 0))
            return documents
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        line = (error.problem_mark.line if error.problem_mark else 0) + first_line
        problem = error.problem or "it is not YAML"
        raise ReadError(f"{source}:{line} is not valid YAML: {problem}.") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ReadError(f"{source} is not valid YAML: {str(error).splitlines()[0]}.") from error


class _Reading:
    """Counts the nodes of one document: aliases can make a short file endless."""

    def __init__(self, source: str, first_line: int) -> None:
        self._source = source
        self._first_line = first_line
        self._nodes = 0

    def value(self, node: yaml.Node, depth: int) -> Value:
        self._nodes += 1
        line = node.start_mark.line + self._first_line
        if self._nodes > _MAX_NODES or depth > _MAX_DEPTH:
            raise ReadError(f"{self._source}:{line} is too large or too deep to read; split it.")
        if isinstance(node, yaml.SequenceNode):
            return Sequence(tuple(self.value(item, depth + 1) for item in node.value), line)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, line, depth)
        plain = not node.style
        text = "" if plain and node.value in _NULLS else str(node.value).strip()
        return Scalar(text, line, plain and node.tag == "tag:yaml.org,2002:bool")

    def _mapping(self, node: yaml.MappingNode, line: int, depth: int) -> Mapping:
        pairs: dict[str, Value] = {}
        merged: dict[str, Value] = {}
        for key, item in node.value:
            value = self.value(item, depth + 1)
            if key.tag == "tag:yaml.org,2002:merge":
                for part in value.items if isinstance(value, Sequence) else (value,):
                    merged |= dict(part.pairs) if isinstance(part, Mapping) else {}
            else:
                pairs[str(key.value) if isinstance(key, yaml.ScalarNode) else "?"] = value
        return Mapping(tuple((merged | pairs).items()), line)

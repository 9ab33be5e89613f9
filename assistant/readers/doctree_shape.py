"""Questions about the shape of a doctree, which leave it as it is."""

from collections.abc import Sequence

from docutils import nodes


def without(node: nodes.Element, child: nodes.Node) -> nodes.Element:
    """Return ``node`` as a bare box of its children but ``child``, which has been read."""
    box = _Box()
    # Not ``box += …``: that would move the children out of the tree their lines are found by.
    box.children = [other for other in node.children if other is not child]
    return box


def anchor(identifiers: Sequence[str]) -> str:
    """Return the id that the published heading links to: Sphinx puts generated ones last."""
    generated = len(identifiers) > 1 and identifiers[0].startswith("id")
    return identifiers[1 if generated else 0] if identifiers else ""


def without_metadata(document: nodes.document) -> nodes.Element:
    """Return the document without the field list above its first heading: Sphinx hides it."""
    first = document.first_child_not_matching_class(nodes.PreBibliographic)
    if first is None or not isinstance(document[first], nodes.field_list):
        return document
    return without(document, document[first])


class _Box(nodes.Element):
    """Children to be read, without a meaning of its own."""


def ancestors(node: nodes.Node) -> list[nodes.Node]:
    found: list[nodes.Node] = []
    while node.parent is not None and node.parent.parent is not None:
        node = node.parent
        found.append(node)
    return found


def inside_entry(entry: nodes.Element, table: nodes.Element) -> bool:
    """Return whether ``entry`` belongs to a table within ``table``, read with its own cell."""
    parent = entry.parent
    while parent is not table:
        if isinstance(parent, nodes.entry):
            return True
        parent = parent.parent
    return False

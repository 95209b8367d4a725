"""GraphML as a stream of nodes and edges with their places. No document type, no entities: what could expand is refused."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias
from xml.sax import SAXException, SAXParseException
from xml.sax.handler import ContentHandler

from defusedxml import DefusedXmlException
from defusedxml import sax as safe_sax

if TYPE_CHECKING:
    from xml.sax.xmlreader import AttributesImpl, Locator

    from qopt.problems.text_file import TextFile

Place: TypeAlias = tuple[int, int]


@dataclass(frozen=True)
class GraphmlEdge:
    """An edge as it stands in the file.

    Attributes:
        source: Label of a node.
        target: Label of a node.
        weight: Text of the attribute named `weight`, where there is one.
        place: Line and column of the edge.
    """

    source: str
    target: str
    weight: str | None
    place: Place


class _Handler(ContentHandler):
    """Collects nodes and edges; knows of attributes only the edges' `weight`."""

    def __init__(self, file: TextFile) -> None:
        super().__init__()
        self.nodes: list[tuple[str, Place]] = []
        self.edges: list[GraphmlEdge] = []
        self._file = file
        self._locator: Locator | None = None
        self._graphs = 0
        self._weight_key: str | None = None
        self._default: str | None = None
        self._inside: str | None = None  # `key`, `default`, `edge` or `weight`: where text would mean a weight.
        self._text: list[str] = []

    @property
    def place(self) -> Place:
        """Line and column of what is parsed now."""
        if self._locator is None:
            return 1, 1
        return self._locator.getLineNumber() or 1, (self._locator.getColumnNumber() or 0) + 1

    def setDocumentLocator(self, locator: Locator) -> None:  # noqa: N802 - SAX's name
        self._locator = locator

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 - SAX's name
        match name.rpartition(":")[2]:
            case "graph":
                self._graphs += 1
                if self._graphs > 1 or attrs.get("edgedefault") == "directed":
                    raise self._file.at(*self.place, "expected one undirected graph without graphs inside it")
            case "key" if attrs.get("for") in ("edge", "all") and attrs.get("attr.name") == "weight":
                self._weight_key = self._attribute(attrs, "key", "id")
                self._inside = "key"
            case "default" if self._inside == "key":
                self._inside, self._text = "default", []
            case "node":
                self.nodes.append((self._attribute(attrs, "node", "id"), self.place))
            case "edge":
                if attrs.get("directed") == "true":
                    raise self._file.at(*self.place, "the edge is directed, expected an undirected one")
                ends = self._attribute(attrs, "edge", "source"), self._attribute(attrs, "edge", "target")
                self.edges.append(GraphmlEdge(*ends, None, self.place))
                self._inside = "edge"
            case "data" if self._inside == "edge" and attrs.get("key") == self._weight_key is not None:
                self._inside, self._text = "weight", []
            case "hyperedge":
                raise self._file.at(*self.place, "a hyperedge joins more than two nodes, expected edges")

    def characters(self, content: str) -> None:
        if self._inside in ("default", "weight"):
            self._text.append(content)

    def endElement(self, name: str) -> None:  # noqa: N802 - SAX's name
        match name.rpartition(":")[2], self._inside:
            case "default", "default":
                self._default = "".join(self._text)
                self._inside = "key"
            case "data", "weight":
                self.edges[-1] = replace(self.edges[-1], weight="".join(self._text))
                self._inside = "edge"
            case "edge", "edge":
                if self.edges[-1].weight is None:
                    self.edges[-1] = replace(self.edges[-1], weight=self._default)
                self._inside = None
            case "key", "key":
                self._inside = None

    def _attribute(self, attrs: AttributesImpl, element: str, name: str) -> str:
        value = attrs.get(name)
        if value is None:
            raise self._file.at(*self.place, f"the {element} has no attribute {name!r}")
        return str(value)


def parse_graphml(file: TextFile) -> tuple[list[tuple[str, Place]], list[GraphmlEdge]]:
    """The labels of the nodes with their places, and the edges, in the order of the file.

    Raises:
        InputError: If it isn't well-formed XML, has a document type or entities, or holds anything but one undirected simple graph.
    """
    handler = _Handler(file)
    try:
        safe_sax.parseString(file.text.encode(), handler, forbid_dtd=True)
    except SAXParseException as error:
        place = (error.getLineNumber() or 1), (error.getColumnNumber() or 0) + 1
        raise file.at(*place, f"this is not XML: {error.getMessage()}") from None
    except DefusedXmlException:
        raise file.at(*handler.place, "a document type or entities are refused: remove the <!DOCTYPE ...>") from None
    except (SAXException, ValueError, LookupError) as error:
        raise file.at(*handler.place, f"this XML can't be read: {str(error)[:80]}") from None
    return handler.nodes, handler.edges

"""What one of Netvisor's documents says, by element, whatever the case of its tags."""

from lxml import etree

from domain import references
from integrations import fields
from integrations.fields import BadField
from integrations.xml.parsing import leaves

__all__ = ["Elements", "business_id", "country", "language"]


class Elements:
    """The texts of a document, by path in small letters."""

    def __init__(self, root: etree._Element, *, without: frozenset[str] = frozenset()) -> None:
        self._leaves = leaves(root, without=without, lower=True)

    def text(self, *paths: str) -> str:
        """What the first of the places that says something says; else empty."""
        for path in paths:
            found = self._leaves.get(path)
            if found and (text := fields.clean(found[0].text)):
                return text
        return ""

    def attribute(self, path: str, name: str) -> str:
        """An attribute of the first such element; else empty."""
        found = self._leaves.get(path)
        if not found:
            return ""
        named = (str(value) for key, value in found[0].attrib.items() if str(key).lower() == name)
        return fields.clean(next(named, ""))


def business_id(identifier: str, ovt: str, element: str) -> str | None:
    """A customer's business id or VAT number from its identifier, else the one inside its OVT code;
    None when there is neither. BadField for a wrong identifier."""
    if identifier:
        return fields.business_id_or_vat(identifier, element)
    try:
        return references.business_id_from_ovt(ovt)
    except references.InvalidBusinessIdError:
        return None


def country(elements: Elements, path: str, element: str) -> str:
    """ISO 3166-1 alpha-2: in the element, or in its attribute with the name in the element."""
    code = elements.attribute(path, "iso-3166") or elements.text(path)
    if code.casefold() in {"finland", "suomi"}:
        return "FI"
    if len(code) > 2:
        raise BadField(element, f"{fields.shown(code)} is not a two-letter country code such as FI")
    return fields.country(code, element)


def language(elements: Elements, path: str) -> str:
    """The language of a customer's letters, which Netvisor names by country: SE is Swedish."""
    code = elements.text(path).upper()
    return {"SE": "sv"}.get(code, code)

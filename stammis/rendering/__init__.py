"""Rows become messages: strict, escaped, in the person's language. Linting and previews, too."""

from stammis.rendering.brand import Brand, read_brand
from stammis.rendering.linting import lint
from stammis.rendering.reading import membership_readers
from stammis.rendering.rendering import Renderer

__all__ = ["Brand", "Renderer", "lint", "membership_readers", "read_brand"]

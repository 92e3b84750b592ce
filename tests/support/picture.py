"""Draws the rooms of the house from what they import: `make picture` writes docs/images/rooms.svg.

A line leads from a package to one that it imports; what follows from other lines is left out. The test of
docs/architecture.md draws it, too, and fails where the picture is no longer true.
"""

import ast
from html import escape

from tests.support.rooms import ORDER, PACKAGE, packages_imported

PICTURE = PACKAGE.parent / "docs" / "images" / "rooms.svg"
WIDTH, ROW, MARGIN = 1000, 92, 14  # pixels
BOX_WIDTH, BOX_HEIGHT = 186, 54
# Where in its row a package stands, so that few lines cross; one that is not here stands in the middle.
MIDDLES = {
    "commands": 500,
    "sandbox": 770,
    "run": 400,
    "demo": 900,
    "privacy": 200,
    "results": 420,
    "customers": 200,
    "gate": 410,
    "delivery": 630,
    "warehouse": 330,
    "channels": 770,
    "intake": 200,
    "rendering": 770,
    "ledger": 330,
    "journeys": 620,
    "core": 480,
}
STYLE = """
svg { font-family: system-ui, sans-serif; background: #ffffff; }
rect { fill: #f6f4ef; stroke: #8a8272; }
line { stroke: #b9b1a0; stroke-width: 1.5; }
.name { font-size: 17px; font-weight: 600; fill: #23201a; }
.about { font-size: 11.5px; fill: #5c5648; }
"""


def main() -> None:
    """Write the picture."""
    PICTURE.write_text(draw(), encoding="utf-8")
    print(f"{PICTURE} is drawn")  # noqa: T201


def draw() -> str:
    """The SVG: a row for each line of the order, commands above, core below."""
    imports = packages_imported(PACKAGE)
    rows = [[room for room in row if room in imports] for row in ORDER]
    places = _places([row for row in rows if row])
    height = ROW * len([row for row in rows if row]) + 2 * MARGIN - ROW + BOX_HEIGHT
    lines = [
        f'<line x1="{places[upper][0]}" y1="{places[upper][1] + BOX_HEIGHT}" '
        f'x2="{places[lower][0]}" y2="{places[lower][1]}"/>'
        for upper in places
        for lower in sorted(_direct(imports, upper), key=list(places).index)
    ]
    boxes = [_box(room, *places[room]) for room in places]
    size = f'width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="Packages and what they import">'
    return "\n".join([head, f"<style>{STYLE}</style>", *lines, *boxes, "</svg>", ""])


def _places(rows: list[list[str]]) -> dict[str, tuple[int, int]]:
    """Package -> the middle of its box and its upper edge, in pixels."""
    return {
        room: (MIDDLES.get(room, WIDTH // 2), MARGIN + ROW * level) for level, row in enumerate(rows) for room in row
    }


def _direct(imports: dict[str, set[str]], room: str) -> set[str]:
    """What a package imports and none of those it imports does."""
    return {other for other in imports[room] if not any(other in _below(imports, each) for each in imports[room])}


def _below(imports: dict[str, set[str]], room: str) -> set[str]:
    return imports[room].union(*(_below(imports, other) for other in imports[room]))


def _box(room: str, middle: int, top: int) -> str:
    about = (ast.get_docstring(ast.parse((PACKAGE / room / "__init__.py").read_text())) or "").splitlines()[0]
    words = about.partition(":")[0].rstrip(".")
    return (
        f'<g><rect x="{middle - BOX_WIDTH // 2}" y="{top}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="7"/>'
        f'<text class="name" x="{middle}" y="{top + 23}" text-anchor="middle">{escape(room)}</text>'
        f'<text class="about" x="{middle}" y="{top + 42}" text-anchor="middle">{escape(words)}</text></g>'
    )


if __name__ == "__main__":
    main()

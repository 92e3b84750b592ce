"""Which packages there are, which may import which, and which do."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from stammis.core.settings import PROJECT

PACKAGE = PROJECT / "stammis"

# A package imports only from the lines below its own.
ORDER = (
    ("commands", "web"),
    ("sandbox",),
    ("demo", "run"),
    ("privacy", "results"),
    ("customers", "gate", "delivery"),
    ("warehouse", "channels"),
    ("intake", "rendering"),
    ("ledger", "journeys"),
    ("core",),
)
AT_THE_EDGE = {"demo", "sandbox"}  # nothing that runs for a retailer stands on them
# Names that need no import, by which a text is run or another module reached.
RUNS_TEXT = {"exec", "eval", "compile", "__import__", "__builtins__", "__loader__", "__spec__"}


def modules(package: Path) -> dict[str, Path]:
    """Every module by its dotted name below stammis; a package's own name is its __init__.py."""
    found = {path.relative_to(package).with_suffix("").parts: path for path in sorted(package.rglob("*.py"))}
    return {".".join(parts).removesuffix("__init__").rstrip("."): path for parts, path in found.items()}


def imports_of(path: Path) -> frozenset[str]:
    """Dotted names a file imports, or reaches through what it imported, wherever in it that stands.

    A relative one begins with its dots, one of RUNS_TEXT with `builtins`.
    """
    return _imports_in(path.read_text())


@cache  # the tests plant one file in copies of all
def _imports_in(text: str) -> frozenset[str]:
    nodes = [*ast.walk(ast.parse(text))]
    imported = [pair for node in nodes for pair in _imported(node)]
    meanings = {local or name.split(".")[0]: name if local else name.split(".")[0] for local, name in imported}
    attributes = {node for node in nodes if isinstance(node, ast.Attribute)}
    whole = attributes - {node.value for node in attributes}  # of a.b.c not also a.b
    runs = {f"builtins.{node.id}" for node in nodes if isinstance(node, ast.Name) and node.id in RUNS_TEXT}
    return frozenset({name for _, name in imported} | {_reached(node, meanings) for node in whole} | runs) - {""}


def _imported(node: ast.AST) -> Iterator[tuple[str | None, str]]:
    """(what it is called here, its dotted name); `import a.b` has no name of its own: it is reached by `a`."""
    if isinstance(node, ast.Import):
        yield from ((alias.asname, alias.name) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        home = "." * node.level + (f"{node.module}." if node.module else "")
        yield from ((alias.asname or alias.name, home + alias.name) for alias in node.names)


def _reached(node: ast.expr, meanings: dict[str, str]) -> str:
    """The dotted name of `name.attribute.attribute`, where the name is an imported one; else nothing."""
    if isinstance(node, ast.Name):
        return meanings.get(node.id, "")
    if isinstance(node, ast.Attribute) and (home := _reached(node.value, meanings)):
        return f"{home}.{node.attr}"
    return ""


def own_imports(package: Path) -> dict[str, set[str]]:
    """For each module the names of ours that it imports, without `stammis.`: modules, or names in them."""
    return {
        name: {each.removeprefix("stammis.") for each in imports_of(path) if each.startswith("stammis.")}
        for name, path in modules(package).items()
    }


def packages_imported(package: Path) -> dict[str, set[str]]:
    """For each package the others that it imports."""
    imported: dict[str, set[str]] = {}
    for module, names in own_imports(package).items():
        room = module.split(".")[0]
        if room and room != "__main__":
            imported.setdefault(room, set()).update({name.split(".")[0] for name in names} - {room})
    return imported

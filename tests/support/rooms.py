"""Which packages there are, which may import which, and which do."""

import ast
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


def modules(package: Path) -> dict[str, Path]:
    """Every module by its dotted name below stammis; a package's own name is its __init__.py."""
    found = {path.relative_to(package).with_suffix("").parts: path for path in sorted(package.rglob("*.py"))}
    return {".".join(parts).removesuffix("__init__").rstrip("."): path for parts, path in found.items()}


def imports_of(path: Path) -> set[str]:
    """Dotted names a file imports, wherever in it the import stands."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


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

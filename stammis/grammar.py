"""What a template may contain, checked on its syntax tree before anything is compiled.

Jinja's sandbox stops escapes but not `{{ 9**(9**9) }}`, which hangs while compiling, nor text that
doubles itself forty times. So this is a list of what is allowed, not of what is forbidden: no
arithmetic, no loops, no variables, no calls but our own blocks. What remains is over in the time it
takes to read, and a template of this grammar needs no process of its own to be kept in.
"""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path

from jinja2 import Environment, TemplateSyntaxError, nodes

from stammis.markup import is_safe_link
from stammis.messages import TemplateError
from stammis.wording import FILTERS, WORDS

ALLOWED_FILTERS = frozenset((*FILTERS, "upper", "lower", "capitalize", "trim", "escape", "e"))
ALLOWED_NODES = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Const, nodes.Name, nodes.Getattr, nodes.Filter,
    nodes.If, nodes.CondExpr, nodes.And, nodes.Or, nodes.Not, nodes.Compare, nodes.Operand, nodes.Concat,
    nodes.Extends, nodes.Block, nodes.Include, nodes.FromImport, nodes.Macro, nodes.Call,
)  # fmt: skip
REMEDIES: dict[type[nodes.Node], str] = {
    nodes.Pow: "`**` is not for templates: numbers come ready from the data",
    nodes.Mul: "`*` is not for templates: numbers come ready from the data",
    nodes.For: "loops are not for templates: write the lines out",
    nodes.Assign: "`set` is not for templates: write the words where they are said",
    nodes.AssignBlock: "`set` is not for templates: write the words where they are said",
    nodes.Getitem: "write a dot, as in customer.first_name",
}
A_BUTTON = '{{ button(links.shop | tracked, "...") }}'
FILTER_REMEDIES = {"safe": "`|safe` would let a customer's name write HTML: leave it out"}


class TemplateFault(TemplateError):
    """One fault of one template file: where it is and what to do. `line` counts from 1."""

    def __init__(self, file: Path, line: int | None, message: str) -> None:
        super().__init__(f"{file}:{line}: {message}" if line else f"{file}: {message}")
        self.file, self.line, self.message = file, line, message


def faults(environment: Environment, source: str, file: Path, is_shared: bool = False) -> list[TemplateFault]:
    """Everything in the source that a template may not contain; [] when it can be compiled."""
    try:
        tree = environment.parse(source)
    except TemplateSyntaxError as error:
        return [
            TemplateFault(
                file,
                error.lineno,
                f"{(error.message or '').rstrip('.')}: close what is opened, check the braces",
            )
        ]
    except (RecursionError, MemoryError):
        return [TemplateFault(file, None, "is nested too deeply to be read: write it plainer")]
    imported = [name for node in tree.find_all(nodes.FromImport) for name in node.names]
    blocks = {name if isinstance(name, str) else name[1] for name in imported}
    handed = {name.name for macro in tree.find_all(nodes.Macro) for name in macro.args}
    found = dict.fromkeys(
        (line, message)
        for node in tree.find_all(nodes.Node)
        for line, message in _node_faults(node, blocks, handed, is_shared)
    )
    return [TemplateFault(file, line, message) for line, message in sorted(found)]


def _node_faults(
    node: nodes.Node, blocks: set[str], handed: set[str], is_shared: bool
) -> Iterator[tuple[int, str]]:
    fault: str | None = None
    if not isinstance(node, ALLOWED_NODES):
        word = type(node).__name__.lower()
        fault = REMEDIES.get(type(node), f"`{word}` is not for templates: see docs/marketers.md for what is")
    elif isinstance(node, nodes.Filter) and node.name not in ALLOWED_FILTERS:
        fault = FILTER_REMEDIES.get(
            node.name, f"`|{node.name}` is not a filter templates know{_suggest(node.name, ALLOWED_FILTERS)}"
        )
    elif isinstance(node, nodes.Name):
        fault = None if node.name in blocks | handed else _name_fault(node.name)
    elif isinstance(node, nodes.Getattr):
        fault = _word_fault(node)
    elif isinstance(node, nodes.Call):
        fault = _call_fault(node, blocks)
    elif isinstance(node, nodes.Macro) and not is_shared:
        fault = "blocks are made in templates/_shared/blocks.html, not in a message"
    elif isinstance(node, nodes.Extends | nodes.Include | nodes.FromImport):
        fault = _reference_fault(node.template)
    if fault:
        yield node.lineno, fault


def _name_fault(name: str) -> str | None:
    if name in WORDS or name == "super":
        return None
    everything = [f"{group}.{word}" for group, words in WORDS.items() for word in words]
    likely = [full for full in everything if full.endswith(f".{name}")]
    suggestion = f"; did you mean {likely[0]}?" if likely else _suggest(name, WORDS)
    return f"{name} is not a word templates know{suggestion}"


def _word_fault(node: nodes.Getattr) -> str | None:
    if not isinstance(node.node, nodes.Name):
        return f"nothing is known below .{node.attr}: a word has two parts, as in customer.first_name"
    group = node.node.name
    if group not in WORDS or node.attr in WORDS[group]:
        return None  # an unknown group is reported as a name
    full = f"{group}.{node.attr}"
    known = [f"{group}.{word}" for word in WORDS[group]]
    remedy = _suggest(full, known) or f": {group} has {', '.join(WORDS[group])}"
    return f"{full} is not a word templates know{remedy}"


def _call_fault(node: nodes.Call, blocks: set[str]) -> str | None:
    if not isinstance(node.node, nodes.Name) or node.node.name not in blocks | {"super"}:
        return f"only blocks from _shared/blocks.html can be called, as in {A_BUTTON}"
    if any(node.find_all(nodes.Call)):
        return "a block cannot be handed another block: write them one after the other"
    if node.node.name == "button" and not (node.args and _is_link(node.args[0])):
        return f"a button leads to one of the links, as in {A_BUTTON}"
    return None


def _is_link(node: nodes.Expr) -> bool:
    while isinstance(node, nodes.Filter) and node.node is not None:
        node = node.node
    if isinstance(node, nodes.Const):
        return isinstance(node.value, str) and is_safe_link(node.value)
    return isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name) and node.node.name == "links"


def _reference_fault(reference: nodes.Expr) -> str | None:
    start = reference.nodes[0] if isinstance(reference, nodes.Concat) else reference
    name = str(start.value) if isinstance(start, nodes.Const) else ""
    if name.startswith("_shared/") and ".." not in name:
        return None
    return 'only files of _shared can be used here, as in {% extends "_shared/email.html" %}'


def _suggest(word: str, known: Iterable[str]) -> str:
    close = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else ""

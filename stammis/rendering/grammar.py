"""What a template may contain, checked on its syntax tree before anything is compiled.

Jinja's sandbox stops escapes but not `{{ 9**(9**9) }}`, which hangs while compiling, nor text that
doubles itself forty times. So this is a list of what is allowed, not of what is forbidden: no
arithmetic, no loops, no variables, no calls but our own blocks. What remains renders in linear time, so a
template of this grammar needs no process of its own.
"""

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2 import TemplateError as JinjaError

from stammis.core.errors import TemplateError, unforeseen
from stammis.rendering import grammar_braces
from stammis.rendering.markup import is_safe_link
from stammis.rendering.wording import FILTERS, WORDS

ALLOWED_FILTERS = frozenset((*FILTERS, "upper", "lower", "capitalize", "trim", "escape", "e"))
ALLOWED_NODES = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Const,
    nodes.Name,
    nodes.Getattr,
    nodes.Filter,
    nodes.If,
    nodes.CondExpr,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Compare,
    nodes.Operand,
    nodes.Concat,
    nodes.Extends,
    nodes.Block,
    nodes.Include,
    nodes.FromImport,
    nodes.Macro,
    nodes.Call,
)
SUMS = {nodes.Pow: "**", nodes.Mul: "*", nodes.Sub: "-", nodes.Div: "/", nodes.FloorDiv: "//", nodes.Mod: "%"}
REMEDIES: dict[type[nodes.Node], str] = {
    **{sum: f"`{sign}` is not for templates: numbers come ready from the data" for sum, sign in SUMS.items()},
    nodes.Add: "`+` is not for templates: numbers come ready from the data, and `~` puts texts together",
    nodes.Tuple: "one word to a pair of braces: write {{ one }} {{ other }}",
    nodes.Test: "`is` is not for templates: write {% if customer.first_name %}, which an empty word is not",
    nodes.For: "loops are not for templates: write the lines out",
    nodes.Assign: "`set` is not for templates: write the words where they are said",
    nodes.AssignBlock: "`set` is not for templates: write the words where they are said",
    nodes.Keyword: "what stands between a block's brackets has no names: write it in order",
    nodes.ScopedEvalContextModifier: "`autoescape` would let a customer's name write HTML: leave it out",
    nodes.Getitem: "write a dot, as in customer.first_name",
}
A_BUTTON = '{{ button(links.shop | tracked, "...") }}'
FILTER_REMEDIES = {"safe": "`|safe` would let a customer's name write HTML: leave it out"}
# A word of ours that no braces keep from being sent as it is spelled.
BARE_WORD = re.compile(rf"\{{?\s{{0,9}}(\b(?:{'|'.join(WORDS)})\.\w+[^{{}}<>\n]{{0,80}}?)\s{{0,9}}\}}\}}?")
UNREAD_NUMBER = re.compile(r"\b0[0-9_]+|[0-9_]{4000,}")
UNSENDABLE = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff]")
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


class TemplateFault(TemplateError):
    """One fault of one template file: where it is and what to do. `line` counts from 1."""

    def __init__(self, file: Path, line: int | None, message: str) -> None:
        super().__init__(f"{file}:{line}: {message}" if line else f"{file}: {message}")
        self.file, self.line, self.message = file, line, message


class Unreadable(TemplateFault):
    """Braces or tags do not fit together, so nothing else in the file can be checked."""


def faults(environment: Environment, source: str, file: Path, is_shared: bool = False) -> list[TemplateFault]:
    """Return everything in the source that a template may not contain; [] when it can be compiled."""
    try:
        return _faults(environment, source, file, is_shared)
    except (RecursionError, MemoryError):
        return [TemplateFault(file, None, "is nested too deeply to be read: write it plainer")]
    except Exception as error:  # Jinja's parser raises what it will: a number of 6,000 digits, a tag of its own
        return [Unreadable(file, None, f"cannot be read: {unforeseen(error)}; compare it with docs/marketers.md")]


def _faults(environment: Environment, source: str, file: Path, is_shared: bool) -> list[TemplateFault]:
    try:
        tree = environment.parse(source)
    except TemplateSyntaxError as error:
        unread = grammar_braces.faults(environment, source)
        unread = unread or [(error.lineno, "cannot be read here: compare it with docs/marketers.md")]
        return [Unreadable(file, line, message) for line, message in unread]
    except ValueError:
        number = UNREAD_NUMBER.search(source)
        line = source.count("\n", 0, number.start()) + 1 if number else None
        return [Unreadable(file, line, grammar_braces.NO_NUMBER)]
    imported = [name for node in tree.find_all(nodes.FromImport) for name in node.names]
    blocks = {name if isinstance(name, str) else name[1] for name in imported}
    handed = {name.name for macro in tree.find_all(nodes.Macro) for name in macro.args}
    found = dict.fromkeys(
        (line, message)
        for node in tree.find_all(nodes.Node)
        for line, message in _node_faults(node, blocks, handed, is_shared)
    )
    found |= dict.fromkeys(_repeated_blocks(tree))
    if not is_shared:  # so that no file of _shared is followed into itself
        found |= dict.fromkeys((*_misused_blocks(environment, tree), *_unsent(environment, tree)))
    placed = [(line, message) for line, message in found if line] or list(found)  # what Jinja adds has no line
    return [TemplateFault(file, line, message) for line, message in sorted(placed)]


def _repeated_blocks(tree: nodes.Template) -> Iterator[tuple[int, str]]:
    seen: set[str] = set()
    for block in tree.find_all(nodes.Block):
        if block.name in seen:
            yield block.lineno, f"the block {block.name} stands here for the second time: put both into one"
        seen.add(block.name)


def _shared_tree(environment: Environment, reference: nodes.Expr) -> nodes.Template | None:
    """The syntax tree of a _shared file; None if it is unknown, or has faults, which are reported for that file."""
    if not isinstance(reference, nodes.Const) or _reference_fault(reference):
        return None
    return _parsed(environment, reference.value)


@lru_cache(maxsize=32)  # an environment reads each file as it is when first used
def _parsed(environment: Environment, name: str) -> nodes.Template | None:
    try:
        return environment.parse(environment.loader.get_source(environment, name)[0]) if environment.loader else None
    except (JinjaError, TemplateError, OSError, ValueError):  # also a name that no file can have
        return None


def _misused_blocks(environment: Environment, tree: nodes.Template) -> Iterator[tuple[int, str]]:
    """Yield calls of blocks that _shared does not have, and calls with too few or too many arguments."""
    for reference in tree.find_all(nodes.FromImport):
        shared = _shared_tree(environment, reference.template)
        if not shared:
            continue
        macros = {macro.name: macro for macro in shared.find_all(nodes.Macro)}
        for name in [name if isinstance(name, str) else name[0] for name in reference.names]:
            if name not in macros:
                remedy = _suggest(name, macros) or f": there is {', '.join(macros)}"
                yield reference.lineno, f"_shared has no block {name} here{remedy}"
        for call in tree.find_all(nodes.Call):
            macro = macros.get(call.node.name) if isinstance(call.node, nodes.Name) else None
            if macro and not len(macro.args) - len(macro.defaults) <= len(call.args) <= len(macro.args):
                wanted = ", ".join(each.name for each in macro.args)
                what = f"{macro.name} wants {len(macro.args)} things between its brackets ({wanted})"
                yield call.lineno, f"{what} and has {len(call.args)}"


def _unsent(environment: Environment, tree: nodes.Template) -> Iterator[tuple[int, str]]:
    """Yield what would be lost silently: text beside the blocks, and a block that the layout does not have."""
    layout = tree.find(nodes.Extends)
    if not layout:
        return
    shared = _shared_tree(environment, layout.template)
    is_known = shared is not None and not shared.find(nodes.Extends)  # a layout of a layout has more places
    places = [block.name for block in shared.find_all(nodes.Block)] if shared and is_known else []
    for node in tree.body:
        if is_known and isinstance(node, nodes.Block) and node.name not in places:
            remedy = _suggest(node.name, places) or f": it has {', '.join(places)}"
            yield node.lineno, f"the layout has no place for the block {node.name}, it would not be sent{remedy}"
        for part in node.nodes if isinstance(node, nodes.Output) else ():
            said = part.data if isinstance(part, nodes.TemplateData) else "a word"
            if COMMENT.sub("", said).strip():
                line = part.lineno + said[: len(said) - len(said.lstrip())].count("\n")
                yield line, "what stands here is outside of every block and would not be sent: move it into one"


def _node_faults(node: nodes.Node, blocks: set[str], handed: set[str], is_shared: bool) -> Iterator[tuple[int, str]]:
    fault: str | None = None
    if not isinstance(node, ALLOWED_NODES):
        word = type(node).__name__.lower()
        fault = REMEDIES.get(type(node), f"`{word}` is not for templates: see docs/marketers.md for what is")
    elif isinstance(node, nodes.Filter) and node.name not in ALLOWED_FILTERS:
        fault = FILTER_REMEDIES.get(
            node.name, f"`|{node.name}` is not a filter templates know{_suggest(node.name, ALLOWED_FILTERS)}"
        )
    elif isinstance(node, nodes.TemplateData):
        yield from _bare_words(node)
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
    elif isinstance(node, nodes.Const) and isinstance(node.value, str) and UNSENDABLE.search(node.value):
        fault = "a text here holds an invisible character, or half a one: delete it"
    if fault:
        yield node.lineno or 0, fault


def _bare_words(node: nodes.TemplateData) -> Iterator[tuple[int, str]]:
    for bare in BARE_WORD.finditer(node.data):
        line = node.lineno + node.data.count("\n", 0, bare.start(1))
        yield line, f"`{bare.group(0).strip()}` would be read as it stands: write `{{{{ {bare.group(1)} }}}}`"


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

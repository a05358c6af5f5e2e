"""Reads Pipecat's own Python files without running them.

Most services import the SDK of their provider at the top of their module, so a service whose SDK is not there can be
read but not imported.
"""

import ast
import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from app.agent.syntax import parse
from app.domain.errors import UserError

PACKAGE = "pipecat"
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Import:
    """A name that a module takes from elsewhere; `attribute` is empty where it is the module itself."""

    module: str
    attribute: str


Binding = ast.ClassDef | ast.expr | Import


@dataclass(frozen=True, slots=True)
class Expression:
    """What a name was assigned, and the module in which to read it."""

    node: ast.expr
    module: "Module"


@dataclass(eq=False)
class Module:
    """A module of Pipecat as text. `name` is its full dotted name."""

    name: str
    tree: ast.Module
    is_package: bool
    sources: "Sources" = field(repr=False)

    @cached_property
    def bindings(self) -> dict[str, Binding]:
        """What its names stand for."""
        return dict(self._bound(self.tree.body))

    @cached_property
    def classes(self) -> "tuple[ClassSource, ...]":
        """The classes that it defines at its top level, in the order of the text."""
        nodes = [node for node in self.bindings.values() if isinstance(node, ast.ClassDef)]
        return tuple(self.sources.class_of(self, node) for node in nodes)

    def find(self, name: str) -> "ClassSource | Expression | Module | None":
        """What a name stands for here, followed to where it is defined; None outside Pipecat."""
        bound = self.bindings.get(name)
        if isinstance(bound, ast.ClassDef):
            return self.sources.class_of(self, bound)
        if isinstance(bound, Import):
            return self.sources.imported(bound)
        return Expression(bound, self) if bound is not None else None

    def absolute(self, node: ast.ImportFrom) -> str:
        """The full name of the module that a `from` statement names."""
        if not node.level:
            return node.module or ""
        parts = self.name.split(".")
        kept = parts[: len(parts) - node.level + (1 if self.is_package else 0)]
        return ".".join([*kept, *([node.module] if node.module else [])])

    def _bound(self, body: Sequence[ast.stmt]) -> Iterator[tuple[str, Binding]]:
        for node in body:
            yield from self._bound_by(node)

    def _bound_by(self, node: ast.stmt) -> Iterator[tuple[str, Binding]]:
        match node:
            case ast.ClassDef(name=name):
                yield name, node
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield name, value
            case ast.Import() | ast.ImportFrom():
                yield from self._imported(node)
            case ast.If(body=body) | ast.Try(body=body):
                yield from self._bound(body)
            case _:
                pass

    def _imported(self, node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, Import]]:
        for each in node.names:
            if isinstance(node, ast.Import):
                yield each.asname or each.name, Import(each.name, "")
            else:
                yield each.asname or each.name, Import(self.absolute(node), each.name)


@dataclass(eq=False)
class ClassSource:
    """A class of Pipecat as text."""

    module: Module
    node: ast.ClassDef
    outer: "ClassSource | None" = None

    @property
    def name(self) -> str:
        return self.node.name

    @property
    def doc(self) -> str:
        return ast.get_docstring(self.node) or ""

    @cached_property
    def bases(self) -> "tuple[ClassSource, ...]":
        """Its bases that are Pipecat's."""
        found = (self.find(_bare(base)) for base in self.node.bases)
        return tuple(base for base in found if isinstance(base, ClassSource))

    @cached_property
    def outside_bases(self) -> tuple[str, ...]:
        """The names of the bases, its own and inherited, that are not Pipecat's."""
        own = [ast.unparse(_bare(base)).rsplit(".", 1)[-1] for base in self.node.bases]
        known = {base.name for base in self.bases}
        inherited = [name for base in self.bases for name in base.outside_bases]
        return (*(name for name in own if name not in known), *inherited)

    @cached_property
    def lineage(self) -> "tuple[ClassSource, ...]":
        """Itself and its bases in the order in which Python looks attributes up."""
        return tuple(twin.__dict__["source"] for twin in self._twin.__mro__[:-1])

    @cached_property
    def _twin(self) -> type:
        # Python's own linearization, of empty classes with the same bases.
        bases = tuple(dict.fromkeys(base._twin for base in self.bases))  # noqa: SLF001
        return type(self.name, bases or (object,), {"source": self})

    @cached_property
    def functions(self) -> dict[str, Function]:
        """Those that it defines itself."""
        found = (node for node in self.node.body if isinstance(node, Function))
        return {node.name: node for node in found}

    def function(self, name: str) -> "tuple[ClassSource, Function] | None":
        """Its own or inherited function and the class that defines it."""
        for owner in self.lineage:
            if name in owner.functions:
                return owner, owner.functions[name]
        return None

    def attribute(self, name: str) -> "ClassSource | Expression | Module | None":
        """What its own or inherited attribute of that name is."""
        for owner in self.lineage:
            found = owner.own_attribute(name)
            if found is not None:
                return found
        return None

    def own_attribute(self, name: str) -> "ClassSource | Expression | Module | None":
        """The attribute that the class itself sets."""
        for node in self.node.body:
            match node:
                case ast.ClassDef(name=named) if named == name:
                    return self.module.sources.class_of(self.module, node, self)
                case ast.Assign(targets=[ast.Name(id=named)], value=value) if named == name:
                    return self.find(value) or Expression(value, self.module)
                case _:
                    pass
        return None

    def find(self, node: ast.expr) -> "ClassSource | Expression | Module | None":
        """What a name, dotted or not, stands for inside this class; None outside Pipecat."""
        match node:
            case ast.Name(id=name):
                return self._near(name) or self.module.find(name)
            case ast.Attribute(value=value, attr=name):
                within = self.find(value)
                if isinstance(within, ClassSource):
                    return within.attribute(name)
                return within.find(name) if isinstance(within, Module) else None
            case _:
                return None

    def _near(self, name: str) -> "ClassSource | None":
        found = next(
            (n for n in self.node.body if isinstance(n, ast.ClassDef) and n.name == name), None
        )
        if found is not None:
            return self.module.sources.class_of(self.module, found, self)
        bound = self._assigned(name)
        return bound if isinstance(bound, ClassSource) else None

    def _assigned(self, name: str) -> "ClassSource | Expression | Module | None":
        for node in self.node.body:
            match node:
                case ast.Assign(targets=[ast.Name(id=named)], value=ast.Name(id=other)) if (
                    named == name
                ):
                    return self.module.find(other)
                case ast.Assign(targets=[ast.Name(id=named)], value=ast.Attribute() as value) if (
                    named == name
                ):
                    return self.find(value)
                case _:
                    pass
        return None


class Sources:
    """The modules of an installed Pipecat, each read once. Not to be used from two threads at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._modules: dict[str, Module | None] = {}
        self._classes: dict[ast.ClassDef, ClassSource] = {}

    def module(self, name: str) -> Module | None:
        """The module of that full name; None where Pipecat has none."""
        if name not in self._modules:
            self._modules[name] = self._read(name)
        return self._modules[name]

    def below(self, name: str) -> Iterator[Module]:
        """All modules of a package, in the order of their names."""
        folder = self._folder.joinpath(*name.split(".")[1:])
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            kept = parts[:-1] if parts[-1] == "__init__" else parts
            module = self.module(".".join((name, *kept)))
            if module is not None:
                yield module

    def class_of(
        self, module: Module, node: ast.ClassDef, outer: ClassSource | None = None
    ) -> ClassSource:
        """The one object that stands for a class."""
        if node not in self._classes:
            self._classes[node] = ClassSource(module, node, outer)
        return self._classes[node]

    def imported(self, found: Import) -> ClassSource | Expression | Module | None:
        """What an imported name stands for; None outside Pipecat."""
        if found.module.split(".")[0] != PACKAGE:
            return None
        module = self.module(found.module)
        if not found.attribute or module is None:
            return module
        return module.find(found.attribute) or self.module(f"{found.module}.{found.attribute}")

    def _read(self, name: str) -> Module | None:
        parts = name.split(".")
        stem = self._folder.joinpath(*parts[1:])
        for path in (stem / "__init__.py", stem.with_suffix(".py")):
            if parts[0] == PACKAGE and path.is_file():
                tree = parse(path.read_bytes(), str(path))
                return Module(name, tree, path.name == "__init__.py", self)
        return None


def installed_sources() -> Sources:
    """Those of the Pipecat that this Python would import. Raises `UserError` where there is none."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise UserError(
            "Pipecat is not installed.", "Install what Greenroom needs once more; see its README."
        )
    return Sources(Path(spec.submodule_search_locations[0]))


def _bare(base: ast.expr) -> ast.expr:
    """A base without its type arguments."""
    return base.value if isinstance(base, ast.Subscript) else base

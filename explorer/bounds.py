"""The checked build of the kernels: from the same source, every index within its array.

The kernels run on bare pointers, where a wrong index reads or writes anything. With the environment
variable ISLANDER_CHECKED_KERNELS they are compiled for arrays that know their lengths, and every
subscript of their source is asked first whether it lies within, a negative one included, which
NumPy would count from the end. One that does not is a `DefectError` with its line in kernels.py.

It is for tests and for those who change the kernels: they are compiled anew by every process, and
run slower.
"""

from __future__ import annotations

import ast
import inspect
import operator
import textwrap
from collections.abc import Callable
from typing import Any

import numba
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, overload, register_model

from .errors import DefectError


class Bounded(types.Type):
    """A pointer to so many items of one type."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype
        super().__init__(f"Bounded({dtype})")


@register_model(Bounded)
class _BoundedModel(models.StructModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        members = [("data", types.CPointer(kind.dtype)), ("length", types.int64)]
        super().__init__(manager, kind, members)


def njit(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """As numba's, of the function with all its subscripts checked. Nothing is cached, so neither
    build ever loads what is the other's, and nothing inlined, which would only compile longer."""
    options = {**options, "cache": False, "forceinline": False}
    return lambda function: numba.njit(**options)(with_checks(function))


def with_checks(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, in which every index is passed through `within`."""
    lines, first = inspect.getsourcelines(function)
    tree = ast.parse(textwrap.dedent("".join(lines)))
    ast.increment_lineno(tree, first - 1)
    definition = tree.body[0]
    assert isinstance(definition, ast.FunctionDef)
    definition.decorator_list = []
    tree = ast.fix_missing_locations(_Subscripts().visit(tree))
    made: dict[str, Any] = {}
    names = function.__globals__
    names["within"] = within
    exec(compile(tree, function.__code__.co_filename, "exec"), names, made)
    checked: Callable[..., Any] = made[function.__name__]
    return checked


class _Subscripts(ast.NodeTransformer):
    """Lets every index of a subscript pass through `within`."""

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.value, ast.Attribute) and node.value.attr == "shape":
            return node
        if isinstance(node.slice, ast.Tuple):
            indices = [self._checked(node, at, one) for at, one in enumerate(node.slice.elts)]
            node.slice = ast.Tuple(indices, ast.Load())
        else:
            node.slice = self._checked(node, 0, node.slice)
        return node

    def _checked(self, node: ast.Subscript, axis: int, index: ast.expr) -> ast.expr:
        if isinstance(index, ast.Slice):
            return index
        value = ast.parse(ast.unparse(node.value), mode="eval").body
        where = [ast.Constant(axis), ast.Constant(node.lineno)]
        return ast.Call(ast.Name("within", ast.Load()), [value, index, *where], [])


def _extent(array: Any, axis: int) -> int:
    """How many items an array has along an axis."""
    raise NotImplementedError


@overload(_extent, strict=False)
def _(array: Any, axis: Any) -> Any:
    if isinstance(array, Bounded):
        return lambda array, axis: _length(array)
    return lambda array, axis: array.shape[axis]


@numba.njit(nogil=True)
def within(array: Any, index: Any, axis: int, line: int) -> Any:
    """The index, which lies within the array. Raises DefectError if it does not."""
    if index < 0 or index >= _extent(array, axis):
        raise DefectError("a kernel's index lies outside its array: kernels.py, line", line)
    return index


@intrinsic
def _length(typingctx: Any, bounded: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _struct(context, builder, signature.args[0], arguments[0]).length

    return types.int64(bounded), generate


@intrinsic
def _data(typingctx: Any, bounded: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _struct(context, builder, signature.args[0], arguments[0]).data

    return types.CPointer(bounded.dtype)(bounded), generate


def _struct(context: Any, builder: Any, kind: Any, value: Any = None) -> Any:
    return cgutils.create_struct_proxy(kind)(context, builder, value=value)


@overload(operator.getitem, strict=False)
def _(bounded: Any, index: Any) -> Any:
    if isinstance(bounded, Bounded):
        return lambda bounded, index: _data(bounded)[index]
    return None


@overload(operator.setitem, strict=False)
def _(bounded: Any, index: Any, value: Any) -> Any:
    if not isinstance(bounded, Bounded):
        return None

    def write(bounded: Any, index: Any, value: Any) -> None:
        _data(bounded)[index] = value

    return write


# -- what the kernels have in place of pointers ----------------------------------------------------


def _bound(context: Any, builder: Any, kind: Any, array: Any) -> Any:
    """What an array says of itself, without its count of references."""
    given = context.make_array(kind)(context, builder, array)
    made = _struct(context, builder, Bounded(kind.dtype))
    made.data, made.length = given.data, given.nitems
    return made._getvalue()


@intrinsic
def pointers(typingctx: Any, arrays: Any) -> Any:
    """In place of `kernels._pointers`."""
    kinds = [Bounded(array.dtype) for array in arrays.types]
    made = types.NamedTuple(kinds, arrays.instance_class)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        bounded = [
            _bound(context, builder, kind, builder.extract_value(arguments[0], at))
            for at, kind in enumerate(signature.args[0].types)
        ]
        return context.make_tuple(builder, signature.return_type, bounded)

    return made(arrays), generate


@intrinsic
def pointer(typingctx: Any, array: Any) -> Any:
    """In place of `kernels._pointer`."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _bound(context, builder, signature.args[0], arguments[0])

    return Bounded(array.dtype)(array), generate


@intrinsic
def _words(typingctx: Any, address: Any, length: Any) -> Any:
    """So many 64-bit words at an address."""
    kind = Bounded(types.uint64)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        made = _struct(context, builder, kind)
        word = context.get_value_type(types.CPointer(types.uint64))
        made.data, made.length = builder.inttoptr(arguments[0], word), arguments[1]
        return made._getvalue()

    return kind(types.int64, types.int64), generate


@numba.njit(nogil=True)
def words_at(blocks: Any, owner: int) -> Any:
    """In place of `kernels._words_at`."""
    within(blocks, 2 * owner + 1, 0, 0)
    return _words(_data(blocks)[2 * owner], _data(blocks)[2 * owner + 1])


@numba.njit(nogil=True)
def prefetch(bounded: Any, index: int) -> None:
    """In place of `kernels._prefetch`, which need not be asked to load what is before the array:
    an empty place names no row."""
    if index >= 0:
        within(bounded, index, 0, 0)


def compare_line(compare: Any, entries: int) -> Any:
    """In place of `kernels._compare_line`, which compares so many entries."""

    @numba.njit(nogil=True)
    def checked(table: Any, line: int, tag: int) -> Any:
        within(table, line * entries, 0, 0)
        within(table, line * entries + entries - 1, 0, 0)
        return compare(_data(table), line, tag)

    return checked

"""Types that a program declares: layout, attribute access, registration.

    Node = heap.type("Node", refs=["next"], fields={"value": c_int64})
    node = Node(value=7)
    node.next = node

The payload has the reference slots first, then the value fields in the order given, aligned as in C, then the items.
The library knows a type as long as the process lives; so types of one shape share one registration across heaps, while
the Python class and its callables belong to their heap.
"""

from __future__ import annotations

import ctypes
import keyword
from collections.abc import Iterable as IterableABC, Mapping as MappingABC
from threading import Lock
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, List, Mapping, Optional, Tuple, Type, Union

from . import _callbacks, _raw
from ._handle import Handle, address_or_null
from ._native import held
from .containers import POINTER_SIZE, place
from .errors import check, need

if TYPE_CHECKING:
    from .heap import Heap

__all__ = ["Instance", "Items", "Ref"]

_INTEGER_CODES = frozenset("bBhHiIlLqQP")
_FOREIGN_CODES = frozenset("OzZ")
_MAX_UINT32 = 0xFFFF_FFFF


class Ref:
    """Stands for "a strong reference" where a kind of item is asked for: ``heap.type("Row", items=Ref)``."""


ItemKind = Optional[Type[Any]]

# Value fields


def check_kind(kind: Any, what: str) -> None:
    """Refuse what is no ctypes type, or is a pointer to something that Python would have to keep alive."""
    if isinstance(kind, type) and issubclass(kind, ctypes.Array):
        check_kind(kind._type_, what)
    elif isinstance(kind, type) and issubclass(kind, (ctypes.Structure, ctypes.Union)):
        for field in getattr(kind, "_fields_", ()):
            check_kind(field[1], f"{what}.{field[0]}")
    elif not (isinstance(kind, type) and issubclass(kind, ctypes._SimpleCData)):
        raise TypeError(f"{what} must be a ctypes type without pointers to Python memory, not {kind!r}")
    elif kind._type_ in _FOREIGN_CODES:  # type: ignore[attr-defined]
        raise TypeError(f"{what} can't be {kind.__name__}: nobody would keep alive what it points to")


def read_value(kind: Any, address: int) -> Any:
    """The value at an address; arrays and structures are copied out."""
    cell = kind.from_address(address)
    return cell.value if issubclass(kind, ctypes._SimpleCData) else kind.from_buffer_copy(cell)


def write_value(kind: Any, address: int, value: Any) -> None:
    """Store a value; an integer that does not fit is an ``OverflowError`` and never cut off."""
    if isinstance(value, kind):
        cell = value
    elif issubclass(kind, ctypes._SimpleCData):
        cell = kind(value)
        if kind._type_ in _INTEGER_CODES and cell.value != value and (cell.value or value):
            raise OverflowError(f"{value} does not fit in {kind.__name__}")
    else:
        cell = kind(*value)
    ctypes.memmove(address, ctypes.addressof(cell), ctypes.sizeof(kind))


class _ValueField:
    """A value in the payload, as an attribute."""

    def __init__(self, name: str, offset: int, kind: Any) -> None:
        self.name, self.offset, self.kind = name, offset, kind

    def __get__(self, instance: Optional[Handle], _owner: Any = None) -> Any:
        if instance is None:
            return self
        with instance._heap._guard:
            return read_value(self.kind, instance._memory() + self.offset)

    def __set__(self, instance: Handle, value: Any) -> None:
        with instance._heap._guard:
            write_value(self.kind, instance._memory() + self.offset, value)

    def __repr__(self) -> str:
        return f"<field {self.name}: {self.kind.__name__} at offset {self.offset}>"


class _RefField:
    """A strong reference in the payload, as an attribute."""

    def __init__(self, name: str, offset: int) -> None:
        self.name, self.offset = name, offset

    def __get__(self, instance: Optional[Handle], _owner: Any = None) -> Any:
        if instance is None:
            return self
        heap = instance._heap
        with heap._guard:
            slot = ctypes.c_void_p.from_address(instance._memory() + self.offset)
            return heap._load(lambda: slot.value)

    def __set__(self, instance: Handle, value: Any) -> None:
        heap = instance._heap
        with heap._guard:
            target = address_or_null(value, self.name)
            check(heap._api.store(instance._memory() + self.offset, target))

    def __repr__(self) -> str:
        return f"<reference {self.name} at offset {self.offset}>"


# Instances


class Instance(Handle):
    """An object of a declared type. Call the class that ``Heap.type`` returns to make one."""

    __slots__ = ()

    _declared_in: Heap
    _type_id = 0
    _names: Tuple[str, ...] = ()

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

        def __setattr__(self, name: str, value: Any) -> None: ...

    def __init_subclass__(cls, **named: Any) -> None:
        """Whoever derives from a declared type, to give it methods, takes its place: objects come back as that class."""
        super().__init_subclass__(**named)
        if not cls._type_id or "_type_id" in vars(cls):
            return
        if cls.__dictoffset__:
            raise TypeError(f"{cls.__name__} needs __slots__ = (): a handle keeps nothing, the object does")
        kinds = cls._declared_in._kinds
        if kinds[cls._type_id] not in cls.__mro__:
            raise TypeError(f"{kinds[cls._type_id].__name__} has taken the place of {cls.__base__.__name__} already")
        kinds[cls._type_id] = cls

    def __new__(cls, *positional: Any, **named: Any) -> Any:
        if not cls._type_id:
            raise TypeError("types are declared with Heap.type")
        if positional:
            raise TypeError(f"{cls.__name__} takes its fields by name")
        heap = cls._declared_in
        with heap._guard:
            self = heap._new(cls, heap._api.alloc, heap._live(), cls._type_id)
        return self._fill(named)

    @classmethod
    def _slot(cls, name: object) -> int:
        """Where in the payload the reference of this name is."""
        for kind in cls.__mro__:
            field = vars(kind).get(name) if isinstance(name, str) else None
            if isinstance(field, _RefField):
                return field.offset
        raise AttributeError(f"{cls.__name__} has no reference {name!r}")

    def _fill(self, named: Mapping[str, Any]) -> Any:
        for name, value in named.items():
            if name not in self._names:
                raise TypeError(f"{type(self).__name__} has no field {name!r}")
            setattr(self, name, value)
        return self


class Items(Instance):
    """An object with trailing items. ``Row(3)`` has three empty ones, ``Row([a, b])`` two that are set."""

    __slots__ = ()

    _items_at = 0
    _item_kind: ItemKind = None

    def __new__(cls, items: Union[int, Iterable[Any]], **named: Any) -> Any:
        values: List[Any] = [] if isinstance(items, int) else list(items)
        count = items if isinstance(items, int) else len(values)
        if count < 0:
            raise ValueError(f"{cls.__name__} can't have {count} items")
        heap = cls._declared_in
        with heap._guard:
            self = heap._new(cls, heap._api.alloc_items, heap._live(), cls._type_id, count)
        for position, value in enumerate(values):
            self[position] = value
        return self._fill(named)

    def __len__(self) -> int:
        heap = self._heap
        with heap._guard:
            self._memory()
            return int(heap._api.item_count(self._address))

    def _item(self, index: Any) -> int:
        kind: Any = self._item_kind
        size = POINTER_SIZE if kind is Ref else ctypes.sizeof(kind)
        return self._memory() + self._items_at + size * place(index, len(self), type(self).__name__)

    def __getitem__(self, index: int) -> Any:
        heap = self._heap
        with heap._guard:
            if self._item_kind is not Ref:
                return read_value(self._item_kind, self._item(index))
            slot = ctypes.c_void_p.from_address(self._item(index))
            return heap._load(lambda: slot.value)

    def __setitem__(self, index: int, value: Any) -> None:
        heap = self._heap
        with heap._guard:
            if self._item_kind is not Ref:
                write_value(self._item_kind, self._item(index), value)
            else:
                check(heap._api.store(self._item(index), address_or_null(value, "item")))


# Declaring

_shapes: Dict[Tuple[Any, ...], List[int]] = {}
_shapes_lock = Lock()


def declare(
    heap: Heap,
    name: str,
    refs: Iterable[str],
    fields: Mapping[str, Any],
    items: ItemKind,
    finalizer: Optional[Callable[[Any], Any]],
    destroy: Optional[Callable[[Any], Any]],
    acyclic: bool,
) -> Type[Any]:
    """The class for a type of this heap; see ``Heap.type``."""
    if not isinstance(name, str):
        raise TypeError(f"name must be a str, not {type(name).__name__}")
    if isinstance(refs, str):
        raise TypeError("refs is a sequence of names, not one string")
    if not isinstance(refs, IterableABC):
        raise TypeError(f"refs must be a sequence of names, not {type(refs).__name__}")
    if not isinstance(fields, MappingABC):
        raise TypeError(f"fields must be a mapping, not {type(fields).__name__}")
    for callback, what in ((finalizer, "finalizer"), (destroy, "destroy")):
        if callback is not None and not callable(callback):
            raise TypeError(f"{what} must be callable")
    if not name or "\0" in name:
        raise ValueError(f"{name!r} can't be a type's name")
    base = Instance if items is None else Items
    namespace: Dict[str, Any] = {"__slots__": (), "__module__": "refruntime"}

    def add(field_name: str, field: Any) -> None:
        if not (isinstance(field_name, str) and field_name.isidentifier()) or keyword.iskeyword(field_name):
            raise ValueError(f"{field_name!r} can't be an attribute's name")
        if field_name.startswith("_") or hasattr(base, field_name):
            raise ValueError(f"the name {field_name!r} is taken by the handle itself")
        if field_name in namespace:
            raise ValueError(f"the field {field_name!r} is there twice")
        namespace[field_name] = field

    end = 0
    offsets = []
    ref_names = list(refs)
    for ref_name in ref_names:
        add(ref_name, _RefField(ref_name, end))
        offsets.append(end)
        end += POINTER_SIZE
    for field_name, kind in fields.items():
        check_kind(kind, f"field {field_name}")
        end = _aligned(end, ctypes.alignment(kind))
        add(field_name, _ValueField(field_name, end, kind))
        end += ctypes.sizeof(kind)
    item_size = 0
    if items is Ref:
        item_size, end = POINTER_SIZE, _aligned(end, POINTER_SIZE)
    elif items is not None:
        check_kind(items, "items")
        item_size, end = ctypes.sizeof(items), _aligned(end, ctypes.alignment(items))
    if max(end, item_size) > _MAX_UINT32:
        raise OverflowError(f"the type {name} is too large: {end} bytes, {item_size} for each item")

    flags = (_raw.RR_TYPE_ITEMS_ARE_REFS if items is Ref else 0) | (_raw.RR_TYPE_ACYCLIC if acyclic else 0)
    shape = (name, flags, end, item_size, tuple(offsets), tuple(ref_names), finalizer is not None, destroy is not None)
    namespace.update(
        _declared_in=heap,
        _names=tuple(key for key in namespace if not key.startswith("_")),
        _items_at=end,
        _item_kind=items,
        __doc__=f"Objects of type {name}, declared with ``Heap.type``.",
    )
    type_id = _type_id(heap, shape)
    namespace["_type_id"] = type_id
    cls = type(name, (base,), namespace)
    heap._kinds[type_id] = cls
    heap._hooks[type_id] = (finalizer, destroy)
    return cls


def _aligned(offset: int, alignment: int) -> int:
    return (offset + alignment - 1) // alignment * alignment


def _type_id(heap: Heap, shape: Tuple[Any, ...]) -> int:
    """A registration of this shape that the heap does not use yet, made when there is none."""
    with _shapes_lock:
        known = _shapes.setdefault(shape, [])
        for type_id in known:
            if type_id not in heap._kinds:
                return type_id
        known.append(_register(*shape))
        return known[-1]


def _register(
    name: str,
    flags: int,
    size: int,
    item_size: int,
    offsets: Tuple[int, ...],
    ref_names: Tuple[str, ...],
    finalizes: bool,
    destroys: bool,
) -> int:
    info = _raw.rr_type_info(struct_size=ctypes.sizeof(_raw.rr_type_info), flags=flags, name=name.encode())
    table = (ctypes.c_uint32 * len(offsets))(*offsets)
    info.ref_offsets = ctypes.cast(table, ctypes.POINTER(ctypes.c_uint32))
    info.ref_names = (ctypes.c_char_p * len(ref_names))(*(ref_name.encode() for ref_name in ref_names))
    info.size, info.item_size, info.ref_count = size, item_size, len(offsets)
    if finalizes:
        info.finalize = _callbacks.finalize
    if destroys:
        info.destroy = _callbacks.destroy
    return need(held.type_new(ctypes.byref(info)))

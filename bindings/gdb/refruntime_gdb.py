"""GDB commands for programs that use librefruntime.so: what a pointer is, what a heap holds, who refers to whom.

Installed as librefruntime.so.VERSION-gdb.py beside the library, where GDB finds it by itself if it may:

    add-auto-load-safe-path PREFIX/lib          (once, in ~/.gdbinit; or source the file by hand)

Then:

    rr info EXPRESSION          what the pointer leads to: object, freed block, raw memory, heap
    rr heaps                    the heaps of the process
    rr heap [EXPRESSION]        one heap, or the only one: sizes, and its objects by type
    rr objects [TYPE] [LIMIT]   the live objects, of all types or one
    rr referrers EXPRESSION     the objects that refer to it, and how many references come from elsewhere
    print *p, print p           pointers to objects show type and count

Nothing is called in the program and nothing changed, so that all of it works on a core file, in a crashed process, and in
the middle of the library's own code. Where things lie is read from the library (its section .refruntime), not known here.
"""

import struct

import gdb
import gdb.printing

FORMAT_VERSION = 1
MAX_REFERENCES = 24


class Missing(gdb.GdbError):
    """What can't be shown, in words for the user."""


# ---- Memory ------------------------------------------------------------------------------------------------------------


def read(address, size):
    """Bytes of the program's memory."""
    try:
        return bytes(gdb.selected_inferior().read_memory(address, size))
    except gdb.MemoryError:
        raise Missing("no memory at 0x%x" % address) from None


def number(address, size):
    return int.from_bytes(read(address, size), "little")


def word(address):
    return number(address, 8)


def half(address):
    return number(address, 4)


def text(address, limit=256):
    data = b""
    while len(data) < limit and b"\0" not in data:
        try:
            data += read(address + len(data), 32)
        except Missing:  # the page ends before the next 32 bytes do
            data += read(address + len(data), 1)
    return data.split(b"\0")[0].decode("utf-8", "replace")


class Layout:
    """The numbers by name that the library tells debuggers: native/debug_table.c."""

    cache = None

    def __init__(self):
        table = self.find()
        if table is None:
            raise Missing("librefruntime.so is not loaded")
        if read(table, 24).rstrip(b"\0") != b"RefRuntime debug table":
            raise Missing("the section .refruntime of librefruntime.so is not readable: in a core file, was it left out?")
        version, count = struct.unpack("<QQ", read(table + 24, 16))
        if version != FORMAT_VERSION:
            raise Missing("librefruntime.so speaks version %d of the debug table, this script %d" % (version, FORMAT_VERSION))
        self.numbers = {}
        for name, value in struct.iter_unpack("<32sQ", read(table + 40, 40 * count)):
            self.numbers[name.split(b"\0")[0].decode()] = value
        if not self.numbers:
            raise Missing("librefruntime.so has not started yet")

    @staticmethod
    def find():
        """Where the library's section lies. GDB tells of sections in this list only."""
        for line in gdb.execute("info files", to_string=True).splitlines():
            if " is .refruntime" in line:
                return int(line.split()[0], 16)
        return None

    def __getitem__(self, name):
        if name not in self.numbers:
            raise Missing("librefruntime.so does not say '%s' to debuggers: it is of another release than this script" % name)
        return self.numbers[name]

    @classmethod
    def get(cls):
        """The layout, read once for each process."""
        if cls.cache is None:
            cls.cache = cls()
        return cls.cache

    @classmethod
    def forget(cls, _event=None):
        cls.cache = None


# ---- Types -------------------------------------------------------------------------------------------------------------


class Type:
    def __init__(self, index):
        layout = Layout.get()
        self.index = index
        self.exists = index < half(layout["type_count_at"])
        if not self.exists:
            self.name = "?"
            return
        shift = layout["type_chunk_shift"]
        chunk = word(layout["type_directory"] + 8 * (index >> shift))
        at = chunk + (index & ((1 << shift) - 1)) * layout["type.bytes"]
        name = word(at + layout["type.name"])
        self.exists = name != 0
        self.name = text(name) if self.exists else "?"
        self.shape = half(at + layout["type.shape"])
        self.size = half(at + layout["type.size"])
        self.item_size = half(at + layout["type.item_size"])
        count = half(at + layout["type.offset_count"])
        offsets = word(at + layout["type.offsets"])
        self.offsets = struct.unpack("<%dI" % count, read(offsets, 4 * count)) if count else ()
        self.tag_offset = half(at + layout["type.tag_offset"])
        self.pointer_offset = half(at + layout["type.pointer_offset"])
        self.mask, self.low, self.high, self.pointer_mask = (
            word(at + layout["type." + name]) for name in ("mask", "low", "high", "pointer_mask")
        )

    cache = {}

    @classmethod
    def get(cls, index):
        if index not in cls.cache:
            made = cls(index)
            if not made.exists:
                return made
            cls.cache[index] = made
        return cls.cache[index]

    def has(self, shape):
        return self.shape & Layout.get()["shape." + shape] != 0

    def reference(self, slot):
        """The reference in a slot that may be a tagged value; 0 = none."""
        if not self.has("offset_values") and not self.has("item_values"):
            return word(slot)
        tag = word(slot + self.tag_offset) & self.mask
        return word(slot + self.pointer_offset) & self.pointer_mask if self.low <= tag <= self.high else 0


# ---- What lies at an address ------------------------------------------------------------------------------------------


class Page:
    def __init__(self, at):
        layout = Layout.get()
        self.at = at
        self.kind = number(at + layout["page.kind"], 1)
        self.is_raw = number(at + layout["page.domain"], 1) == layout["domain.raw"]
        self.start = word(at + layout["page.start"])
        self.is_small = self.kind == layout["kind.small"]
        self.is_large = self.kind == layout["kind.large"]
        self.carved = number(at + layout["page.carved"], 2) if self.is_small else 1
        self.block_bytes = half(at + layout["page.block_size"]) if self.is_small else word(at + layout["page.large_bytes"])

    def payloads(self):
        """The payloads of the blocks in use, and their headers."""
        size, first = self.block_bytes, self.start + Layout.get()["header_bytes"]
        if self.is_large:
            header = word(self.start)
            if header:
                yield first, header
            return
        memory = read(self.start, self.carved * size)
        for index in range(self.carved):
            header = int.from_bytes(memory[index * size : index * size + 8], "little")
            if header:
                yield first + index * size, header


class Segment:
    def __init__(self, at):
        layout = Layout.get()
        self.at = at
        self.heap = word(at + layout["segment.heap"])
        self.bytes = word(at + layout["segment.bytes"])
        self.free_pages = word(at + layout["segment.free_pages"])

    def page(self, index):
        layout = Layout.get()
        return Page(self.at + layout["segment.pages"] + index * layout["page.size"])

    def page_at(self, address):
        """The page of the block in which the address may lie."""
        layout = Layout.get()
        is_huge = self.bytes != 1 << layout["segment_shift"]
        index = layout["segment.head_pages"] if is_huge else (address - self.at) >> layout["page_shift"]
        page = self.page(index)
        while page.kind == layout["kind.tail"]:
            index -= 1
            page = self.page(index)
        return page

    def pages(self):
        """The pages with blocks."""
        layout = Layout.get()
        for index in range(layout["segment.head_pages"], layout["pages_per_segment"]):
            if not self.free_pages >> index & 1:
                page = self.page(index)
                if page.is_small or page.is_large:
                    yield page

    @staticmethod
    def at_address(address):
        """The segment whose memory reaches to the address, or None."""
        layout = Layout.get()
        if not 0 <= address < layout["address_limit"]:
            return None
        # The map knows only the beginnings of huge segments, so the next one below is looked at.
        shift = layout["segment_shift"]
        index = address >> shift
        at, bits = index >> 6, (2 << (index & 63)) - 1
        chunk = 4096
        found = word(layout["segment_map"] + 8 * at) & bits
        while not found and at > 0:
            first = max(0, at - chunk)
            data = read(layout["segment_map"] + 8 * first, 8 * (at - first)).rstrip(b"\0")
            at = first
            if data:
                at += (len(data) - 1) // 8
                found = word(layout["segment_map"] + 8 * at)
        if not found:
            return None
        segment = Segment(((at << 6) + found.bit_length() - 1) << shift)
        return segment if address - segment.at < segment.bytes else None


class Place:
    """What lies at an address."""

    def __init__(self, address):
        layout = Layout.get()
        self.address = address
        self.page = self.payload = self.header = None
        self.kind = "outside"
        self.segment = Segment.at_address(address)
        if self.segment is None:
            return
        self.heap = self.segment.heap
        offset = address - self.segment.at
        if offset < layout["segment.head_pages"] << layout["page_shift"]:
            self.kind = "heap" if address == self.heap else "tables"
            return
        self.kind = "unused"
        page = self.segment.page_at(address)
        if (page.is_small or page.is_large) and address >= page.start:
            index = (address - page.start) // page.block_bytes
            if index < page.carved:
                self.page = page
                self.payload = page.start + index * page.block_bytes + layout["header_bytes"]
                self.header = word(self.payload - layout["header_bytes"])
                self.kind = "live" if self.header else "free"

    @property
    def offset(self):
        return self.address - self.payload

    @property
    def is_object(self):
        return self.kind == "live" and not self.page.is_raw and self.offset == 0

    def type(self):
        return Type.get(self.header >> Layout.get()["header.type_shift"])

    def count(self):
        """The number of references, or None for an immortal object."""
        count = self.header & 0xFFFFFFFF
        count -= (count & 0x80000000) << 1
        limit = Layout.get()["header.immortal_below"] - (1 << 64)
        return None if count < limit else abs(count)

    def item_count(self):
        return word(self.payload - Layout.get()["header_bytes"] + self.page.block_bytes - 8)

    def references(self):
        """Where and what: each reference that is not null."""
        layout, kind, payload = Layout.get(), self.type(), self.payload
        if not kind.exists:
            return
        if kind.has("offsets") or kind.has("offset_values"):
            for offset in kind.offsets:
                target = kind.reference(payload + offset)
                if target:
                    yield "+%d" % offset, target
        items, count, step = payload + kind.size, 0, kind.item_size
        if kind.has("list"):
            items, count, step = word(payload + layout["list.items"]), word(payload + layout["list.count"]), 8
            count = count if count and Segment.at_address(items) else 0
        elif kind.has("items") or kind.has("item_values"):
            count = min(self.item_count(), self.page.block_bytes // step)
        for index in range(count):
            target = kind.reference(items + index * step)
            if target:
                yield "[%d]" % index, target
        if kind.index == layout["weakref.type"] and word(payload + layout["weakref.target"]):
            yield "weakly", word(payload + layout["weakref.target"])

    def weak_references(self):
        """How many weak references the object has."""
        layout, number_of = Layout.get(), 0
        if not self.header & layout["header.has_weak"]:
            return 0
        slots, capacity = (word(self.heap + layout["heap." + name]) for name in ("weak_slots", "weak_capacity"))
        for target, newest in struct.iter_unpack("<QQ", read(slots, 16 * capacity) if capacity else b""):
            while target == self.payload and newest:
                number_of += 1
                newest = word(newest + layout["weakref.next"])
        return number_of

    def is_candidate(self):
        layout = Layout.get()
        if self.header & (layout["header.quiet"] | layout["header.skipped"]) != layout["header.quiet"]:
            return False  # the bit is another object's, which died inline
        page_index = (self.page.at - self.segment.at - layout["segment.pages"]) // layout["page.size"]
        index = (self.payload - layout["header_bytes"] - self.page.start) // self.page.block_bytes
        bitmap = self.segment.at + layout["segment.bitmaps"] + page_index * layout["bitmap_bytes"]
        return number(bitmap + index // 8, 1) >> (index % 8) & 1 != 0

    def brief(self):
        """Type and count in a few words."""
        if self.kind == "live" and not self.page.is_raw:
            kind, count = self.type(), self.count()
            return "%s, %s" % (kind.name, "immortal" if count is None else "%d reference%s" % (count, "s" * (count != 1)))
        if self.kind == "live":
            return "raw memory of %d bytes" % (self.header - 1)
        return {
            "outside": "no memory of a heap",
            "tables": "the tables of a heap",
            "heap": "a heap",
            "unused": "a part of a heap that is not in use",
            "free": "a free block of %d bytes: freed, or not handed out yet" % (self.page.block_bytes if self.page else 0),
        }[self.kind]


# ---- Heaps -------------------------------------------------------------------------------------------------------------


class Heap:
    def __init__(self, at):
        self.at = at

    def field(self, name, size=8):
        return number(self.at + Layout.get()["heap." + name], size)

    def segments(self):
        at = self.field("segments")
        while at:
            segment = Segment(at)
            yield segment
            at = word(at + Layout.get()["segment.next"])

    def objects(self):
        """All live objects: address, header, page."""
        for segment in self.segments():
            for page in segment.pages():
                if not page.is_raw:
                    for payload, header in page.payloads():
                        yield payload, header, page

    @staticmethod
    def all():
        """The heaps of the process, found through the map of segments."""
        layout = Layout.get()
        shift, chunk, heaps = layout["segment_shift"], 1 << 20, {}
        size = (layout["address_limit"] >> shift) // 8
        for first in range(0, size, chunk):
            data = read(layout["segment_map"] + first, min(chunk, size - first))
            if not any(data):
                continue
            for at in range(0, len(data), 8):
                bits = int.from_bytes(data[at : at + 8], "little")
                while bits:
                    index = 8 * (first + at) + (bits & -bits).bit_length() - 1
                    heaps.setdefault(Segment(index << shift).heap)
                    bits &= bits - 1
        return [Heap(at) for at in sorted(heaps)]


def evaluate(expression):
    """The value of a pointer or number in the program's language."""
    try:
        return int(gdb.parse_and_eval(expression).cast(gdb.lookup_type("unsigned long"))) & (1 << 64) - 1
    except gdb.error as problem:
        raise Missing(str(problem)) from None


def heap_of(expression):
    """The heap that is meant: by its own address, by an object in it, or because there is only one."""
    if not expression:
        heaps = Heap.all()
        if len(heaps) != 1:
            raise Missing("there are %d heaps: say which one (rr heaps lists them)" % len(heaps))
        return heaps[0]
    place = Place(evaluate(expression))
    if place.segment is None:
        raise Missing("0x%x is no heap, nor lies in one" % place.address)
    return Heap(place.heap)


# ---- Commands ----------------------------------------------------------------------------------------------------------


class Prefix(gdb.Command):
    """Look at the heaps of RefRuntime: rr info, rr heaps, rr heap, rr objects, rr referrers."""

    def __init__(self):
        super().__init__("rr", gdb.COMMAND_DATA, prefix=True)


class Info(gdb.Command):
    """What a pointer leads to: rr info EXPRESSION"""

    def __init__(self):
        super().__init__("rr info", gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def invoke(self, argument, _from_tty):
        if not argument:
            raise Missing("rr info needs an expression")
        place = Place(evaluate(argument))
        at = "0x%x" % place.address
        if place.payload is not None and place.offset:
            at += " lies %s 0x%x:" % ("in the header of" if place.offset < 0 else "%d bytes inside" % place.offset, place.payload)
        else:
            at += ":"
        line = "%s %s" % (at, place.brief())
        if place.kind == "heap":
            print(line)
            show_heap(Heap(place.heap))
            return
        if place.segment is not None:
            line += ", heap 0x%x" % place.heap
        print(line)
        if place.kind == "live" and not place.page.is_raw:
            self.show_object(place)

    @staticmethod
    def show_object(place):
        layout, kind = Layout.get(), place.type()
        if not kind.exists:
            print("  its header, 0x%016x, names no type: it has been overwritten" % place.header)
            return
        size = kind.size + (place.item_count() * kind.item_size if kind.item_size else 0)
        line = "  %d bytes in a block of %d" % (size, place.page.block_bytes)
        states = (
            ("dying", "dying"), ("in_set", "in a set that a collection takes apart"), ("finalized", "finalizer has run"),
            ("held", "held by the runtime"), ("frozen", "frozen"), ("untracked", "untracked"),
        )
        for name, words in states:
            if place.header & layout["header." + name]:
                line += ", " + words
        if place.is_candidate():
            line += ", candidate of the next collection"
        weak = place.weak_references()
        if weak:
            line += ", weak references: %d" % weak
        print(line)
        shown = 0
        for where, target in place.references():
            shown += 1
            if shown <= MAX_REFERENCES:
                other = Place(target)
                print("  %s -> 0x%x %s" % (where, target, other.brief() if other.is_object else "NO OBJECT: " + other.brief()))
        if shown > MAX_REFERENCES:
            print("  and %d more" % (shown - MAX_REFERENCES))
        if kind.has("traverse"):
            print("  and what its traverse callback reports, which is not called here")


class Heaps(gdb.Command):
    """The heaps of the process: rr heaps"""

    def __init__(self):
        super().__init__("rr heaps", gdb.COMMAND_DATA)

    def invoke(self, _argument, _from_tty):
        heaps = Heap.all()
        for heap in heaps:
            objects = sum(1 for _ in heap.objects())
            print("0x%x: %d objects, %d bytes reserved" % (heap.at, objects, heap.field("reserved_bytes")))
        if not heaps:
            print("no heap")


def show_heap(heap):
    types, total, total_bytes = {}, 0, 0
    layout = Layout.get()
    for _, header, page in heap.objects():
        index = header >> layout["header.type_shift"]
        count, size = types.get(index, (0, 0))
        types[index] = (count + 1, size + page.block_bytes)
        total += 1
        total_bytes += page.block_bytes
    print("  %d objects in blocks of %d bytes" % (total, total_bytes))
    print("  %d bytes of raw memory, %d bytes reserved" % (heap.field("raw_bytes"), heap.field("reserved_bytes")))
    print("  %d candidates, %d collections, %d weak references" % tuple(
        heap.field(name) for name in ("candidates", "collections", "weak_references")))
    if heap.field("collecting", 4):
        print("  a collection runs")
    for index, (count, size) in sorted(types.items(), key=lambda entry: -entry[1][1]):
        print("  %10d %12d  %s" % (count, size, Type.get(index).name))


class HeapCommand(gdb.Command):
    """A heap and its objects by type: rr heap [EXPRESSION], a heap or an object in it"""

    def __init__(self):
        super().__init__("rr heap", gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def invoke(self, argument, _from_tty):
        heap = heap_of(argument)
        print("heap 0x%x" % heap.at)
        show_heap(heap)


class Objects(gdb.Command):
    """The live objects of all heaps: rr objects [TYPE] [LIMIT], of all types or one, at most LIMIT (100)"""

    def __init__(self):
        super().__init__("rr objects", gdb.COMMAND_DATA)

    def invoke(self, argument, _from_tty):
        words = gdb.string_to_argv(argument)
        limit = int(words.pop()) if words and words[-1].isdigit() else 100
        wanted = words[0] if words else None
        found = 0
        for heap in Heap.all():
            for payload, header, _ in heap.objects():
                if wanted is None or Type.get(header >> Layout.get()["header.type_shift"]).name == wanted:
                    found += 1
                    if found <= limit:
                        print("0x%x %s" % (payload, Place(payload).brief()))
        if found > limit:
            print("and %d more" % (found - limit))
        elif not found:
            print("no object" if wanted is None else "no object of type %s" % wanted)


class Referrers(gdb.Command):
    """Who refers to an object: rr referrers EXPRESSION"""

    def __init__(self):
        super().__init__("rr referrers", gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def invoke(self, argument, _from_tty):
        target = Place(evaluate(argument or "0"))
        if not target.is_object:
            raise Missing("0x%x is no live object but %s" % (target.address, target.brief()))
        edges = 0
        for payload, _, _ in Heap(target.heap).objects():
            place = Place(payload)
            for where, child in place.references():
                if child == target.payload and where != "weakly":
                    edges += 1
                    print("0x%x %s, at %s" % (payload, place.brief(), where))
        count = target.count()
        if count is not None and count != edges:
            print("references from elsewhere: %d" % (count - edges))


# ---- Printing pointers ------------------------------------------------------------------------------------------------


class PointerPrinter:
    """A pointer to an object: its address, and what GDB alone can't know."""

    def __init__(self, address, place):
        self.address, self.place = address, place

    def to_string(self):
        return "0x%x <%s>" % (self.address, self.place.brief())


def pointer_printer(value):
    """The printer of a pointer that leads to an object or a heap; None for all others."""
    try:
        kind = value.type.strip_typedefs()
        if kind.code != gdb.TYPE_CODE_PTR or kind.target().strip_typedefs().code not in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_VOID):
            return None
        if Layout.cache is None and Layout.find() is None:
            return None
        place = Place(int(value) & (1 << 64) - 1)
        return PointerPrinter(place.address, place) if place.is_object or place.kind == "heap" else None
    except (gdb.error, gdb.GdbError, OverflowError, struct.error):
        return None  # a printer must never be in the way


pointer_printer.name = "refruntime"
pointer_printer.enabled = True


def install():
    for command in (Prefix, Info, Heaps, HeapCommand, Objects, Referrers):
        command()
    gdb.printing.register_pretty_printer(None, pointer_printer, replace=True)

    def forget(_event=None):
        Layout.forget()
        Type.cache.clear()

    gdb.events.new_objfile.connect(forget)
    gdb.events.exited.connect(forget)
    gdb.events.clear_objfiles.connect(forget)


install()

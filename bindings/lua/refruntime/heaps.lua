--- Heaps: where objects are made, what collects them, and looking at what is there.

local ffi = require("ffi")
local raw = require("refruntime.raw")
local callbacks = require("refruntime.callbacks")
local errors = require("refruntime.errors")
local handles = require("refruntime.handles")
local types = require("refruntime.types")

jit.off(true, true)

local library = raw.library
local check, need, raise = errors.check, errors.need, errors.raise
local heaps = {}

local Heap = {}
Heap.__index = Heap

function Heap:__tostring()
    return self.pointer and "heap" or "closed heap"
end

--- The library's heap, if it is open.
local function live(self)
    return self.pointer or raise("closed", raw.RR_E_ARGUMENT, "the heap is closed")
end

local last_number = 0

local function open(pointer)
    last_number = last_number + 1
    local self = setmetatable({ pointer = pointer, number = last_number, address = callbacks.number_of(pointer) }, Heap)
    handles.open_heaps[self.number] = self
    callbacks.heaps[self.number] = self
    callbacks.heap_by_address[self.address] = self
    return self
end

--- A heap made elsewhere, by C code of the program, which also frees it: close() here only forgets it.
function heaps.from_pointer(pointer)
    local known = callbacks.heap_by_address[callbacks.number_of(pointer)]
    if known then
        return known
    end
    local self = open(ffi.cast("rr_heap *", pointer))
    self.is_lent = true
    return self
end

local flags = {
    serialized = raw.RR_HEAP_SERIALIZED,
    manual_gc = raw.RR_HEAP_MANUAL_GC,
    checked = raw.RR_HEAP_CHECKED,
    report_leaks = raw.RR_HEAP_REPORT_LEAKS,
    bounded = raw.RR_HEAP_BOUNDED,
    synchronized = raw.RR_HEAP_SYNCHRONIZED,
}

--- Makes a heap. Options: max_bytes, and as booleans manual_gc, checked, report_leaks, bounded, serialized, synchronized.
-- It is open until close() is called, or Lua ends: Lua's collector does not close it.
function heaps.new(options)
    local set, max_bytes = 0, 0
    for name, value in pairs(options or {}) do
        if name == "max_bytes" then
            max_bytes = errors.count(value, "rr.heap: max_bytes")
        elseif flags[name] then
            set = set + (value and flags[name] or 0)
        else
            raise("argument", raw.RR_E_ARGUMENT, "rr.heap: there is no option %s", tostring(name))
        end
    end
    return open(need(library.rr_heap_new(ffi.new("rr_heap_options", { ffi.sizeof("rr_heap_options"), set, max_bytes }))))
end

--- The default heap of the process.
function heaps.default()
    return heaps.from_pointer(need(library.rr_heap_default()))
end

--- Finalizes and destroys what is left, and gives all memory back. Handles that outlive it raise errors of kind "closed". Closing twice
-- is fine; inside a callback it is refused (busy).
function Heap:close()
    if not self.pointer then
        return
    end
    if not self.is_lent then
        check(library.rr_heap_free(self.pointer))
    end
    handles.open_heaps[self.number] = nil
    callbacks.heaps[self.number] = nil
    callbacks.heap_by_address[self.address] = nil
    self.pointer = nil
end

-- Making objects

--- Returns the new object once it is filled in, or gives it back.
local function fill(made, write, ...)
    local good, problem = pcall(write, made, ...)
    if not good then
        handles.release(made)
        error(problem, 0)
    end
    return made
end

local function write_fields(made, fields)
    for key, value in pairs(fields) do
        made[key] = value
    end
end

local function append_items(made, ...)
    for i = 1, select("#", ...) do
        made:append((select(i, ...)))
    end
end

local function write_items(made, ...)
    local slots = ffi.cast("void **", made.rr_address)
    for i = 1, select("#", ...) do
        handles.store(slots + (i - 1), (select(i, ...)), "tuple")
    end
end

--- A new object of a type, with these slots and fields: heap:new(node, { value = 7, next = other }).
function Heap:new(kind, fields)
    if not types.is_type(kind) then
        raise("type", raw.RR_E_TYPE, "heap:new: a type is needed, not a %s", type(kind))
    end
    if fields ~= nil then
        errors.expect(fields, "table", "heap:new")
    end
    local made = handles.adopt(self, need(library.rr_alloc(live(self), kind.id)))
    return fields and fill(made, write_fields, fields) or made
end

--- A list of these items, which are never nil.
function Heap:list(...)
    return fill(handles.adopt(self, need(library.rr_list_new(live(self)))), append_items, ...)
end

--- A tuple of these items, some of which may be nil.
function Heap:tuple(...)
    local address = need(library.rr_alloc_items(live(self), raw.RR_TYPE_TUPLE, select("#", ...)))
    return fill(handles.adopt(self, address), write_items, ...)
end

--- So many bytes, all 0; or those of a string.
function Heap:bytes(content)
    local count = type(content) == "string" and #content or errors.count(content, "heap:bytes: the number of bytes")
    local address = need(library.rr_alloc_items(live(self), raw.RR_TYPE_BYTES, count))
    if type(content) == "string" then
        ffi.copy(address, content, count)
    end
    return handles.adopt(self, address)
end

-- Collecting

--- Collects completely; returns how many containers were dead. What Lua's collector has not looked at yet is held by its handles.
function Heap:collect()
    return tonumber(check(library.rr_collect(live(self))))
end

--- One slice of about so many nanoseconds; returns how many it freed, and whether there is more to do.
function Heap:step(nanoseconds)
    local freed = tonumber(check(library.rr_collect_step(live(self), errors.count(nanoseconds or 0, "heap:step: nanoseconds"))))
    return freed, library.rr_gc_pending(self.pointer) ~= 0
end

function Heap:enable()
    check(library.rr_gc_enable(live(self)))
end

function Heap:disable()
    check(library.rr_gc_disable(live(self)))
end

function Heap:is_enabled()
    return library.rr_gc_is_enabled(live(self)) ~= 0
end

function Heap:set_threshold(candidates)
    check(library.rr_gc_set_threshold(live(self), errors.count(candidates, "heap:set_threshold: candidates")))
end

function Heap:threshold()
    return tonumber(library.rr_gc_get_threshold(live(self)))
end

function Heap:set_pause_goal(nanoseconds)
    check(library.rr_gc_set_pause_goal(live(self), errors.count(nanoseconds, "heap:set_pause_goal: nanoseconds")))
end

function Heap:pause_goal()
    return tonumber(library.rr_gc_get_pause_goal(live(self)))
end

function Heap:freeze()
    check(library.rr_gc_freeze(live(self)))
end

function Heap:unfreeze()
    check(library.rr_gc_unfreeze(live(self)))
end

function Heap:freeze_count()
    return tonumber(check(library.rr_gc_freeze_count(live(self))))
end

function Heap:report_external(delta_bytes)
    check(library.rr_report_external(live(self), delta_bytes))
end

function Heap:trim()
    check(library.rr_heap_trim(live(self)))
end

--- Has a function called with a table (phase, reason, collected, resurrected, visited, duration_ns) as a collection starts and stops;
-- nil: none.
function Heap:set_collection_callback(callback)
    check(library.rr_gc_set_callback(live(self), callback and callbacks.collection or nil, ffi.cast("void *", self.number)))
    self.on_collection = callback
end

-- Looking

--- The statistics, by the names of rr_stats.
function Heap:stats()
    local stats = ffi.new("rr_stats")
    stats.struct_size = ffi.sizeof(stats)
    check(library.rr_heap_stats(live(self), stats))
    return setmetatable({}, { __index = function(_, name) return tonumber(stats[name]) end })
end

--- Handles for all that a looking function answers with.
local function ask(heap, looking, ...)
    local capacity = 16
    while true do
        local out = ffi.new("void *[?]", capacity)
        local arguments = { ... }
        arguments[#arguments + 1] = out
        arguments[#arguments + 1] = capacity
        local count = tonumber(check(looking(unpack(arguments))))
        if count <= capacity then
            local found = {}
            for i = 0, count - 1 do
                if library.rr_try_incref(out[i]) ~= 0 then
                    found[#found + 1] = handles.adopt(heap, out[i])
                end
            end
            return found
        end
        capacity = count
    end
end

--- All objects, or those of a type.
function Heap:objects(kind)
    if kind ~= nil and not types.is_type(kind) then
        raise("type", raw.RR_E_TYPE, "heap:objects: a type is needed, not a %s", type(kind))
    end
    return ask(self, library.rr_get_objects, live(self), kind and kind.id or raw.RR_TYPE_NONE)
end

function Heap:verify()
    check(library.rr_heap_verify(live(self)))
end

--- The next four write files; without a path the first two write to standard error.
function Heap:leak_report(path)
    check(library.rr_leak_report(live(self), path))
end

function Heap:print_stats(path)
    check(library.rr_heap_print_stats(live(self), path))
end

function Heap:snapshot(path)
    check(library.rr_heap_snapshot(live(self), path))
end

function Heap:dot(path, max_objects)
    check(library.rr_heap_dot(live(self), path, max_objects or 0))
end

local function looking_at(name, looking)
    return function(object)
        local address = handles.address_of(object, name)
        return ask(handles.heap_of(object), looking, address)
    end
end

heaps.referents = looking_at("referents", library.rr_get_referents)
heaps.referrers = looking_at("referrers", library.rr_get_referrers)
heaps.path = looking_at("path", library.rr_get_path)

--- At the end of Lua the heaps are freed, so that what is left is finalized. The sentinel is collected with everything else then.
heaps.sentinel = ffi.gc(ffi.new("char[1]"), function()
    for _, heap in pairs(callbacks.heaps) do
        pcall(heap.close, heap)
    end
end)

return heaps

--- Handles: what Lua has of an object. Each owns one reference, and gives it back when Lua's collector finds the handle unreachable, or
-- at once by release().
--
-- A handle is a C struct of the FFI, since these can have __gc and __len. What its fields and methods are is the affair of its kind, a
-- table with index(handle, key), newindex(handle, key, value) and length(handle); there is one for each type of the library.
--
-- Invariants: a handle is open iff its address is not NULL and its heap is in `open_heaps`. The number of a heap is never used again, so
-- that a handle that outlives its heap can't touch what has taken its place in memory.

local ffi = require("ffi")
local raw = require("refruntime.raw")
local errors = require("refruntime.errors")

jit.off(true, true)

local library = raw.library
local raise, check, need = errors.raise, errors.check, errors.need
local handles = {}

ffi.cdef [[
typedef struct rr_lua_handle {
    void *rr_address;
    double rr_heap;     /* the number of its heap */
    uint32_t rr_type;
    int32_t rr_owned;   /* 0: it is lent for the time of a callback */
} rr_lua_handle;
]]

--- Heaps by their number, while they are open.
handles.open_heaps = {}
--- Kinds by type.
handles.kinds = {}

local open_heaps, kinds = handles.open_heaps, handles.kinds
local slot_type = ffi.typeof("void **")
local address_type = ffi.typeof("intptr_t")
local handle_type = ffi.typeof("rr_lua_handle")

--- The heap of a handle, if both are open.
local function heap_of(handle)
    if handle.rr_address == nil then
        raise("released", raw.RR_E_ARGUMENT, "the handle was released")
    end
    return open_heaps[handle.rr_heap] or raise("closed", raw.RR_E_ARGUMENT, "the heap of the handle is closed")
end

--- Whether a value is a handle.
local function is_handle(value)
    return ffi.istype(handle_type, value)
end

--- The address that an argument stands for: that of an open handle.
local function address_of(value, what)
    if not is_handle(value) then
        raise("type", raw.RR_E_TYPE, "%s: an object is needed, not a %s", what, type(value))
    end
    heap_of(value)
    return value.rr_address
end

local function address_or_null(value, what)
    if value == nil then
        return nil
    end
    return address_of(value, what)
end

--- A handle for a reference that the caller owns.
local function adopt(heap, address)
    return handle_type(address, heap.number, library.rr_type_of(address), 1)
end

--- A handle for a borrowed address, with a reference of its own; nil for NULL.
local function borrow(heap, address)
    if address == nil then
        return nil
    end
    need(library.rr_newref(address))
    return adopt(heap, address)
end

local function release(handle)
    local address, owned = handle.rr_address, handle.rr_owned
    handle.rr_address = nil
    if address ~= nil and owned ~= 0 and open_heaps[handle.rr_heap] then
        check(library.rr_decref(address))
    end
end

--- What a slot at the address holds.
local function load(heap, address)
    return borrow(heap, ffi.cast(slot_type, address)[0])
end

local function store(address, value, what)
    check(library.rr_store(ffi.cast(slot_type, address), address_or_null(value, what)))
end

local function assign(place, key, value)
    place[key] = value
end

--- Writes a value of C, as the FFI converts it; what it can't convert is an error of ours.
local function write(place, key, value, what)
    local good, problem = pcall(assign, place, key, value)
    if not good then
        raise("type", raw.RR_E_TYPE, "%s: %s", what, problem:gsub("^.-:%d+: ", ""))
    end
end

--- Calls a function with a handle that is lent to it, and closed afterwards. What is to stay makes an alias.
local function lend(heap, address, callback)
    local handle = handle_type(address, heap.number, library.rr_type_of(address), 0)
    local good, problem = pcall(callback, handle)
    handle.rr_address = nil
    if not good then
        error(problem, 0)
    end
end

local function same(a, b)
    return is_handle(a) and is_handle(b) and a.rr_address == b.rr_address and a.rr_heap == b.rr_heap
end

ffi.metatype(handle_type, {
    __gc = function(handle)
        -- A heap of another thread refuses; what is its own to forget is forgotten then.
        pcall(release, handle)
    end,
    __index = function(handle, key)
        heap_of(handle)
        return kinds[handle.rr_type].index(handle, key)
    end,
    __newindex = function(handle, key, value)
        heap_of(handle)
        kinds[handle.rr_type].newindex(handle, key, value)
    end,
    __len = function(handle)
        heap_of(handle)
        return kinds[handle.rr_type].length(handle)
    end,
    __call = function(handle, ...)
        heap_of(handle)
        return kinds[handle.rr_type].call(handle, ...)
    end,
    __eq = same,
    __tostring = function(handle)
        if handle.rr_address == nil then
            return "released handle"
        elseif not open_heaps[handle.rr_heap] then
            return "handle of a closed heap"
        end
        return ("%s: 0x%x"):format(kinds[handle.rr_type].name, tonumber(ffi.cast(address_type, handle.rr_address)))
    end,
})

--- What a kind does unless it says otherwise: nothing.
function handles.kind(name)
    local function refuse(doing)
        return function(_, key)
            raise("type", raw.RR_E_TYPE, "an object of type %s has no %s", name, key ~= nil and ("%s %q"):format(doing, tostring(key)) or doing)
        end
    end
    return {
        name = name,
        index = refuse("field or method"),
        newindex = refuse("field"),
        length = function() refuse("length")() end,
        call = function() refuse("call")() end,
    }
end

handles.address_of = address_of
handles.address_or_null = address_or_null
handles.adopt = adopt
handles.borrow = borrow
handles.heap_of = heap_of
handles.is_handle = is_handle
handles.lend = lend
handles.load = load
handles.release = release
handles.store = store
handles.write = write

return handles

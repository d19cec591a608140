--- RefRuntime for LuaJIT: objects that are counted, and whose cycles are collected, outside of Lua's own memory.
--
--     local rr = require("refruntime")
--     local node = rr.type { name = "node", slots = { "next" }, fields = "int64_t value;" }
--     local heap = rr.heap()
--     local n = heap:new(node, { value = 7 })
--     n.next = n                      -- refers to itself
--     rr.release(n)
--     print(heap:collect())           -- 1
--
-- A handle owns one reference until Lua's collector finds it unreachable: release() gives it back now. Handles of one object are equal (==).
-- As a key of a table each handle is another one; rr.address() gives a key.

local ffi = require("ffi")
local raw = require("refruntime.raw")

jit.off(true, true)

if raw.library.rr_abi_version() ~= raw.RR_ABI_VERSION then
    error(("refruntime needs a library with ABI version %d, this one has %d"):format(raw.RR_ABI_VERSION, raw.library.rr_abi_version()))
end

local callbacks = require("refruntime.callbacks")
local containers = require("refruntime.containers")
local errors = require("refruntime.errors")
local handles = require("refruntime.handles")
local heaps = require("refruntime.heaps")
local types = require("refruntime.types")

local library = raw.library
local address_of, check = handles.address_of, errors.check

local rr = {
    raw = raw,
    version = ffi.string(library.rr_version()),
    IMMORTAL = raw.RR_IMMORTAL_COUNT,
    heap = heaps.new,
    default_heap = heaps.default,
    heap_from_pointer = heaps.from_pointer,
    type = types.new,
    weakref = containers.weakref,
    referents = heaps.referents,
    referrers = heaps.referrers,
    path = heaps.path,
    is_object = handles.is_handle,
}

--- One more handle for the object, with a reference of its own.
function rr.alias(object)
    local address = address_of(object, "alias")
    return handles.borrow(handles.heap_of(object), address)
end

--- Gives the handle's reference back. Releasing twice is fine.
function rr.release(object)
    if not handles.is_handle(object) then
        address_of(object, "release")
    end
    handles.release(object)
end

function rr.is_released(object)
    if not handles.is_handle(object) then
        address_of(object, "is_released")
    end
    return object.rr_address == nil
end

--- The exact number of references, as a number; rr.IMMORTAL, a 64-bit integer, for an immortal object.
function rr.refcount(object)
    local count = check(library.rr_getrefcount(address_of(object, "refcount")))
    return count == raw.RR_IMMORTAL_COUNT and count or tonumber(count)
end

function rr.is_unique(object)
    return library.rr_is_unique(address_of(object, "is_unique")) ~= 0
end

function rr.weakref_count(object)
    return tonumber(check(library.rr_weakref_count(address_of(object, "weakref_count"))))
end

function rr.make_immortal(object)
    check(library.rr_make_immortal(address_of(object, "make_immortal")))
end

function rr.is_immortal(object)
    return library.rr_is_immortal(address_of(object, "is_immortal")) ~= 0
end

function rr.is_finalized(object)
    return library.rr_is_finalized(address_of(object, "is_finalized")) ~= 0
end

--- The address of an object, which is its identity while it lives, as a number.
function rr.address(object)
    return callbacks.number_of(address_of(object, "address"))
end

function rr.heap_of(object)
    address_of(object, "heap_of")
    return handles.heap_of(object)
end

--- The name of an object's type.
function rr.type_name(object)
    return ffi.string(library.rr_type_name(library.rr_type_of(address_of(object, "type_name"))))
end

--- Has a function called for each error in a callback, with the error and which callback it was: "finalize", "destroy", "weakref" or
-- "collection". Without one, a line is written to standard error. Returns the one before.
function rr.set_error_callback(callback)
    local before = callbacks.on_error
    callbacks.on_error = callback or callbacks.print_error
    return before
end

return rr

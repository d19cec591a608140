--- The functions that the library calls back, one of each kind for the whole process: LuaJIT has room for some hundreds only, and they
-- are never freed. They find the Lua function by the number in `user`.
--
-- An error must not travel through the library. Whatever a Lua function raises in a callback ends in callbacks.on_error.

local ffi = require("ffi")
local raw = require("refruntime.raw")
local handles = require("refruntime.handles")

jit.off(true, true)

local library = raw.library
local callbacks = {}

--- Hears of errors in callbacks: the error, and which callback it was: "finalize", "destroy", "weakref" or "collection".
function callbacks.print_error(problem, callback)
    io.stderr:write(("refruntime: a %s callback failed: %s\n"):format(callback, tostring(problem)))
end

callbacks.on_error = callbacks.print_error

--- Types by number, weak references by number, heaps by number: what `user` stands for.
callbacks.types = {}
callbacks.weakrefs = {}
callbacks.heaps = {}
--- Heaps by the library's address, as a number.
callbacks.heap_by_address = {}

local function number_of(pointer)
    return tonumber(ffi.cast("uintptr_t", pointer))
end

callbacks.number_of = number_of

local function contain(callback, work, ...)
    local good, problem = pcall(work, ...)
    if not good then
        pcall(callbacks.on_error, problem, callback)
    end
end

local function heap_of_address(address)
    return callbacks.heap_by_address[number_of(library.rr_heap_of(address))]
end

local function lend(address, callback)
    local heap = heap_of_address(address)
    if heap then
        handles.lend(heap, address, callback)
    end
end

callbacks.finalize = ffi.cast("rr_finalize_fn", function(object, user)
    contain("finalize", lend, object, callbacks.types[number_of(user)].finalize)
end)

callbacks.destroy = ffi.cast("rr_destroy_fn", function(object, user)
    contain("destroy", lend, object, callbacks.types[number_of(user)].destroy)
end)

callbacks.target_died = ffi.cast("rr_weakref_fn", function(weakref, user)
    local number = number_of(user)
    local entry = callbacks.weakrefs[number]
    callbacks.weakrefs[number] = nil
    if entry then
        contain("weakref", lend, weakref, entry.callback)
    end
end)

local reasons = {
    [raw.RR_GC_REASON_REQUESTED] = "requested",
    [raw.RR_GC_REASON_STEP] = "step",
    [raw.RR_GC_REASON_CANDIDATES] = "candidates",
    [raw.RR_GC_REASON_GROWTH] = "growth",
    [raw.RR_GC_REASON_LIMIT] = "limit",
}

callbacks.collection = ffi.cast("rr_gc_fn", function(_, event, user)
    local heap = callbacks.heaps[number_of(user)]
    if heap and heap.on_collection then
        contain("collection", heap.on_collection, {
            phase = event.phase == raw.RR_GC_PHASE_START and "start" or "stop",
            reason = reasons[event.reason] or "unknown",
            collected = tonumber(event.collected),
            resurrected = tonumber(event.resurrected),
            visited = tonumber(event.visited),
            duration_ns = tonumber(event.duration_ns),
        })
    end
end)

return callbacks

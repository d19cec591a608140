--- The well-known article on how Python manages memory, line by line, in Lua; bindings/python/examples/walkthrough.py tells it beside CPython.
--
-- Counts are exact: Python's sys.getrefcount() answers one more, since its argument is a reference too while it counts. A handle owns one
-- reference, and rr.release() gives it back now; Lua's collector would some time later.

local rr = require("refruntime")

local int = rr.type { name = "int", fields = "int64_t value;" }
local node_type = rr.type { name = "node", slots = { "next" }, fields = "int64_t value;" }
local heap = rr.heap { manual_gc = true }

--- { 1, 2, 3 }
local function numbers()
    local list = heap:list()
    for value = 1, 3 do
        local number = heap:new(int, { value = value })
        list:append(number)
        rr.release(number)  -- the list has a reference of its own
    end
    return list
end

local x = numbers()  -- objects never move: the address is the identity
print(("Memory address of x: %.0f"):format(rr.address(x)))
print("Reference count of x: " .. rr.refcount(x))
rr.release(x)  -- the list and its numbers die here, so that the collector, which is there for cycles, finds nothing
print(("Garbage collector: collected %d objects"):format(heap:collect()))

local a = numbers()
print("Initial ref count: " .. rr.refcount(a))
local b = rr.alias(a)  -- b = a would be a second name for the handle; this is a second reference to the list
print("Ref count after b = a: " .. rr.refcount(a))
rr.release(b)
print("Ref count after del b: " .. rr.refcount(a))
rr.release(a)

local node = heap:new(node_type, { value = 1 })
node.next = node  -- its own successor
print("Garbage collector before deleting node: " .. heap:collect())
rr.release(node)  -- its count is still 1, its own reference: only the collector sees that nobody else is left
print("Garbage collector after deleting node: " .. heap:collect())

local cycle = heap:new(node_type, { value = 2 })
cycle.next = cycle
rr.release(cycle)
print("Garbage collector run: " .. heap:collect())

local held = heap:list()
held:append(held)  -- a list that contains itself
print("Garbage collector run: " .. heap:collect())
rr.release(held)
print("Garbage collector run: " .. heap:collect())

local cleared = heap:list()
cleared:append(cleared)
cleared:clear()  -- opens the cycle: counting alone frees it
rr.release(cleared)
print("Garbage collector run after clearing: " .. heap:collect())

local stats = heap:stats()
print("Live objects: " .. stats.live_objects)
print("Objects allocated: " .. stats.objects_allocated)
print("Objects freed: " .. stats.objects_freed)
print("Objects collected: " .. stats.objects_collected)
print("Collections: " .. stats.collections)
heap:close()

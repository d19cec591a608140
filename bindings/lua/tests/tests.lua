--- What users of the binding rely on. The argument is a directory for files.

local ffi = require("ffi")
local rr = require("refruntime")
local check = require("check")

local equal, is, fails = check.equal, check.is, check.fails
local place = assert(arg[1])
local tests = {}

local node = rr.type {
    name = "node",
    slots = { "left", "right" },
    fields = "int64_t value; double weight; char tag;",
    methods = { sum = function(self) return tonumber(self.value) + self.weight end },
}

local function manual(options)
    options = options or {}
    options.manual_gc = true
    return rr.heap(options)
end

local function read(path)
    local file = assert(io.open(path, "rb"))
    local text = file:read("*a")
    file:close()
    return text
end

--- Runs Lua's collector until it has called all finalizers.
local function settle()
    collectgarbage()
    collectgarbage()
end

function tests.slots_and_fields_are_what_the_type_says()
    local heap = manual()
    local n = heap:new(node, { value = -1LL, weight = 2.5, left = heap:list() })
    equal(n.value, -1LL)
    equal(n:sum(), 1.5)
    is(n.right == nil)
    equal(#n.left, 0)
    n.value = 9223372036854775807LL
    equal(n.value, 9223372036854775807LL)
    n.left = nil
    is(n.left == nil)
    equal(rr.type_name(n), "node")
    is(tostring(n):find("^node: 0x%x+$"))
    fails("type", 'no field or method "middle"', function() return n.middle end)
    fails("type", 'no field or method "middle"', function() n.middle = 1 end)
    fails("type", "a number", function() n.left = 1 end)
    fails("type", "a type is needed", function() heap:new("node") end)
    heap:close()
end

function tests.handles_of_one_object_are_equal_and_count()
    local heap = manual()
    local a = heap:new(node)
    local b = rr.alias(a)
    is(a == b and a ~= heap:new(node) and a ~= nil and a ~= 1)
    equal(rr.refcount(a), 2)
    equal(rr.address(a), rr.address(b))
    rr.release(b)
    rr.release(b)
    is(rr.is_released(b) and rr.is_unique(a))
    a.left = a
    equal(rr.refcount(a), 2)
    local c = a.left
    equal(rr.refcount(a), 3)
    is(c == a)
    is(rr.heap_of(a) == heap)
    heap:close()
end

function tests.handles_that_lua_collects_give_their_references_back()
    local heap = manual()
    for _ = 1, 1000 do
        local n = heap:new(node)
        n.left = n
    end
    settle()
    equal(heap:collect(), 1000)
    equal(heap:stats().live_objects, 0)
    heap:close()
end

function tests.a_million_handles_leave_nothing()
    local heap = manual()
    local kept = heap:new(node)
    local before = heap:stats().live_objects
    for _ = 1, 500000 do
        heap:new(node, { left = kept })
        rr.alias(kept)
    end
    settle()
    equal(rr.refcount(kept), 1)
    equal(heap:stats().live_objects, before)
    equal(heap:stats().objects_allocated, 500001)
    heap:verify()
    heap:close()
end

function tests.a_forgotten_handle_is_found_by_the_leak_report()
    local heap = manual()
    local forgotten = heap:new(node)
    heap:leak_report(place .. "/leaks.txt")
    is(read(place .. "/leaks.txt"):find("node", 1, true))
    rr.release(forgotten)
    heap:leak_report(place .. "/leaks.txt")
    is(not read(place .. "/leaks.txt"):find("node", 1, true))
    heap:close()
end

function tests.lists_count_from_1()
    local heap = manual()
    local a, b = heap:new(node), heap:new(node)
    local list = heap:list(a)
    list:append(b)
    list:insert(1, b)
    equal(#list, 3)
    is(list[1] == b and list[2] == a and list[3] == b)
    list[2] = b
    list:remove(1)
    equal(#list, 2)
    local seen = 0
    for i, item in list:items() do
        seen = seen + i
        is(item == b)
    end
    equal(seen, 3)
    for _, index in ipairs { 0, 3, -1, 1.5, 2 ^ 60 } do
        fails("argument", "rr_list_get", function() return list[index] end)
        fails("argument", "rr_list_set", function() list[index] = a end)
        fails("argument", "rr_list_remove", list.remove, list, index)
    end
    fails("argument", "rr_list_append", list.append, list, nil)
    fails("type", "append", function() a:append(b) end)
    list:clear()
    equal(#list, 0)
    heap:close()
end

function tests.tuples_and_bytes_are_of_fixed_length()
    local heap = manual()
    local a = heap:new(node)
    local pair = heap:tuple(a, nil)
    equal(#pair, 2)
    is(pair[1] == a and pair[2] == nil)
    fails("argument", "index 3; there are 2", function() return pair[3] end)
    fails("argument", "index 0", function() return pair[0] end)
    fails("type", "made of", function() pair[2] = a end)
    local zeros, text = heap:bytes(3), heap:bytes("a text")
    equal(zeros[3], 0)
    zeros[1] = 65
    equal(zeros:string(), "A\0\0")
    equal(#text, 6)
    fails("argument", "index 7", function() return text[7] end)
    heap:close()
end

function tests.weak_references_do_not_hold()
    local heap = manual()
    local a = heap:new(node)
    local w, calls = rr.weakref(a), 0
    local watch = rr.weakref(a, function(weakref)
        calls = calls + 1
        is(weakref() == nil)
    end)
    local dies_first = rr.weakref(a, function() calls = calls + 100 end)
    rr.release(dies_first)
    is(w() == a)
    equal(rr.weakref_count(a), 2)
    settle()
    rr.release(a)
    equal(calls, 1)
    is(w() == nil and watch() == nil)
    heap:close()
end

function tests.functions_of_dead_weak_references_are_forgotten()
    local heap = manual()
    local a = heap:new(node)
    local functions = setmetatable({}, { __mode = "k" })
    for i = 1, 5000 do
        local function callback() return i end
        functions[callback] = true
        rr.release(rr.weakref(a, callback))
    end
    settle()
    local left = 0
    for _ in pairs(functions) do
        left = left + 1
    end
    is(left < 500, left .. " functions are left")
    heap:close()
end

function tests.finalizers_may_save_and_destroy_may_read()
    local heap, saved, log = manual(), nil, {}
    local lazarus = rr.type {
        name = "lazarus",
        slots = { "other" },
        fields = "int32_t number;",
        finalize = function(self)
            log[#log + 1] = "finalize " .. self.number
            saved = rr.alias(self)
            log.lent = self
        end,
        destroy = function(self) log[#log + 1] = "destroy " .. self.number end,
    }
    local a = heap:new(lazarus, { number = 7 })
    a.other = a
    rr.release(a)
    equal(heap:collect(), 0)
    is(rr.is_finalized(saved) and rr.is_released(log.lent))
    saved.other = nil
    rr.release(saved)
    equal(table.concat(log, ", "), "finalize 7, destroy 7")
    heap:close()
end

function tests.errors_in_callbacks_are_told_and_stay_there()
    local heap, heard = manual(), {}
    local failing = rr.type {
        name = "failing",
        slots = { "itself" },
        finalize = function() error("in finalize", 0) end,
        destroy = function(self) return self.nothing end,
    }
    local before = rr.set_error_callback(function(problem, callback)
        heard[#heard + 1] = callback .. ": " .. tostring(problem)
        error("in the error callback too")
    end)
    local a = heap:new(failing)
    a.itself = a
    local watch = rr.weakref(a, function() error({}) end)
    heap:set_collection_callback(function(event)
        if event.phase == "stop" then
            error("in collection", 0)
        end
    end)
    rr.release(a)
    equal(heap:collect(), 1)
    rr.set_error_callback(before)
    equal(heard[1], "finalize: in finalize")
    is(heard[2]:find("^weakref: table"))
    equal(heard[3], 'destroy: an object of type failing has no field or method "nothing"')
    equal(heard[4], "collection: in collection")
    is(watch() == nil)
    heap:close()
end

function tests.a_yield_in_a_callback_is_an_error_in_it()
    local heap, heard = manual(), nil
    local yielding = rr.type { name = "yielding", finalize = function() coroutine.yield() end }
    local before = rr.set_error_callback(function(problem) heard = tostring(problem) end)
    coroutine.wrap(function()
        rr.release(heap:new(yielding))
    end)()
    rr.set_error_callback(before)
    is(heard:find("yield"), heard)
    heap:close()
end

function tests.callbacks_work_in_loops_that_are_compiled()
    local heap, finalized, called = manual(), 0, 0
    local counting = rr.type { name = "counting", slots = { "next" }, finalize = function() finalized = finalized + 1 end }
    local count = 20000
    for _ = 1, count do
        local a = heap:new(counting)
        local watch = rr.weakref(a, function() called = called + 1 end)
        a.next = nil
        rr.release(a)
        rr.release(watch)
    end
    equal(finalized, count)
    equal(called, count)
    for _ = 1, count do
        local a = heap:new(counting)
        a.next = a -- Lua's collector drops the handles in the middle of other work
    end
    settle()
    equal(heap:collect(), count)
    equal(finalized, 2 * count)
    heap:close()
end

function tests.lua_may_collect_handles_in_compiled_code()
    local heap, finalized, sum = manual(), 0, 0
    local counting = rr.type { name = "counting", finalize = function() finalized = finalized + 1 end }
    for _ = 1, 20 do
        for _ = 1, 500 do
            heap:new(counting)
        end
        for i = 1, 50000 do -- a trace, which allocates and so runs Lua's collector, which runs finalizers
            local box = { i }
            sum = sum + box[1]
        end
    end
    settle()
    equal(finalized, 10000)
    heap:close()
end

function tests.released_handles_are_refused()
    local heap = manual()
    local a, b = heap:new(node), heap:list()
    rr.release(a)
    for _, call in ipairs {
        function() return a.left end, function() a.left = nil end, function() return a.value end,
        function() return rr.alias(a) end, function() return rr.refcount(a) end, function() return rr.weakref(a) end,
        function() return #a end, function() b:append(a) end, function() return heap:tuple(a) end,
        function() return rr.referrers(a) end, function() return rr.heap_of(a) end,
    } do
        fails("released", "released", call)
    end
    equal(#b, 0)
    equal(tostring(a), "released handle")
    equal(heap:stats().live_objects, 1)
    heap:close()
end

function tests.closed_heaps_are_refused()
    local heap = manual()
    local a, list, w = heap:new(node), heap:list()
    w = rr.weakref(a)
    heap:close()
    heap:close()
    for _, call in ipairs {
        function() return a.left end, function() a.value = 1 end, function() return #list end, function() list:append(a) end,
        function() return w() end, function() return rr.alias(a) end, function() return heap:new(node) end,
        function() return heap:collect() end, function() return heap:stats() end,
    } do
        fails("closed", "closed", call)
    end
    equal(tostring(a), "handle of a closed heap")
    rr.release(a)
    local again = manual()
    again:new(node)
    settle() -- handles of the closed heap don't touch what is there now
    again:verify()
    again:close()
end

function tests.objects_of_another_heap_are_refused()
    local here, there = manual(), manual()
    local a, b = here:new(node), there:new(node)
    fails("argument", "rr_store", function() a.left = b end)
    fails("argument", "rr_list_append", function() here:list():append(b) end)
    is(a.left == nil)
    here:close()
    there:close()
end

function tests.memory_that_is_used_up_is_an_error()
    local heap = manual { max_bytes = 4 * 1024 * 1024 }
    fails("memory", "limit is 4194304", heap.bytes, heap, 8000000)
    equal(heap:stats().live_objects, 0)
    heap:close()
end

function tests.a_heap_of_another_thread_is_refused()
    ffi.cdef [[
        int pthread_create(unsigned long *thread, const void *attributes, void *(*start)(void *), void *argument);
        int pthread_join(unsigned long thread, void **result);
    ]]
    local threads = ffi.C
    if not pcall(function() return threads.pthread_create end) then
        threads = ffi.load("pthread")
    end
    local thread, result = ffi.new("unsigned long[1]"), ffi.new("void *[1]")
    equal(threads.pthread_create(thread, nil, ffi.cast("void *(*)(void *)", rr.raw.library.rr_heap_new), nil), 0)
    equal(threads.pthread_join(thread[0], result), 0)
    local heap = rr.heap_from_pointer(result[0])
    fails("wrong_thread", "rr_alloc", heap.new, heap, node)
    fails("wrong_thread", "rr_collect", heap.collect, heap)
    equal(rr.raw.library.rr_heap_attach(heap.pointer), 0)
    rr.release(heap:new(node))
    local pointer = heap.pointer
    heap:close()
    equal(rr.raw.library.rr_heap_free(pointer), 0)
end

function tests.a_heap_is_not_closed_in_a_callback()
    local heap, problem = manual(), nil
    local closing = rr.type { name = "closing", destroy = function() problem = select(2, pcall(heap.close, heap)) end }
    rr.release(heap:new(closing))
    equal(problem.kind, "busy")
    heap:close()
end

function tests.wrong_descriptions_are_refused()
    fails("argument", "a name is needed", rr.type, { slots = { "a" } })
    fails("argument", "no option manual", rr.heap, { manual = true })
    fails("type", "an object is needed, not a nil", rr.refcount, nil)
    fails("type", "an object is needed, not a table", rr.release, {})
    fails("type", "is_released: an object is needed, not a nil", rr.is_released, nil)
    fails("type", "rr.type: a table is needed, not a nil", rr.type, nil)
    fails("argument", "rr.type: there is no option finaliser", rr.type, { name = "a", finaliser = print })
    fails("type", "rr.type: finalize: a function is needed, not a number", rr.type, { name = "a", finalize = 5 })
    fails("type", "rr.type: a slot: a string is needed, not a number", rr.type, { name = "a", slots = { 5 } })
    local heap = manual()
    local a = heap:new(node, { value = 7 })
    fails("type", "value: cannot convert 'string'", function() a.value = "seven" end)
    fails("type", "bytes: cannot convert 'string'", function() heap:bytes(3)[1] = "A" end)
    equal(a.value, 7LL)
    fails("type", "weakref: a function is needed, not a string", rr.weakref, a, "a function")
    fails("type", "heap:new: a table is needed, not a number", heap.new, heap, node, 5)
    fails("type", "heap:objects: a type is needed, not a string", heap.objects, heap, "node")
    fails("argument", "max_bytes must be", rr.heap, { max_bytes = -1 })
    for _, count in ipairs { -1, 1.5, 0 / 0, 2 ^ 60, {} } do
        fails("argument", "heap:bytes: the number of bytes must be", heap.bytes, heap, count)
        fails("argument", "heap:set_pause_goal", heap.set_pause_goal, heap, count)
    end
    equal(#heap:bytes(3LL), 3)
    heap:close()
    is(not pcall(rr.type, { name = "bad C", fields = "no such type;" }))
end

function tests.the_heap_shows_what_is_in_it()
    local heap = manual()
    local a, b = heap:new(node), heap:new(node)
    a.left, a.right = b, b
    equal(#rr.referents(a), 2)
    local holders = rr.referrers(b)
    is(#holders == 1 and holders[1] == a)
    is(rr.path(b)[1] == b)
    equal(#heap:objects(), 2)
    equal(#heap:objects(node), 2)
    heap:freeze()
    equal(heap:freeze_count(), 2)
    heap:unfreeze()
    heap:set_threshold(99)
    equal(heap:threshold(), 99)
    heap:set_pause_goal(1e6)
    equal(heap:pause_goal(), 1e6)
    is(not heap:is_enabled())
    heap:print_stats(place .. "/stats.txt")
    heap:snapshot(place .. "/heap.heapsnapshot")
    heap:dot(place .. "/heap.dot")
    is(read(place .. "/heap.dot"):find('"left"', 1, true))
    fails("io", "/nowhere/", heap.dot, heap, "/nowhere/heap.dot")
    heap:report_external(1000)
    equal(heap:stats().external_bytes, 1000)
    heap:trim()
    rr.make_immortal(a)
    is(rr.is_immortal(a) and rr.refcount(a) == rr.IMMORTAL)
    heap:close()
end

function tests.collecting_in_steps_finds_what_collecting_does()
    local heap = manual()
    for _ = 1, 100 do
        local n = heap:new(node)
        n.left = n
        rr.release(n)
    end
    local found = 0
    repeat
        local freed, more = heap:step()
        found = found + freed
    until not more
    equal(found, 100)
    heap:close()
end

check.run(tests)

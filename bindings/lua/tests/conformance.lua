--- Runs the programs of the file in arg[1], tests/conformance/programs.txt, each as a test.

local rr = require("refruntime")
local check = require("check")

local state -- of the program that runs

local function remember(self)
    state.finalizers = state.finalizers + 1
    state.order[#state.order + 1] = self.value
end

local slots, fields = { "left", "right" }, "int64_t value;"
local node = rr.type { name = "node", slots = slots, fields = fields }
local leaf = rr.type { name = "leaf", fields = fields }
local finalized = rr.type { name = "finalized", slots = slots, fields = fields, finalize = remember }
local lazarus = rr.type {
    name = "lazarus",
    slots = slots,
    fields = fields,
    finalize = function(self)
        remember(self)
        state.handles.saved = rr.alias(self)
    end,
}

local function handle(name)
    return state.handles[name] or error("no handle " .. name, 0)
end

local function argument(name)
    if name ~= "null" then
        return handle(name)
    end
end

local function is(found, expected)
    if found ~= expected then
        error(("found %s, not %s"):format(tostring(found), tostring(expected)), 0)
    end
end

--- Gives back handles that are made to look only, as Lua's collector would some time.
local function look(object)
    if object ~= nil then
        rr.release(object)
    end
    return object ~= nil
end

local function count(objects)
    for _, object in ipairs(objects) do
        rr.release(object)
    end
    return #objects
end

--- A 64-bit number, which may be more than a double holds.
local function integer(text)
    local sign, digits = text:match("^(-?)(%d+)$")
    local value = 0LL
    for digit in digits:gmatch("%d") do
        value = value * 10 + tonumber(digit)
    end
    return sign == "-" and -value or value
end

local steps = {}

local function maker(kind)
    return function(name) state.handles[name] = state.heap:new(kind) end
end
steps.node, steps.leaf, steps.finalized, steps.lazarus = maker(node), maker(leaf), maker(finalized), maker(lazarus)

function steps.list(name) state.handles[name] = state.heap:list() end
function steps.bytes(name, length) state.handles[name] = state.heap:bytes(tonumber(length)) end
function steps.tuple(name, ...)
    local items = {}
    for i = 1, select("#", ...) do
        items[i] = argument((select(i, ...)))
    end
    state.handles[name] = state.heap:tuple(unpack(items, 1, select("#", ...)))
end
function steps.alias(name, of) state.handles[name] = rr.alias(handle(of)) end
function steps.drop(name) rr.release(handle(name)) end
function steps.set(name, slot, value) handle(name)[slot] = argument(value) end
function steps.get(name, of, slot) state.handles[name] = handle(of)[slot] end
function steps.empty(name, slot) is(look(handle(name)[slot]), false) end
function steps.write(name, value) handle(name).value = integer(value) end
function steps.read(name, value) is(handle(name).value, integer(value)) end
function steps.append(list, item) handle(list):append(argument(item)) end
function steps.insert(list, index, item) handle(list):insert(tonumber(index) + 1, argument(item)) end
function steps.put(list, index, item) handle(list)[tonumber(index) + 1] = argument(item) end
function steps.remove(list, index) handle(list):remove(tonumber(index) + 1) end
function steps.clear(list) handle(list):clear() end
function steps.item(name, of, index) state.handles[name] = handle(of)[tonumber(index) + 1] end
function steps.length(name, length) is(#handle(name), tonumber(length)) end
function steps.count(name, references) is(rr.refcount(handle(name)), tonumber(references)) end
function steps.unique(name, answer) is(rr.is_unique(handle(name)), answer == "yes") end
function steps.same(a, b) is(handle(a) == handle(b), true) end
function steps.differ(a, b) is(handle(a) == handle(b), false) end
function steps.weak(name, of) state.handles[name] = rr.weakref(handle(of)) end
function steps.watch(name, of)
    local here = state
    state.handles[name] = rr.weakref(handle(of), function() here.callbacks = here.callbacks + 1 end)
end
function steps.alive(name) is(look(handle(name)()), true) end
function steps.dead(name) is(look(handle(name)()), false) end
function steps.upgrade(name, of) state.handles[name] = handle(of)() end
function steps.weakrefs(name, number) is(rr.weakref_count(handle(name)), tonumber(number)) end
function steps.referents(name, number) is(count(rr.referents(handle(name))), tonumber(number)) end
function steps.referrers(name, number) is(count(rr.referrers(handle(name))), tonumber(number)) end
function steps.collect(number) is(state.heap:collect(), tonumber(number)) end
function steps.collect_in_steps(number)
    local found = 0
    repeat
        local freed, more = state.heap:step(0)
        found = found + freed
    until freed == 0 and not more
    is(found, tonumber(number))
end
function steps.freeze() state.heap:freeze() end
function steps.unfreeze() state.heap:unfreeze() end
function steps.frozen(number) is(state.heap:freeze_count(), tonumber(number)) end
function steps.live(number) is(state.heap:stats().live_objects, tonumber(number)) end
function steps.finalizers(number) is(state.finalizers, tonumber(number)) end
function steps.callbacks(number) is(state.callbacks, tonumber(number)) end
function steps.order(...)
    is(#state.order, select("#", ...))
    for i, value in ipairs(state.order) do
        is(value, integer((select(i, ...))))
    end
end
function steps.close() state.heap:close() end
function steps.other() state.heap = state.heaps[2] end
function steps.mine() state.heap = state.heaps[1] end

local kinds = { heap = "argument" }

function steps.fails(kind, verb, ...)
    local good, problem = pcall(steps[verb], ...)
    if good then
        error("it is not refused", 0)
    end
    is(type(problem) == "table" and problem.kind or problem, kinds[kind] or kind)
end

--- Drops all handles, also those that are made by that, and collects.
local function finish()
    for _, heap in ipairs(state.heaps) do
        if heap.pointer then
            repeat
                local handles = state.handles
                state.handles = {}
                for _, each in pairs(handles) do
                    rr.release(each)
                end
            until heap:collect() == 0 and next(state.handles) == nil
            is(heap:stats().live_objects, 0)
            heap:close()
        end
    end
end

local function run(program)
    state = {
        heaps = { rr.heap { manual_gc = true, max_bytes = program.max_bytes }, rr.heap { manual_gc = true } },
        handles = {},
        finalizers = 0,
        callbacks = 0,
        order = {},
    }
    state.heap = state.heaps[1]
    for _, step in ipairs(program) do
        local good, problem = pcall(steps[step[1]] or error, unpack(step, 2))
        if not good then
            error(("line %d: %s: %s"):format(step.line, table.concat(step, " "), tostring(problem)), 0)
        end
    end
    finish()
end

local tests, line = {}, 0
local program
for text in io.lines(arg[1]) do
    line = line + 1
    local words = { line = line }
    for word in text:gsub("#.*", ""):gmatch("%S+") do
        words[#words + 1] = word
    end
    if words[1] == "program" then
        local new = { max_bytes = tonumber((words[3] or ""):match("^max_bytes=(%d+)$")) }
        program = new
        tests[words[2]] = function() run(new) end
    elseif words[1] then
        program[#program + 1] = words
    end
end

check.run(tests)

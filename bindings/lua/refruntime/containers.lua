--- The library's own kinds of objects: lists, tuples, bytes, weak references. Indices begin at 1; one that is out of range is an error.

local ffi = require("ffi")
local raw = require("refruntime.raw")
local callbacks = require("refruntime.callbacks")
local errors = require("refruntime.errors")
local handles = require("refruntime.handles")

jit.off(true, true)

local library = raw.library
local check, need, raise = errors.check, errors.need, errors.raise
local pointer_size = ffi.sizeof("void *")

--- An index as the library counts, from 0; nil if the key is no number. One that can't be right is as good as the largest.
local function position_of(key)
    if type(key) ~= "number" then
        return nil
    end
    if key < 1 or key ~= math.floor(key) or key > 2 ^ 53 then
        return -1ULL
    end
    return key - 1
end

local function walk(sequence, index)
    index = index + 1
    if index <= #sequence then
        return index, sequence[index]
    end
end

--- for i, item in list:items() do ... end
local function items(sequence)
    return walk, sequence, 0
end

-- Lists

local list = handles.kind("list")
local list_methods = { items = items }

function list_methods.append(self, item)
    local address = handles.address_of(self, "append")
    check(library.rr_list_append(address, handles.address_or_null(item, "append")))
end

--- Puts an item before the one at the index; one more than the length appends.
function list_methods.insert(self, index, item)
    local address = handles.address_of(self, "insert")
    check(library.rr_list_insert(address, position_of(index), handles.address_or_null(item, "insert")))
end

function list_methods.remove(self, index)
    check(library.rr_list_remove(handles.address_of(self, "remove"), position_of(index)))
end

function list_methods.clear(self)
    check(library.rr_list_clear(handles.address_of(self, "clear")))
end

local no_list_field = list.index

function list.index(handle, key)
    local position = position_of(key)
    if position then
        return handles.borrow(handles.heap_of(handle), need(library.rr_list_get(handle.rr_address, position)))
    end
    return list_methods[key] or no_list_field(handle, key)
end

function list.newindex(handle, key, value)
    local position = position_of(key) or no_list_field(handle, key)
    check(library.rr_list_set(handle.rr_address, position, handles.address_or_null(value, "list")))
end

function list.length(handle)
    return tonumber(check(library.rr_list_count(handle.rr_address)))
end

-- Tuples: fixed when they are made, by heap:tuple()

local tuple = handles.kind("tuple")
local no_tuple_field = tuple.index

local function length(handle)
    return tonumber(library.rr_item_count(handle.rr_address))
end

--- A position within the object, or an error.
local function checked(handle, key, what)
    local position = position_of(key)
    if position and (position < 0 or position >= length(handle)) then
        raise("argument", raw.RR_E_ARGUMENT, "%s: there is no item at index %s; there are %d", what, tostring(key), length(handle))
    end
    return position
end

function tuple.index(handle, key)
    local position = checked(handle, key, "tuple")
    if position then
        return handles.load(handles.heap_of(handle), ffi.cast("char *", handle.rr_address) + position * pointer_size)
    end
    return key == "items" and items or no_tuple_field(handle, key)
end

function tuple.newindex()
    raise("type", raw.RR_E_TYPE, "the items of a tuple are those that it was made of")
end

tuple.length = length

-- Bytes

local bytes = handles.kind("bytes")
local bytes_methods = {}
local no_bytes_field = bytes.index

--- All of them, as a string.
function bytes_methods.string(self)
    return ffi.string(handles.address_of(self, "string"), length(self))
end

function bytes.index(handle, key)
    local position = checked(handle, key, "bytes")
    if position then
        return ffi.cast("uint8_t *", handle.rr_address)[position]
    end
    return bytes_methods[key] or no_bytes_field(handle, key)
end

function bytes.newindex(handle, key, value)
    local position = checked(handle, key, "bytes") or no_bytes_field(handle, key)
    handles.write(ffi.cast("uint8_t *", handle.rr_address), position, value, "bytes")
end

bytes.length = length

-- Weak references

local weakref = handles.kind("weakref")

--- weakref() is a handle for the target, or nil when it is dead.
function weakref.call(handle)
    local heap = handles.heap_of(handle)
    local target = library.rr_weakref_get(handle.rr_address)
    if target == nil then
        check(library.rr_incref(handle.rr_address)) -- dead; or the call was refused, and so is this one
        library.rr_decref(handle.rr_address)
        return nil
    end
    return handles.adopt(heap, target)
end

local made, sweep_at = 0, 64

--- Forgets the functions of weak references that died before their targets.
local function sweep()
    local left = 0
    for number, entry in pairs(callbacks.weakrefs) do
        if library.rr_is_object(entry.address) == 0 or library.rr_type_of(entry.address) ~= raw.RR_TYPE_WEAKREF then
            callbacks.weakrefs[number] = nil
        else
            left = left + 1
        end
    end
    sweep_at = made + left + 64
end

local containers = {}

--- A weak reference to an object, an object itself. The function is called when the target has died, with the weak reference, which is
-- lent; unless the weak reference dies first.
function containers.weakref(target, callback)
    local address, heap = handles.address_of(target, "weakref"), handles.heap_of(target)
    if callback == nil then
        return handles.adopt(heap, need(library.rr_weakref_new(address, nil, nil)))
    end
    errors.expect(callback, "function", "weakref")
    made = made + 1
    if made >= sweep_at then
        sweep()
    end
    local number = made
    local entry = { callback = callback }
    callbacks.weakrefs[number] = entry
    local new = library.rr_weakref_new(address, callbacks.target_died, ffi.cast("void *", number))
    if new == nil then
        callbacks.weakrefs[number] = nil
        errors.raise_last()
    end
    entry.address = new
    return handles.adopt(heap, new)
end

handles.kinds[raw.RR_TYPE_LIST] = list
handles.kinds[raw.RR_TYPE_TUPLE] = tuple
handles.kinds[raw.RR_TYPE_BYTES] = bytes
handles.kinds[raw.RR_TYPE_WEAKREF] = weakref

return containers

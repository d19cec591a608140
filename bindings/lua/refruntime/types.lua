--- Types: which slots and C fields an object has, and what is to be called when it dies.

local ffi = require("ffi")
local raw = require("refruntime.raw")
local callbacks = require("refruntime.callbacks")
local errors = require("refruntime.errors")
local handles = require("refruntime.handles")

jit.off(true, true)

local library = raw.library
local types = {}

local Type = {}
Type.__index = Type

function Type:__tostring()
    return "type " .. self.name
end

--- The struct of the payload: slots first, then the C fields.
local function layout(slots, fields)
    local declared = {}
    for _, slot in ipairs(slots) do
        declared[#declared + 1] = ("void *%s;"):format(slot)
    end
    return ffi.typeof("struct { " .. table.concat(declared, " ") .. " " .. (fields or "") .. " }")
end

local function kind_of(self, slots)
    local kind = handles.kind(self.name)
    local offsets, pointer_type, no_field = {}, ffi.typeof("$ *", self.layout), kind.index
    for _, slot in ipairs(slots) do
        offsets[slot] = ffi.offsetof(self.layout, slot)
    end
    local function at(handle, offset)
        return ffi.cast("char *", handle.rr_address) + offset
    end
    local function has_field(key)
        return type(key) == "string" and ffi.offsetof(self.layout, key) ~= nil
    end

    function kind.index(handle, key)
        local offset = offsets[key]
        if offset then
            return handles.load(handles.heap_of(handle), at(handle, offset))
        end
        local method = self.methods[key]
        if method ~= nil then
            return method
        end
        return has_field(key) and ffi.cast(pointer_type, handle.rr_address)[key] or no_field(handle, key)
    end

    function kind.newindex(handle, key, value)
        local offset = offsets[key]
        if offset then
            handles.store(at(handle, offset), value, key)
        elseif has_field(key) then
            handles.write(ffi.cast(pointer_type, handle.rr_address), key, value, key)
        else
            no_field(handle, key)
        end
    end
    return kind
end

--- What may stand in a description.
local parts = {
    name = "string", slots = "table", fields = "string", methods = "table", finalize = "function", destroy = "function", acyclic = "boolean",
}

--- Makes a type, which lives as long as the process: make types once.
--
-- rr.type {
--     name = "node",
--     slots = { "left", "right" },          -- references to objects, or nil
--     fields = "int64_t value;",            -- further fields, in C
--     methods = { depth = function(node) ... end },
--     finalize = function(node) ... end,    -- once, when it is found dead and everything is intact. The handle is lent:
--                                           -- rr.alias(node), kept somewhere, saves the object
--     destroy = function(node) ... end,     -- last of all; may read fields
--     acyclic = true,                       -- a promise: never part of a cycle
-- }
function types.new(description)
    errors.expect(description, "table", "rr.type")
    for key, value in pairs(description) do
        if not parts[key] then
            errors.raise("argument", raw.RR_E_ARGUMENT, "rr.type: there is no option %s", tostring(key))
        end
        errors.expect(value, parts[key], "rr.type: " .. key)
    end
    local name, slots = description.name, description.slots or {}
    if name == nil then
        errors.raise("argument", raw.RR_E_ARGUMENT, "rr.type: a name is needed")
    end
    for _, slot in ipairs(slots) do
        errors.expect(slot, "string", "rr.type: a slot")
    end
    local self = setmetatable({ name = name, methods = description.methods or {}, layout = layout(slots, description.fields) }, Type)
    self.finalize, self.destroy = description.finalize, description.destroy

    local count = #slots
    local offsets, names = ffi.new("uint32_t[?]", count + 1), ffi.new("const char *[?]", count + 1)
    for i, slot in ipairs(slots) do
        offsets[i - 1] = ffi.offsetof(self.layout, slot)
        names[i - 1] = slot
    end
    local number = #callbacks.types + 1
    local info = ffi.new("rr_type_info", {
        struct_size = ffi.sizeof("rr_type_info"),
        flags = description.acyclic and raw.RR_TYPE_ACYCLIC or 0,
        name = name,
        size = ffi.sizeof(self.layout),
        ref_offsets = offsets,
        ref_count = count,
        ref_names = names,
        finalize = self.finalize and callbacks.finalize or nil,
        destroy = self.destroy and callbacks.destroy or nil,
        user = ffi.cast("void *", number),
    })
    local id = library.rr_type_new(info)
    if id == raw.RR_TYPE_NONE then
        errors.raise_last()
    end
    self.id = id
    callbacks.types[number] = self
    handles.kinds[id] = kind_of(self, slots)
    return self
end

function types.is_type(value)
    return getmetatable(value) == Type
end

return types

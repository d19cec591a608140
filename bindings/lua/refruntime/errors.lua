--- Errors: tables with a kind, the library's status and its sentence, which tostring() gives.
--
-- kind is "argument", "not_object", "memory", "wrong_thread", "busy", "type", "overflow", "io", "abi" or "corrupt" as the library's
-- statuses; or, of this binding, "released" (a handle that was released) or "closed" (its heap was).

local ffi = require("ffi")
local raw = require("refruntime.raw")

jit.off(true, true)

local library = raw.library
local errors = {}

local kinds = {
    [raw.RR_E_ARGUMENT] = "argument",
    [raw.RR_E_NOT_OBJECT] = "not_object",
    [raw.RR_E_NO_MEMORY] = "memory",
    [raw.RR_E_WRONG_THREAD] = "wrong_thread",
    [raw.RR_E_BUSY] = "busy",
    [raw.RR_E_TYPE] = "type",
    [raw.RR_E_OVERFLOW] = "overflow",
    [raw.RR_E_IO] = "io",
    [raw.RR_E_ABI] = "abi",
    [raw.RR_E_CORRUPT] = "corrupt",
}

local Error = {}
Error.__index = Error

function Error:__tostring()
    return self.message
end

--- Raises an error of this binding's own.
function errors.raise(kind, status, message, ...)
    error(setmetatable({ kind = kind, status = status, message = message:format(...) }, Error), 0)
end

--- Raises an error unless the value is of this type.
function errors.expect(value, wanted, what)
    if type(value) ~= wanted then
        errors.raise("type", raw.RR_E_TYPE, "%s: a %s is needed, not a %s", what, wanted, type(value))
    end
end

--- A whole number that is not negative, Lua's or a 64-bit one of the FFI; or an error.
function errors.count(value, what)
    local count = type(value) ~= "string" and tonumber(value)
    if not count or count < 0 or count > 2 ^ 53 or count ~= math.floor(count) then
        errors.raise("argument", raw.RR_E_ARGUMENT, "%s must be a whole number that is not negative, not %s", what, tostring(value))
    end
    return count
end

--- Raises what the library says of this thread's last failed call.
function errors.raise_last()
    local status = library.rr_last_status()
    error(setmetatable({ kind = kinds[status] or "unknown", status = status, message = ffi.string(library.rr_last_error()) }, Error), 0)
end

--- Returns a status or a count, if it is no error.
function errors.check(result)
    if result < 0 then
        errors.raise_last()
    end
    return result
end

--- Returns a pointer, if it is not NULL.
function errors.need(pointer)
    if pointer == nil then
        errors.raise_last()
    end
    return pointer
end

return errors

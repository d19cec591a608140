--- A test is a function in a table; run() runs all of them and says how many passed.

local check = {}

function check.equal(found, expected, what)
    if found ~= expected then
        error(("%s: found %s, not %s"):format(what or "a value", tostring(found), tostring(expected)), 2)
    end
end

function check.is(condition, what)
    if not condition then
        error("it is not so: " .. (what or ""), 2)
    end
end

--- The function raises an error of the kind, with the words in its sentence.
function check.fails(kind, words, call, ...)
    local good, problem = pcall(call, ...)
    if good then
        error(("no error, where one of kind %s was expected"):format(kind), 2)
    elseif type(problem) ~= "table" or problem.kind ~= kind or not tostring(problem):find(words, 1, true) then
        error(("another error than one of kind %s with %q: %s (%s)"):format(kind, words, tostring(problem), tostring(type(problem) == "table" and problem.kind)), 2)
    end
end

function check.run(tests)
    local names, passed, failed = {}, 0, 0
    for name in pairs(tests) do
        names[#names + 1] = name
    end
    table.sort(names)
    for _, name in ipairs(names) do
        local good, problem = xpcall(tests[name], function(raised)
            return type(raised) == "string" and debug.traceback(raised, 2) or tostring(raised)
        end)
        passed, failed = passed + (good and 1 or 0), failed + (good and 0 or 1)
        if not good then
            print("FAILED " .. name .. "\n    " .. problem)
        end
    end
    print(("%d passed, %d failed"):format(passed, failed))
    os.exit(failed == 0 and passed > 0, true)
end

return check

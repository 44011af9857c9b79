-- ARGV: the name.
local _, value = named(ARGV[1])
return value

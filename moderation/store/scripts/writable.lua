#!lua
-- Writes nothing, but says that it may: the server refuses it wherever it refuses a comment.
-- KEYS: none. ARGV: none. Answer: 1
return 1

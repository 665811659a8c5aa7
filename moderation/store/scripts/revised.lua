#!lua
-- Notes comments that were revised with who wrote the new text, and no longer with who wrote the one
-- before and not this one.
-- KEYS: comment prefix, prefix of authors
-- ARGV: of each comment its id, its revision, the status that the text before had, and the marks of
--       the authors of that alone, of both, and of the new text alone
-- What waits for its verdict is noted with that. Answer: 1
for at = 1, #ARGV, 6 do
  local id, before = ARGV[at], tonumber(ARGV[at + 2])
  local header = redis.call('GETRANGE', KEYS[1] .. id, 0, COMMENT_HEADER - 1)
  local c = header ~= '' and comment_open(header)
  author_note(KEYS[2], ARGV[at + 3], id, before, 0)
  if c and c.revision == tonumber(ARGV[at + 1]) and c.status ~= COMMENT_QUEUED then
    author_note(KEYS[2], ARGV[at + 4], id, before, c.status)
    author_note(KEYS[2], ARGV[at + 5], id, COMMENT_QUEUED, c.status)
  end
end
return 1

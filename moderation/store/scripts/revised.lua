#!lua
-- Takes comments that were revised out of the records of people who wrote an earlier text alone. With
-- who wrote the new one they are noted where that is written.
-- KEYS: comment prefix, prefix of authors
-- ARGV: of each comment its id, the revision as of which it was looked whose it is (0: it is gone), and
--       the mark of those who wrote the text before some revision and not that one
-- However often it runs, it takes nobody's comment twice: what a record has no more of itself stays
-- counted there. Answer: how many of them were revised meanwhile, and left as they are.
local left = 0
for at = 1, #ARGV, 3 do
  local header = redis.call('GETRANGE', KEYS[1] .. ARGV[at], 0, COMMENT_HEADER - 1)
  local revision = header == '' and 0 or comment_open(header).revision
  if revision == tonumber(ARGV[at + 1]) then
    author_note(KEYS[2], ARGV[at + 2], ARGV[at], COMMENT_QUEUED, 0)
  else
    left = left + 1
  end
end
return left

#!lua
-- Notes comments of an older layout with their authors and with those like them.
-- KEYS: comment prefix, prefixes of authors and of those alike
-- ARGV: of each comment its id and the marks of its authors and of those alike
-- Answer: 1
for at = 1, #ARGV, 3 do
  local id = ARGV[at]
  local header = redis.call('GETRANGE', KEYS[1] .. id, 0, COMMENT_HEADER - 1)
  local status = header ~= '' and comment_open(header).status or COMMENT_QUEUED
  author_note(KEYS[2], ARGV[at + 1], id, COMMENT_QUEUED, status)
  if status == COMMENT_HELD then alike().join(KEYS[3], id, ARGV[at + 2]) end
end
return 1

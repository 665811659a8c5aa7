#!lua flags=allow-oom
-- Takes entries that count no longer out of a site's label log, up to 100 a call, each by itself:
-- whatever of it was done, the log is whole. The entries about one comment stay a chain, so that
-- all of them are found when it is deleted.
-- KEYS: site, comment prefix, label prefix, prefix of what leads to last entries
-- ARGV: 1 where the epoch is to be raised first (names of before may have known what goes), then the
--       entries, each packed: a comment and the last entry about it, the comment that the entry is
--       about and the last entry about that, the entry, and the one that follows it about the same
--       comment (0: it is the last); zeros for both comments: one that was erased, a mark, or a withdrawal
--       of what is gone
-- An entry stays where something was said of either comment since. Answer: how many went.
local NOBODY = string.rep('\0', 16)
local PREVIOUS_AT = 10
local taken = 0

local function last_of(id)
  local noted = redis.call('HGET', log().labelled_key(KEYS[4], id), id)
  if noted then return struct.unpack('>I4I4', noted) end
end

local function outline(seq)
  local text = redis.call('GETRANGE', KEYS[3] .. seq, 0, LABEL_HEADER - 1)
  if text == '' then return nil end
  local kind, _, drops, _, previous = struct.unpack(LABEL_FORMAT, text)
  return kind, previous, drops
end

-- Makes what leads to an entry lead to the one before it about the same comment. Says whether that
-- could be done: nothing is written where it could not.
local function unlink(id, last, seq, following, previous)
  local revision, noted = last_of(id)
  if noted ~= last then return false end
  local key = KEYS[2] .. id
  local header = redis.call('GETRANGE', key, 0, COMMENT_HEADER - 1)
  local c = header ~= '' and comment_open(header)
  if following > 0 then
    local _, before = outline(following)
    if before ~= seq then return false end
    redis.call('SETRANGE', KEYS[3] .. following, PREVIOUS_AT, struct.pack('>I4', previous))
  elseif last ~= seq then
    return false
  elseif previous > 0 or revision > 1 then
    local noting = struct.pack('>I4I4', revision, previous)
    redis.call('HSET', log().labelled_key(KEYS[4], id), id, noting)
  else
    redis.call('HDEL', log().labelled_key(KEYS[4], id), id)
  end
  if c then
    local active = c.active == seq and 0 or c.active
    local newest = c.last == seq and previous or c.last
    redis.call('SETRANGE', key, COMMENT_LABELS_AT, struct.pack('>I4I4', active, newest))
  end
  return true
end

if ARGV[1] == '1' then redis.call('HINCRBY', KEYS[1], 'epoch', 1) end
for at = 2, #ARGV do
  local guard, guarded, id, last, seq, following = struct.unpack('>c16I4c16I4I4I4', ARGV[at])
  local kind, previous, drops = outline(seq)
  local goes = false
  if kind and id == NOBODY then
    goes = kind == LABEL_ERASED or kind == LABEL_REBUILT
      or kind == LABEL_UNDONE and redis.call('EXISTS', KEYS[3] .. drops) == 0
  elseif kind then
    local _, said = last_of(guard)
    goes = said == guarded and unlink(id, last, seq, following, previous)
  end
  if goes then
    redis.call('DEL', KEYS[3] .. seq)
    taken = taken + 1
  end
end
return taken

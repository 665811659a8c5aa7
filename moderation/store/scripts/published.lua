#!lua flags=no-writes
-- Finds the comments that visitors of a site can see and that nobody has labelled, newest first,
-- of those that were not yet looked at for evidence.
-- KEYS: site, comment prefix, approved, held
-- ARGV: the id before which to look, most comments
-- Answer: {the id before which all were looked at ('' none), entries of the label log that are no
--         evidence, the approved ones and the held ones packed: id, score in millionths}
local meta = redis.call('HMGET', KEYS[1], 'drawn', 'labels', 'kept')
local mark, labels = meta[1] or '', tonumber(meta[2] or 0) - tonumber(meta[3] or 0)

-- Returns the score of a comment that is evidence if it is drawn: the machine's word alone put it
-- where it is, and it was shown. Akismet's clients show what is held, where they are told ham.
local function score_of(id)
  local text = redis.call('GETRANGE', KEYS[2] .. id, 0, 255)
  if text == '' then return nil end
  local told, status, _, _, revision, _, active, _, length = struct.unpack(COMMENT_FORMAT, text)
  local is_shown = told == COMMENT_TOLD_HAM
    or told == COMMENT_TOLD_STATUS and status == COMMENT_APPROVED
  if not is_shown or revision > 1 or active > 0 or length == 0 then return nil end
  local to = COMMENT_HEADER + length
  if to > #text then text = redis.call('GETRANGE', KEYS[2] .. id, 0, to - 1) end
  return cmsgpack.unpack(string.sub(text, COMMENT_HEADER + 1, to))[2]
end

local function newest(set)
  local found, n = {}, 0
  local to, from = '(' .. ARGV[1], mark == '' and '-' or '[' .. mark
  for _, id in ipairs(redis.call('ZREVRANGEBYLEX', set, to, from, 'LIMIT', 0, ARGV[2])) do
    local score = score_of(id)
    if type(score) == 'number' then
      n = n + 1
      found[n] = id .. struct.pack('>I4', score)
    end
  end
  return table.concat(found)
end

return {mark, labels, newest(KEYS[3]), newest(KEYS[4])}

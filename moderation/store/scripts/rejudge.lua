#!lua flags=allow-oom
-- Puts new verdicts on up to 100 held comments of a site that nobody has decided; the new ones hold
-- those before. KEYS: comment prefix, queued, approved, held, spam, prefixes of authors and of those
-- alike, sample, stream of changes, outbox
-- ARGV: now (ms), time to live by status ×4 (ms, 0: for ever), site's name, the verdicts, each
--       packed: id, revision, status, status and label by the verdict, the verdict before with its
--       length, verdict (msgpack); behind each the marks of its authors and of those alike, and how
--       many are kept of those drawn at random (0: it was not drawn)
-- One whose comment is held no longer, was labelled, or has another verdict than that before, is
-- dropped: the script may run twice. Answer: for each verdict 1, or 0 where it was dropped.
local sets = {[0] = KEYS[2], KEYS[3], KEYS[4], KEYS[5]}
local now, answer, changed = tonumber(ARGV[1]), {}, {}
for at = 7, #ARGV, 4 do
  local id, revision, status, verdict_status, verdict_label, before, from =
    struct.unpack('>c16I4BBBHc0', ARGV[at])
  local key = KEYS[1] .. id
  local c = comment_load(key)
  local is_open = c and c.revision == revision and c.status == COMMENT_HELD and c.active == 0
  if is_open and c.verdict == before then
    local ttl = status == COMMENT_HELD and redis.call('PTTL', key) or tonumber(ARGV[2 + status])
    c.status, c.verdict_status, c.verdict_label = status, verdict_status, verdict_label
    c.verdict, c.updated = string.sub(ARGV[at], from), now
    comment_move(sets, id, COMMENT_HELD, status)
    comment_save(key, c, ttl)
    author_note(KEYS[6], ARGV[at + 1], id, COMMENT_HELD, status)
    if status ~= COMMENT_HELD then
      alike().leave(KEYS[7], id, ARGV[at + 2])
      comment_tell(KEYS[10], 'changed', id, c, '')
      if ARGV[at + 3] ~= '0' then comment_draw(KEYS[8], id, tonumber(ARGV[at + 3])) end
    end
    answer[#answer + 1], changed[#changed + 1] = 1, id
  else
    answer[#answer + 1] = 0
  end
end
if #changed > 0 then comment_changed(KEYS[9], ARGV[6], table.concat(changed)) end
return answer

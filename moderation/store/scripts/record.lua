#!lua flags=allow-oom
-- Records up to 100 verdicts of one shard and takes entries that are done out of the inbox.
-- KEYS: inbox, channel of those who wait, stream of changes; for each site: site, comment prefix,
--       queued, approved, held, spam, day counters, prefixes of authors and of those alike, sample,
--       outbox
-- ARGV: group, now (ms), number of entries; the entries; for each site: its name, time to live by
--       status ×4 (ms, 0: for ever), 1 where it has webhooks, else 0; the verdicts, each packed: site's index from 0, id, revision,
--       status, status and label by the verdict, who judged, how many are kept of those drawn at
--       random (0: it was not drawn), 1 where what signals.lua knows of it was looked up before it
--       was judged, verdict (msgpack); behind each the marks of its authors and of those alike
-- A verdict on a revision that has one already, or that was deleted, is dropped: the script may
-- run twice. One on a comment of which something is known that it was made without is not recorded,
-- and no entry is taken out of the inbox then.
-- Answer: how many verdicts were recorded; for each that is to be made anew its place among them,
-- from 0, and what signals.lua knows of the comment.
local now, n_entries = tonumber(ARGV[2]), tonumber(ARGV[3])
local ttls_at = 4 + n_entries
local n_sites = (#KEYS - 3) / 11
local judged, left, moved, changed, labels, answer = {}, {}, {}, {}, {}, {0}
local heard = redis.call('PUBSUB', 'SHARDNUMSUB', KEYS[2])[2] > 0

local function put(of, key, value)
  local values = of[key]
  if not values then values = {}; of[key] = values end
  values[#values + 1] = value
end

-- Returns what is known of a comment, and puts it into the campaign of those like it.
local function look(base, id, mark)
  if not labels[base] then labels[base] = tonumber(redis.call('HGET', KEYS[base], 'labels') or 0) end
  local known = signals().look(KEYS[base + 7], KEYS[base + 8], mark, id, now, labels[base])
  signals().note(KEYS[base + 8], mark, id, now)
  return known
end

local first_at = ttls_at + 6 * n_sites
for at = first_at, #ARGV, 3 do
  local site, id, revision, status, verdict_status, verdict_label, by, drawn, is_looked_up, from =
    struct.unpack('>Bc16I4BBBBI2B', ARGV[at])
  local base, mark = 4 + 11 * site, ARGV[at + 1]
  local key = KEYS[base + 1] .. id
  local text, known = redis.call('GET', key), ''
  local is_current = text and struct.unpack('>I4', text, COMMENT_REVISION_AT) == revision
  if text and not is_current then
    key = key .. ':' .. revision
    text = redis.call('GET', key)
  end
  local told, was, decisions, active, last, n_verdict, n_decision, digest, _
  if text then
    told, was, _, _, _, decisions, active, last, n_verdict, n_decision, _, digest =
      struct.unpack(COMMENT_FORMAT, text)
    -- What has a verdict already keeps it.
    if n_verdict > 0 then text = nil end
  end
  if text and is_looked_up == 0 and mark ~= '' then known = look(base, id, mark) end
  if known ~= '' then
    answer[#answer + 1], answer[#answer + 2] = (at - first_at) / 3, known
  elseif text then
    local ttl
    local is_decided = n_decision > 0
    if is_decided then
      status, ttl = was, redis.call('PTTL', key)
    else
      ttl = tonumber(ARGV[ttls_at + 6 * site + 1 + status])
    end
    local verdict = string.sub(ARGV[at], from)
    text = struct.pack(COMMENT_FORMAT, told, status, verdict_status, verdict_label, revision, decisions,
      active, last, #verdict, n_decision, now, digest) .. verdict .. string.sub(text, COMMENT_HEADER + 1)
    comment_put(key, text, ttl)
    if is_current then
      put(changed, site, id)
      if ARGV[ttls_at + 6 * site + 5] == '1' then
        comment_tell(KEYS[base + 10], 'scored', id, comment_open(text), '')
      end
      if was == COMMENT_QUEUED then
        put(left, KEYS[base + 2], id)
        local into = KEYS[base + 2 + status]
        put(moved, into, '0')
        put(moved, into, id)
      end
      if heard then redis.call('SPUBLISH', KEYS[2], id) end
      if not is_decided then
        -- Of a first text nothing stands there yet.
        author_note(KEYS[base + 7], mark, id, revision > 1 and COMMENT_QUEUED or nil, status)
        if status == COMMENT_HELD then alike().join(KEYS[base + 8], id, ARGV[at + 2]) end
        if drawn > 0 then comment_draw(KEYS[base + 9], id, drawn) end
      end
    end
    local day = KEYS[base + 6]
    local codes = judged[day]
    if not codes then codes = {}; judged[day] = codes end
    local code = 100 * verdict_status + 10 * verdict_label + by
    codes[code] = (codes[code] or 0) + 1
    answer[1] = answer[1] + 1
  end
end
for set, ids in pairs(left) do redis.call('ZREM', set, unpack(ids)) end
for set, ids in pairs(moved) do redis.call('ZADD', set, unpack(ids)) end
for site, ids in pairs(changed) do
  comment_changed(KEYS[3], ARGV[ttls_at + 6 * site], table.concat(ids))
end
for day, codes in pairs(judged) do comment_count_verdicts(day, codes) end
if n_entries > 0 and #answer == 1 then
  redis.call('XACK', KEYS[1], ARGV[1], unpack(ARGV, 4, 3 + n_entries))
  redis.call('XDEL', KEYS[1], unpack(ARGV, 4, 3 + n_entries))
end
return answer

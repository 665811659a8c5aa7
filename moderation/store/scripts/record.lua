#!lua flags=allow-oom
-- Records up to 100 verdicts of one shard and takes entries that are done out of the inbox.
-- KEYS: inbox, channel of those who wait, stream of changes; for each site: comment prefix, queued,
--       approved, held, spam, day counters, prefixes of authors and of those alike, sample, outbox
-- ARGV: group, now (ms), number of entries; the entries; for each site: its name, time to live by
--       status ×4 (ms, 0: for ever), 1 where it has webhooks, else 0; the verdicts, each packed: site's index from 0, id, revision,
--       status, status and label by the verdict, who judged, how many are kept of those drawn at
--       random (0: it was not drawn), verdict (msgpack); behind each the marks of its authors and of
--       those alike
-- A verdict on a revision that has one already, or that was deleted, is dropped: the script may
-- run twice. Answer: how many verdicts were recorded.
local now, n_entries = tonumber(ARGV[2]), tonumber(ARGV[3])
local ttls_at = 4 + n_entries
local n_sites = (#KEYS - 3) / 10
local judged, left, moved, changed, recorded = {}, {}, {}, {}, 0
local heard = redis.call('PUBSUB', 'SHARDNUMSUB', KEYS[2])[2] > 0

local function put(of, key, value)
  local values = of[key]
  if not values then values = {}; of[key] = values end
  values[#values + 1] = value
end

for at = ttls_at + 6 * n_sites, #ARGV, 3 do
  local site, id, revision, status, verdict_status, verdict_label, by, drawn, from =
    struct.unpack('>Bc16I4BBBBI2', ARGV[at])
  local base = 4 + 10 * site
  local key = KEYS[base] .. id
  local c = comment_load(key)
  local is_current = c and c.revision == revision
  if c and not is_current then
    key = key .. ':' .. revision
    c = comment_load(key)
  end
  if c and c.verdict == '' then
    local was = c.status
    c.verdict_status, c.verdict_label, c.verdict =
      verdict_status, verdict_label, string.sub(ARGV[at], from)
    local ttl
    if c.decision == '' then
      c.status, ttl = status, tonumber(ARGV[ttls_at + 6 * site + 1 + status])
    else
      ttl = redis.call('PTTL', key)
    end
    c.updated = now
    comment_save(key, c, ttl)
    if is_current then
      put(changed, site, id)
      if ARGV[ttls_at + 6 * site + 5] == '1' then comment_tell(KEYS[base + 9], 'scored', id, c, '') end
      if was == COMMENT_QUEUED then
        put(left, KEYS[base + 1], id)
        local into = KEYS[base + 1 + c.status]
        put(moved, into, '0')
        put(moved, into, id)
      end
      if heard then redis.call('SPUBLISH', KEYS[2], id) end
      if c.decision == '' then
        author_note(KEYS[base + 6], ARGV[at + 1], id, COMMENT_QUEUED, c.status)
        if c.status == COMMENT_HELD then alike().join(KEYS[base + 7], id, ARGV[at + 2]) end
        if drawn > 0 then comment_draw(KEYS[base + 8], id, drawn) end
      end
    end
    local day = KEYS[base + 5]
    local codes = judged[day]
    if not codes then codes = {}; judged[day] = codes end
    local code = 100 * verdict_status + 10 * verdict_label + by
    codes[code] = (codes[code] or 0) + 1
    recorded = recorded + 1
  end
end
for set, ids in pairs(left) do redis.call('ZREM', set, unpack(ids)) end
for set, ids in pairs(moved) do redis.call('ZADD', set, unpack(ids)) end
for site, ids in pairs(changed) do
  comment_changed(KEYS[3], ARGV[ttls_at + 6 * site], table.concat(ids))
end
for day, codes in pairs(judged) do comment_count_verdicts(day, codes) end
if n_entries > 0 then
  redis.call('XACK', KEYS[1], ARGV[1], unpack(ARGV, 4, 3 + n_entries))
  redis.call('XDEL', KEYS[1], unpack(ARGV, 4, 3 + n_entries))
end
return recorded

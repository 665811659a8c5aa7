#!lua flags=allow-oom
-- Records up to 100 verdicts of one shard and takes their entries out of the inbox.
-- KEYS: inbox, channel of those who wait; for each site: comment prefix, queued, approved, held,
--       spam, day counters
-- ARGV: group, now (ms); for each verdict: site's index from 0, entry, id, revision, status,
--       status and label by the verdict, who judged, verdict, time to live (ms, 0: for ever)
-- A verdict on a revision that has one already, or that was deleted, is dropped: the script may
-- run twice. Answer: how many verdicts were recorded.
local now = tonumber(ARGV[2])
local counts, entries, recorded = {}, {}, 0
local left, moved = {}, {}
local heard = redis.call('PUBSUB', 'SHARDNUMSUB', KEYS[2])[2] > 0
local function count(day, field)
  local of = counts[day]
  if not of then of = {}; counts[day] = of end
  of[field] = (of[field] or 0) + 1
end

for at = 3, #ARGV, 10 do
  local base = 3 + 6 * tonumber(ARGV[at])
  local id, revision = ARGV[at + 2], tonumber(ARGV[at + 3])
  local status = tonumber(ARGV[at + 4])
  entries[#entries + 1] = ARGV[at + 1]
  local key = KEYS[base] .. id
  local c = comment_load(key)
  local is_current = c and c.revision == revision
  if c and not is_current then
    key = key .. ':' .. revision
    c = comment_load(key)
  end
  if c and c.verdict == '' then
    local from = c.status
    c.verdict_status, c.verdict_label, c.verdict =
      tonumber(ARGV[at + 5]), tonumber(ARGV[at + 6]), ARGV[at + 8]
    local ttl = tonumber(ARGV[at + 9])
    if c.decision == '' then c.status = status else ttl = redis.call('PTTL', key) end
    c.updated = now
    comment_save(key, c, ttl)
    if is_current then
      if from == COMMENT_QUEUED then
        local set, into = KEYS[base + 1], KEYS[base + 1 + c.status]
        if not left[set] then left[set] = {} end
        if not moved[into] then moved[into] = {} end
        left[set][#left[set] + 1] = id
        moved[into][#moved[into] + 1], moved[into][#moved[into] + 2] = '0', id
      end
      if heard then redis.call('SPUBLISH', KEYS[2], id) end
    end
    local day = KEYS[base + 5]
    count(day, 'verdict_' .. c.verdict_status)
    count(day, 'label_' .. c.verdict_label)
    count(day, 'by_' .. ARGV[at + 7])
    recorded = recorded + 1
  end
end
for set, ids in pairs(left) do redis.call('ZREM', set, unpack(ids)) end
for set, ids in pairs(moved) do redis.call('ZADD', set, unpack(ids)) end
for day, fields in pairs(counts) do
  for field, by in pairs(fields) do comment_count(day, field, by) end
end
if #entries > 0 then
  redis.call('XACK', KEYS[1], ARGV[1], unpack(entries))
  redis.call('XDEL', KEYS[1], unpack(entries))
end
return recorded

#!lua
-- Keeps a learner's checkpoint, and drops those that are superfluous as the site's log is now,
-- whatever the caller knows of it, and those made with a snapshot that nobody uses any more.
-- KEYS: site, checkpoints, snapshot of the shard, others whose checkpoints stay until when (ms).
-- ARGV: epoch it was made in, snapshot in use then, snapshot it was made with,
--       what follows in its name (epoch, as of, sequence), learner,
--       distance between checkpoints, how far back each of them is kept (both labels)
-- Answer: 1, or 0 if the epoch or the snapshot in use moved on.
if (redis.call('HGET', KEYS[1], 'epoch') or '0') ~= ARGV[1] then return 0 end
if (redis.call('GET', KEYS[3]) or '') ~= ARGV[2] then return 0 end
redis.call('HSETNX', KEYS[2], ARGV[3] .. ':' .. ARGV[4], ARGV[5])

local labels = tonumber(redis.call('HGET', KEYS[1], 'labels') or '0')
local every, reach = tonumber(ARGV[6]), tonumber(ARGV[7])
local kept, stays = {}, {}
local now = redis.call('TIME')[1] .. '000'
for _, name in ipairs(redis.call('ZRANGEBYSCORE', KEYS[4], now, '+inf')) do stays[name] = true end
for _, name in ipairs(redis.call('HKEYS', KEYS[2])) do
  local snapshot, epoch, as_of, seq = string.match(name, '^(.*):(%d+):(%d+):(%d+)$')
  if snapshot == ARGV[3] then
    kept[#kept + 1] = {name = name, epoch = tonumber(epoch), as_of = tonumber(as_of), seq = tonumber(seq)}
  elseif snapshot ~= ARGV[2] and not (snapshot and stays[snapshot]) then
    redis.call('HDEL', KEYS[2], name)
  end
end
-- Newest first; of one place, what was made as of the newest log comes first.
table.sort(kept, function(a, b)
  if a.seq ~= b.seq then return a.seq > b.seq end
  if a.as_of ~= b.as_of then return a.as_of > b.as_of end
  return a.epoch < b.epoch
end)
-- Of those further back than the reach, one stays in each doubling of the distance, and it is the
-- same one until the distance has doubled again.
local function gap(back)
  local distance = every
  while back > reach and 2 * distance <= back do distance = 2 * distance end
  return distance
end
local last
for _, c in ipairs(kept) do
  if last == nil or (c.seq < last and c.seq % gap(labels - c.seq) == 0) then
    last = c.seq
  else
    redis.call('HDEL', KEYS[2], c.name)
  end
end
return 1

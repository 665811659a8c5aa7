#!lua flags=allow-oom
-- What a process must know of a site, and of who writes, before it judges comments.
-- KEYS: site, snapshot of the shard, prefixes of authors, of the comments of an hour and of those
--       alike, bucket of an external id, prefix of comments
-- ARGV: the hour (since 1970), thousandths of it that are over, 1 if the comments are counted (0 for
--       one that is only looked at), 1 if the pace is asked for, now (ms), external id of the only
--       comment ('' none): what was sent before and is kept is that comment, and counts no second time;
--       of each comment, at most a hundred, the mark of its authors, its id, and its revision: a later
--       one counts no second time either
-- Answer: {what read.lua answers, for each comment what signals.lua knows of it, and the record of
-- each of its people ('' nothing is known) with how many comments of theirs came within an hour, this
-- one included}. Who is counted is put into the campaign of those alike, too.
local meta = redis.call('HMGET', KEYS[1], 'labels', 'epoch', 'settings', 'tokens', 'created')
local state = {tonumber(meta[1] or 0), tonumber(meta[2] or 0), tonumber(meta[3] or 0),
  tonumber(meta[4] or 0), redis.call('GET', KEYS[2]) or '', tonumber(meta[5] or 0)}
local hour, over = tonumber(ARGV[1]), tonumber(ARGV[2])
local again = ARGV[6] ~= '' and redis.call('HGET', KEYS[6], ARGV[6])
if again and redis.call('EXISTS', KEYS[7] .. again) == 0 then again = false end

-- Comments of this hour, and of the one before as much as is still within an hour from now.
local function pace(who, is_revised)
  if ARGV[4] ~= '1' then return 0 end
  local key, before = KEYS[4] .. hour .. ':' .. who, KEYS[4] .. (hour - 1) .. ':' .. who
  local now
  if again or is_revised then
    now = tonumber(redis.call('GET', key) or 0)
  elseif ARGV[3] == '1' then
    now = redis.call('INCR', key)
    if now == 1 then redis.call('EXPIRE', key, 7200) end
  else
    now = tonumber(redis.call('GET', key) or 0) + 1
  end
  return now + math.floor(tonumber(redis.call('GET', before) or 0) * (1000 - over) / 1000)
end

local answer = {}
for i = 7, #ARGV, 3 do
  local mark, id, now = ARGV[i], again or ARGV[i + 1], tonumber(ARGV[5])
  local people = {signals().look(KEYS[3], KEYS[5], mark, id, now, state[1])}
  if ARGV[3] == '1' then signals().note(KEYS[5], mark, id, now) end
  local n = mark == '' and 0 or math.floor(string.byte(mark, 4) / 2) % 8
  for at = 5, 6 * n - 1, 6 do
    local who = string.sub(mark, at, at + 5)
    local bucket = KEYS[3] .. struct.unpack('>I2', who) % AUTHOR_BUCKETS
    people[#people + 1] = redis.call('HGET', bucket, string.sub(who, 3)) or ''
    people[#people + 1] = pace(who, ARGV[i + 2] ~= '1')
  end
  answer[#answer + 1] = people
end
return {state, answer}

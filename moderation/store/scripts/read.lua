#!lua flags=no-writes
-- What a process must know before it scores a comment of a site. KEYS: site, snapshot of the shard.
-- Answer: {labels, epoch, revision of the settings, revision of the tokens, snapshot or '', created}
local meta = redis.call('HMGET', KEYS[1], 'labels', 'epoch', 'settings', 'tokens', 'created')
return {tonumber(meta[1] or 0), tonumber(meta[2] or 0), tonumber(meta[3] or 0),
  tonumber(meta[4] or 0), redis.call('GET', KEYS[2]) or '', tonumber(meta[5] or 0)}

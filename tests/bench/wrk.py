"""Load by wrk: requests with bodies of their own, as fast as they come or at a steady rate."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

_SCRIPT = """
local requests, n = {}, 0
wrk.method = 'POST'
wrk.headers['Content-Type'] = '%(media)s'
wrk.headers['Authorization'] = 'Bearer %(token)s'
-- Made before the load begins: putting them together takes time from the server's processors.
init = function()
  for line in io.lines('%(bodies)s') do
    requests[#requests + 1] = wrk.format(nil, '%(path)s', nil, line)
  end
end
request = function()
  n = n + 1
  return requests[n %% #requests + 1]
end
%(pause)s
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('RESULT {"requests":%%d,"seconds":%%f,"p50_ms":%%f,',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3))
  io.write(string.format('"p99_ms":%%f,"errors":%%d}\\n', latency:percentile(99) / 1e3,
    e.connect + e.read + e.write + e.status + e.timeout))
end
"""


def load(
    folder: Path,
    url: str,
    path: str,
    token: str,
    bodies: list[str],
    *,
    connections: int,
    seconds: int,
    each_ms: float = 0,
    media: str = "application/json",
) -> dict[str, float]:
    """Post for some seconds and return requests/s, p50 and p99 in milliseconds, and errors.

    `each_ms` is how long a connection rests between an answer and its next request; with it the
    load is steadier than the server allows. `bodies` have no line breaks.
    """
    lines = folder / "bodies.jsonl"
    lines.write_text("\n".join(bodies))
    pause = f"delay = function() return {each_ms} end" if each_ms else ""
    script = folder / "load.lua"
    values = {"bodies": lines, "token": token, "path": path, "pause": pause, "media": media}
    script.write_text(_SCRIPT % values)
    run = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script), url],
        capture_output=True,
        text=True,
        timeout=seconds + 60,
        check=True,
    )
    found = re.search(r"RESULT (\{.*\})", run.stdout)
    if found is None:
        raise RuntimeError(f"wrk said nothing of its result: {run.stdout} {run.stderr}")
    result: dict[str, float] = json.loads(found[1])
    result["per_second"] = result["requests"] / result["seconds"]
    return result

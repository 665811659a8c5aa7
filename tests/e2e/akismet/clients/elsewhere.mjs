// Clients from npm that can be told another address, told it as docs/akismet.md says.
import { createRequire } from "node:module";
import { Author, Blog, CheckResult, Client, Comment } from "@cedx/akismet";

const require = createRequire(import.meta.url);
const { AkismetClient } = require("akismet-api");
const akismet = require("akismet");

const { KEY, BLOG, HAM, HOST } = process.env;
const MAGIC = "viagra-test-123";
const call = (run) => new Promise((resolve, reject) =>
  run((error, value) => error ? reject(error) : resolve(value)));

const npm = akismet.client({ apiKey: KEY, blog: BLOG, host: HOST, endPoint: `${KEY}.${HOST}` });
const keyless = akismet.client({ apiKey: KEY, blog: BLOG, host: HOST, endPoint: HOST });
const api = new AkismetClient({ key: KEY, blog: BLOG, host: HOST, protocol: "http" });
const cedx = new Client(KEY, new Blog({ url: BLOG }), { baseUrl: `http://${HOST}` });

const npmFinds = (client) => call((done) =>
  client.checkComment({ user_ip: "203.0.113.7", comment_author: MAGIC, comment_content: HAM }, done));
const author = new Author({ name: MAGIC, ipAddress: "203.0.113.7" });

console.log(JSON.stringify({
  akismet: await call((done) => npm.verifyKey(done)) && await npmFinds(npm),
  "akismet without the key in its endPoint": await npmFinds(keyless),
  "akismet-api": await api.verifyKey() && await api.checkSpam({ ip: "203.0.113.7", name: MAGIC, content: HAM }),
  cedx: await cedx.verifyKey() &&
    await cedx.checkComment(new Comment({ author, content: HAM })) === CheckResult.spam,
}));

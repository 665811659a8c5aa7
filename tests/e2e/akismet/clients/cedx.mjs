// npm `@cedx/akismet`: calls https://rest.akismet.com.
import { Author, Blog, CheckResult, Client, Comment } from "@cedx/akismet";

const { KEY, BLOG, HAM, BLATANT } = process.env;
const made = (key) => new Client(key, new Blog({ url: BLOG, charset: "UTF-8" }));
const client = made(KEY);
const stranger = made([...KEY].reverse().join(""));
const comment = (name, content) =>
  new Comment({
    author: new Author({ name, ipAddress: "203.0.113.7", userAgent: "Mozilla/5.0" }),
    content,
    context: ["cooking", "bread"],
    date: new Date(),
  });
const works = (promise) => promise.then(() => true, () => false);

console.log(JSON.stringify({
  verify: await client.verifyKey(),
  verify_bad: await stranger.verifyKey(),
  ham: await client.checkComment(comment("Ada", HAM)) === CheckResult.ham,
  spam: await client.checkComment(comment("viagra-test-123", HAM)) === CheckResult.spam,
  discard: await client.checkComment(comment("pills", BLATANT)) === CheckResult.pervasiveSpam,
  submit_spam: await works(client.submitSpam(comment("Ada", HAM))),
  submit_ham: await works(client.submitHam(comment("pills", BLATANT))),
  bad_key: !await works(stranger.checkComment(comment("Ada", HAM))),
}));

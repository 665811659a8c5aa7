// What a site's software does, by the types that openapi-typescript makes of the document.
// Arguments: address, token. Writes as JSON what came of it.
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

declare const process: { argv: string[] };

const [, , url, token] = process.argv as [string, string, string, string];
const winnow = createClient<paths>({
  baseUrl: url,
  headers: { Authorization: `Bearer ${token}` },
});

function there<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new Error(`no ${what}`);
  return value;
}

// Everything but the content may be left out, of the author as well.
const sent: components["schemas"]["Submission"] = {
  content: "Written in TypeScript: thank you for the second example.",
  author: { name: "Ada" },
};
const submitted = await winnow.POST("/v1/comments", { body: sent });
const id: string = there(there(submitted.data, "comment").id, "id");

const waited = await winnow.GET("/v1/comments/{comment_id}", {
  params: { path: { comment_id: id }, query: { wait: 30 } },
});
const comment = there(waited.data, "comment");
// A verdict may be null, its reasons not; a language may be absent and is never null.
const reasons: string[] = there(comment.verdict, "verdict").reasons.map((one) => one.code);
const language: string | undefined = comment.language;
const arrived = new Date(comment.created_at);

const listed = await winnow.GET("/v1/comments", {
  params: { query: { limit: 10, order: "newest" } },
});
const found: boolean = there(listed.data, "list").data.some((one) => one.id === id);

const decided = await winnow.POST("/v1/comments/{comment_id}/decision", {
  params: {
    path: { comment_id: id },
    header: { "If-Match": there(waited.response.headers.get("ETag"), "ETag") },
  },
  body: { label: "spam" },
});
const decision = there(decided.data, "comment").decision;
const note: string = there(decision, "decision").note;

const refused = await winnow.POST("/v1/check", { body: { content: "" } });
const pointer: string | undefined = there(refused.error, "problem").errors?.[0]?.pointer;

console.log(
  JSON.stringify({
    author: comment.author?.name,
    language: language ?? "absent",
    arrived: Number.isFinite(arrived.valueOf()),
    judged: reasons.length >= 0 && comment.status !== "queued",
    found,
    label: decision?.label,
    note,
    status: decided.data?.status,
    pointer,
  }),
);

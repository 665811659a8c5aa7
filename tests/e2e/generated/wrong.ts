// What the types must refuse; each line is expected to be an error.
import type { components } from "./api.js";

type Schemas = components["schemas"];

// @ts-expect-error A comment has a content.
export const empty: Schemas["Submission"] = { author: { name: "Ada" } };
// @ts-expect-error There are two labels.
export const unsure: Schemas["NewDecision"] = { label: "perhaps" };
// @ts-expect-error A comment that is queued has no verdict.
export const score = (comment: Schemas["Comment"]) => comment.verdict.score;
// @ts-expect-error A language that was not sent is absent.
export const length = (comment: Schemas["Comment"]): number => comment.language.length;

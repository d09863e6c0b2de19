/**
 * Changes that hold only for what their maker saw: `If-Match` with the `ETag` that a thing was shown with. The tag's first part names
 * what can be edited and decides alone; behind it stands the answer's own hash, so that what merely happens to the thing, such as a
 * source's next run, makes an answer another and stops no change.
 */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";

import { sha256Hex } from "../lib/hash.ts";
import type { ApiEnv } from "./caller.ts";
import { Problem } from "./errors.ts";

/** Hex digits of a part: 96 bits, since it is compared with states of one thing alone. */
const PART_CHARS = 24;
const BETWEEN_PARTS = ".";

/** The header, for routes that change what a GET shows. */
export const ifMatch = z.object({
  "if-match": z.string().optional().openapi({
    description:
      "The `ETag` that it was shown with: 412 where another has changed it since. `*`: whichever it is, as long as it is there",
  }),
});

function tagPart(bytes: string | Uint8Array): string {
  return sha256Hex(bytes).slice(0, PART_CHARS);
}

/** The tag of an answer; `edited` is the part that noteEdited has put there, if any. */
export function tagOf(body: Uint8Array, edited: string | null): string {
  if (edited === null) return `W/"${tagPart(body)}"`;
  return `"${edited.replaceAll('"', "")}${BETWEEN_PARTS}${tagPart(body)}"`;
}

/** Puts the state of a thing, all of it that can be edited, into the answer's tag. */
export function noteEdited(c: Context<ApiEnv>, state: unknown): void {
  c.header("etag", `"${editedPart(state)}"`);
}

function editedPart(state: unknown): string {
  return tagPart(JSON.stringify(state));
}

/** Throws where a thing is not as the request takes it to be; `state` as in noteEdited, undefined where there is no such thing. */
type Expectation = (state: unknown) => void;

/** What the request takes the thing to be; `name` is what people call it. Without the header it may be anything. */
export function expectationOf(c: Context<ApiEnv>, name: string): Expectation {
  const header = c.req.header("if-match");
  if (header === undefined) return () => undefined;
  const tags = header.split(",").map((tag) => tag.trim());
  return (state) => {
    if (state === undefined) throw changed(`there is no ${name} any more`);
    if (tags.includes("*") || tags.some((tag) => namesState(tag, editedPart(state)))) return;
    throw changed(`${name} was changed since you saw it`);
  };
}

/** A proxy that compresses an answer makes its tag a weak one; the state that it names is the same. */
function namesState(tag: string, edited: string): boolean {
  const named = strong(tag);
  return named === `"${edited}"` || named.startsWith(`"${edited}${BETWEEN_PARTS}`);
}

/** A tag without the mark of a weak one. */
export function strong(tag: string): string {
  return tag.replace(/^W\//, "");
}

function changed(what: string): Problem {
  return new Problem(
    "changed_meanwhile",
    `${what}; ask for it anew, and send your change with the ETag that it has then`,
  );
}

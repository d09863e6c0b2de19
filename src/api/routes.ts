/** What all routes are declared with. */
import { z, type OpenAPIHono } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";

import { isoTime } from "../lib/clock.ts";
import { atLeast, type Least } from "./access.ts";
import type { ApiEnv } from "./caller.ts";
import { problemSchema } from "./contract.ts";
import { Problem } from "./errors.ts";

/** The application that routes are added to. */
export type Api = OpenAPIHono<ApiEnv>;

/** Where everything of one tenant lies. */
export const TENANT_PATH = "/api/v1/tenants/{tenant}" as const;

const tenant = z.string().max(64).openapi({ description: "Slug", example: "default" });

/** Parameters of a path in a tenant. */
export const tenantParams = z.object({ tenant });

/** Parameters of a path to one thing of a tenant. */
export function paramsWith<Name extends string>(
  name: Name,
  description: string,
): z.ZodObject<{ tenant: typeof tenant } & Record<Name, z.ZodString>> {
  const one = z.string().max(255).openapi({ description });
  return z.object({ tenant, [name]: one } as { tenant: typeof tenant } & Record<Name, z.ZodString>);
}

type Secured = {
  security: Record<string, string[]>[];
  middleware: MiddlewareHandler<ApiEnv>;
  description: string;
};

const WORDS: Readonly<Record<Least, string>> = {
  viewer: "Least role: viewer.",
  operator: "Least role: operator.",
  admin: "Least role: admin.",
  anyone: "For every caller who is known.",
  user: "For a browser's session alone.",
  platform: "For the platform's administrator alone.",
  "viewer or platform": "Least role: viewer; also for the platform's administrator.",
  "admin or platform": "Least role: admin; also for the platform's administrator.",
};

/** Declares the least rights of a route, to callers and in the document. */
export function needs(least: Least): Secured {
  return {
    security: least === "user" ? [{ session: [] }] : [{ bearer: [] }, { session: [] }],
    middleware: atLeast(least),
    description: WORDS[least],
  };
}

/** Declares a route that anybody may ask. */
export const OPEN = { security: [], description: "For anybody." };

/** A JSON answer. */
export function answers<Schema extends z.ZodType>(
  schema: Schema,
  description: string,
): { content: { "application/json": { schema: Schema } }; description: string } {
  return { content: { "application/json": { schema } }, description };
}

/** A JSON body that must be there. */
export function takes<Schema extends z.ZodType>(
  schema: Schema,
): { required: true; content: { "application/json": { schema: Schema } } } {
  return { required: true, content: { "application/json": { schema } } };
}

const problem = {
  content: { "application/problem+json": { schema: problemSchema } },
  description: "What went wrong",
};

/** Error answers, which every route may give. */
export const PROBLEMS = { "4XX": problem, "5XX": problem } as const;

/** A time for JSON, absent where there is none. */
export function timeOf<Ms extends number | undefined>(
  ms: Ms,
): Ms extends number ? string : undefined {
  type Time = Ms extends number ? string : undefined;
  return (ms === undefined ? undefined : isoTime(ms)) as Time;
}

/** Where a page ends, as text for `next`: what is listed, and its number there. */
export function cursorOf(letter: string, no: number): string {
  return `${letter}${no.toString(36)}`;
}

/** The number of a cursor. Throws `invalid_request` for a text that no page gave. */
export function readCursor(letter: string, cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  const no = /^[0-9a-z]{1,7}$/.test(cursor.slice(1))
    ? Number.parseInt(cursor.slice(1), 36)
    : Number.NaN;
  if (cursor.startsWith(letter) && no <= 2 ** 31 - 1) return no;
  throw new Problem("invalid_request", `after: "${cursor}" is not the \`next\` of such a list`);
}

/** The rows of a page, of `limit + 1` that were read, and where it ends if there are more. */
export function pageWithNext<Row>(
  rows: readonly Row[],
  limit: number,
  cursor: (last: Row) => string,
): { readonly rows: readonly Row[]; readonly next: string | undefined } {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return { rows: page, next: rows.length > limit && last !== undefined ? cursor(last) : undefined };
}

/** What all routes are declared with. */
import { z, type OpenAPIHono } from "@hono/zod-openapi";

import { isoTime } from "../lib/clock.ts";
import { tooDeep, unstorable } from "../lib/json-text.ts";
import type { ApiEnv } from "./caller.ts";
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

/** A JSON answer. */
export function answers<Schema extends z.ZodType>(
  schema: Schema,
  description: string,
): { content: { "application/json": { schema: Schema } }; description: string } {
  return { content: { "application/json": { schema } }, description };
}

type Taken<Schema> = { required: true; content: { "application/json": { schema: Schema } } };

/** A JSON body that must be there, and that the database can hold. */
export function takes<Schema extends z.ZodType>(schema: Schema): Taken<Schema> {
  return takesWithout(unstorable, schema);
}

/** A JSON body that must be there, of what sources sent: texts of it that no database holds are DIRE's matter. */
export function takesAsSent<Schema extends z.ZodType>(schema: Schema): Taken<Schema> {
  return takesWithout(tooDeep, schema);
}

function takesWithout<Schema extends z.ZodType>(
  faultOf: (value: unknown) => string | undefined,
  schema: Schema,
): Taken<Schema> {
  const checked = schema.superRefine((value, refining) => {
    const fault = faultOf(value);
    if (fault !== undefined) refining.addIssue(fault);
  });
  return { required: true, content: { "application/json": { schema: checked } } };
}

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

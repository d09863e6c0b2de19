/** How a route is declared: what it does, what its caller needs at least, what it takes and gives. */
import { createRoute, z, type RouteConfig } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";

import { atLeast, type Least } from "./access.ts";
import type { ApiEnv } from "./caller.ts";
import { problemSchema } from "./contract.ts";

type Needed = Least | "nobody";

const WORDS: Readonly<Record<Needed, string>> = {
  nobody: "For anybody.",
  anyone: "For every caller who is known.",
  user: "For a browser's session alone.",
  viewer: "Least role: viewer.",
  operator: "Least role: operator.",
  admin: "Least role: admin.",
  platform: "For the platform's administrator alone.",
  "viewer or platform": "Least role: viewer; also for the platform's administrator.",
  "admin or platform": "Least role: admin; also for the platform's administrator.",
};

type Secured = {
  security: Record<string, string[]>[];
  middleware: MiddlewareHandler<ApiEnv>[];
  description: string;
};

/** The least rights of a route, for callers and in the document. */
function needs(least: Needed): Secured {
  const description = WORDS[least];
  if (least === "nobody") return { security: [], middleware: [], description };
  return {
    security: least === "user" ? [{ session: [] }] : [{ bearer: [] }, { session: [] }],
    middleware: [atLeast(least)],
    description,
  };
}

const problem = {
  content: { "application/problem+json": { schema: problemSchema } },
  description: "What went wrong",
};

/** Error answers, which every route may give. */
const PROBLEMS = { "4XX": problem, "5XX": problem } as const;

type Method = "get" | "post" | "put" | "patch" | "delete";
type Request = NonNullable<RouteConfig["request"]>;
/** Of a route without filters: a mistyped or mistaken one must not look answered. */
const NO_QUERY = z.strictObject({});

/** Of a route that takes nothing: no part of it is there to be read. */
type NoRequest = { readonly [Part in keyof Request]?: never };
type Responses = RouteConfig["responses"];

/** What a route's own lines say of it. */
interface Said<Asked, Gives> {
  /** One line of the document and of /docs. */
  readonly summary: string;
  /** Parameters and body, which are checked before the handler runs; a route without them is asked by its path alone. */
  readonly request?: Asked;
  /** Answers by status; problems, which any route may answer, are added. */
  readonly gives: Gives;
}

type Declared<
  M extends Method,
  Path extends string,
  Asked extends Request,
  Gives extends Responses,
> = ReturnType<
  typeof createRoute<
    Path,
    Secured & {
      method: M;
      path: Path;
      tags: string[];
      summary: string;
      request: Asked;
      responses: Gives & typeof PROBLEMS;
    }
  >
>;

type Declare<M extends Method> = <
  Path extends string,
  Gives extends Responses,
  Asked extends Request = NoRequest,
>(
  path: Path,
  least: Needed,
  said: Said<Asked, Gives>,
) => Declared<M, Path, Asked, Gives>;

function declaring<M extends Method>(method: M, tags: readonly string[]): Declare<M> {
  return (path, least, { summary, request, gives }) =>
    createRoute({
      method,
      path,
      tags: [...tags],
      summary,
      ...needs(least),
      request: { query: NO_QUERY, ...request } as NonNullable<typeof request>,
      responses: { ...gives, ...PROBLEMS },
    });
}

/**
 * Declares routes by method, under one or more headings of the document: `route.get("/api/v1/…", "viewer", { … })`. The second word is
 * the least rights that let a caller pass; who asks a route for "nobody" need not be known.
 */
export function routesOf(...tags: readonly string[]): { readonly [M in Method]: Declare<M> } {
  return {
    get: declaring("get", tags),
    post: declaring("post", tags),
    put: declaring("put", tags),
    patch: declaring("patch", tags),
    delete: declaring("delete", tags),
  };
}

/** Kept views of the device list: anybody keeps his own, operators share theirs. */
import type { z } from "@hono/zod-openapi";
import type { Context } from "hono";

import {
  findView,
  forgetView,
  keepView,
  listViews,
  VIEWS_MAX,
  type SavedView,
  type ViewKey,
} from "../control/saved-views.ts";
import type { ApiEnv } from "./caller.ts";
import { newViewSchema, viewSchema } from "./contract-views.ts";
import { pageOf } from "./contract.ts";
import { routesOf } from "./declare.ts";
import { Problem } from "./errors.ts";
import { expectationOf, ifMatch, noteEdited } from "./if-match.ts";
import { foundQuery, keyedPage, type KeyedList } from "./keyed-list.ts";
import {
  answers,
  paramsWith,
  takes,
  TENANT_PATH,
  tenantParams,
  timeOf,
  type Api,
} from "./routes.ts";

const route = routesOf("views");
const ONE = `${TENANT_PATH}/views/{name}` as const;
const params = paramsWith("name", "Name of the view");
const NAME_CHARS_MAX = 64;

const list = route.get(`${TENANT_PATH}/views`, "viewer", {
  summary: "Kept views: one's own, then those that others share",
  request: { params: tenantParams, query: foundQuery },
  gives: { 200: answers(pageOf("views", viewSchema), "One page") },
});

const get = route.get(ONE, "viewer", {
  summary: "A kept view: one's own of the name, else one that is shared",
  request: { params },
  gives: { 200: answers(viewSchema, "The view") },
});

const put = route.put(ONE, "viewer", {
  summary: "Keep a view; to share it takes an operator",
  request: { params, headers: ifMatch, body: takes(newViewSchema) },
  gives: { 200: answers(viewSchema, "The view") },
});

const remove = route.delete(ONE, "viewer", {
  summary: "Forget a view of one's own",
  request: { params, headers: ifMatch },
  gives: { 204: { description: "Forgotten" } },
});

const ownFirst = (owner: string): KeyedList<SavedView, ViewKey> => ({
  letter: "v",
  kinds: ["number", "text", "text"],
  keyOf: (view) => [view.owner === owner ? 0 : 1, view.name, view.owner],
});

/** Adds the routes of kept views. */
export function addViews(app: Api): void {
  app.openapi(list, async (c) => {
    const whose = { tenant: c.get("tenant").tenant, owner: c.get("caller").actor };
    const { q: text, ...wanted } = c.req.valid("query");
    const { rows, next } = await keyedPage(ownFirst(whose.owner), wanted, (slice) =>
      listViews(c.get("db"), whose, { ...slice, text }),
    );
    return c.json({ views: rows.map((view) => shown(view, whose.owner)), next }, 200);
  });
  app.openapi(get, async (c) => {
    const whose = { tenant: c.get("tenant").tenant, owner: c.get("caller").actor };
    const { name } = c.req.valid("param");
    const view = await findView(c.get("db"), whose, name);
    if (view === undefined) throw noView(name);
    noteEdited(c, shown(view, whose.owner));
    return c.json(shown(view, whose.owner), 200);
  });
  app.openapi(put, async (c) => {
    const whose = { tenant: c.get("tenant").tenant, owner: c.get("caller").actor };
    const { name } = c.req.valid("param");
    const { shared: isShared, ...wanted } = c.req.valid("json");
    if (isShared && c.get("role") === "viewer") {
      throw new Problem("role_too_low", "you have the role viewer; to share a view needs operator");
    }
    if (name.length > NAME_CHARS_MAX) {
      throw new Problem("invalid_request", `name: it has more than ${NAME_CHARS_MAX} characters`);
    }
    const expect = expectedView(c, name);
    const view = await keepView(c.get("db"), whose, { ...wanted, name, isShared, expect });
    if (view === undefined) {
      throw new Problem("not_allowed", `you keep ${VIEWS_MAX} views; forget one first`);
    }
    noteEdited(c, shown(view, whose.owner));
    return c.json(shown(view, whose.owner), 200);
  });
  app.openapi(remove, async (c) => {
    const whose = { tenant: c.get("tenant").tenant, owner: c.get("caller").actor };
    const { name } = c.req.valid("param");
    const expect = expectedView(c, name);
    if (!(await forgetView(c.get("db"), whose, { name, expect }))) throw noView(name);
    return c.body(null, 204);
  });
}

function expectedView(c: Context<ApiEnv>, name: string): (before: SavedView | undefined) => void {
  const { actor } = c.get("caller");
  const expect = expectationOf(c, `view "${name}" of yours`);
  return (before) => expect(before && shown(before, actor));
}

function noView(name: string): Problem {
  return new Problem("view_not_found", `there is no view "${name}" of yours`);
}

function shown(view: SavedView, caller: string): z.infer<typeof viewSchema> {
  return {
    name: view.name,
    query: view.query,
    columns: [...view.columns],
    sort: view.sort as z.infer<typeof viewSchema>["sort"],
    shared: view.isShared,
    owner: view.owner,
    is_own: view.owner === caller,
    updated_at: timeOf(view.updatedMs),
  };
}

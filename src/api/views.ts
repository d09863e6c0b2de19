/** Kept views of the device list: anybody keeps his own, operators share theirs. */
import { createRoute, z } from "@hono/zod-openapi";

import {
  findView,
  forgetView,
  keepView,
  listViews,
  VIEWS_MAX,
  type SavedView,
} from "../control/saved-views.ts";
import { newViewSchema, viewSchema } from "./contract-views.ts";
import { Problem } from "./errors.ts";
import {
  answers,
  needs,
  paramsWith,
  PROBLEMS,
  takes,
  TENANT_PATH,
  tenantParams,
  timeOf,
  type Api,
} from "./routes.ts";

const tags = ["views"];
const ONE = `${TENANT_PATH}/views/{name}` as const;
const params = paramsWith("name", "Name of the view");
const NAME_CHARS_MAX = 64;

const list = createRoute({
  method: "get",
  path: `${TENANT_PATH}/views`,
  tags,
  summary: "Kept views: one's own, then those that others share",
  ...needs("viewer"),
  request: { params: tenantParams },
  responses: { 200: answers(z.object({ views: z.array(viewSchema) }), "All"), ...PROBLEMS },
});

const get = createRoute({
  method: "get",
  path: ONE,
  tags,
  summary: "A kept view: one's own of the name, else one that is shared",
  ...needs("viewer"),
  request: { params },
  responses: { 200: answers(viewSchema, "The view"), ...PROBLEMS },
});

const put = createRoute({
  method: "put",
  path: ONE,
  tags,
  summary: "Keep a view; to share it takes an operator",
  ...needs("viewer"),
  request: { params, body: takes(newViewSchema) },
  responses: { 200: answers(viewSchema, "The view"), ...PROBLEMS },
});

const remove = createRoute({
  method: "delete",
  path: ONE,
  tags,
  summary: "Forget a view of one's own",
  ...needs("viewer"),
  request: { params },
  responses: { 204: { description: "Forgotten" }, ...PROBLEMS },
});

/** Adds the routes of kept views. */
export function addViews(app: Api): void {
  app.openapi(list, async (c) => {
    const whose = { tenant: c.get("tenant").tenant, owner: c.get("caller").actor };
    const views = await listViews(c.get("db"), whose);
    return c.json({ views: views.map((view) => shown(view, whose.owner)) }, 200);
  });
  app.openapi(get, async (c) => {
    const whose = { tenant: c.get("tenant").tenant, owner: c.get("caller").actor };
    const { name } = c.req.valid("param");
    const view = await findView(c.get("db"), whose, name);
    if (view === undefined) throw noView(name);
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
    if (!(await keepView(c.get("db"), whose, { ...wanted, name, isShared }))) {
      throw new Problem("not_allowed", `you keep ${VIEWS_MAX} views; forget one first`);
    }
    const view = await findView(c.get("db"), whose, name);
    if (view === undefined) throw noView(name);
    return c.json(shown(view, whose.owner), 200);
  });
  app.openapi(remove, async (c) => {
    const whose = { tenant: c.get("tenant").tenant, owner: c.get("caller").actor };
    const { name } = c.req.valid("param");
    if (!(await forgetView(c.get("db"), whose, name))) throw noView(name);
    return c.body(null, 204);
  });
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

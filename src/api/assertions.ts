import { createRoute } from "@hono/zod-openapi";

import { sourceNames } from "../control/source-names.ts";
import { listAssertions } from "../dire/assertion-list.ts";
import { findPartition } from "../dire/numbers.ts";
import { allowValue, blockValue, parseValue } from "../dire/operator-values.ts";
import { revokeNumbered } from "../dire/operator.ts";
import { act, who } from "./act.ts";
import { shownAssertion } from "./assertion-view.ts";
import type { ApiContext } from "./context.ts";
import {
  actSchema,
  assertionQuery,
  assertionSchema,
  outcomeSchema,
  valueActSchema,
} from "./contract-assertions.ts";
import { pageOf } from "./contract.ts";
import { Problem } from "./errors.ts";
import {
  answers,
  cursorOf,
  needs,
  pageWithNext,
  paramsWith,
  PROBLEMS,
  readCursor,
  takes,
  TENANT_PATH,
  tenantParams,
  type Api,
} from "./routes.ts";

const tags = ["assertions"];

const list = createRoute({
  method: "get",
  path: `${TENANT_PATH}/assertions`,
  tags,
  summary: "What operators assert of devices and values, newest first",
  ...needs("viewer"),
  request: { params: tenantParams, query: assertionQuery },
  responses: { 200: answers(pageOf("assertions", assertionSchema), "One page"), ...PROBLEMS },
});
const revoke = createRoute({
  method: "post",
  path: `${TENANT_PATH}/assertions/{assertion_no}/revoke`,
  tags,
  summary: "Take an assertion back: devices become what they are without it",
  ...needs("operator"),
  request: {
    params: paramsWith("assertion_no", "Number of the assertion"),
    body: takes(actSchema),
  },
  responses: { 200: answers(outcomeSchema, "What came of it"), ...PROBLEMS },
});
const value = {
  method: "post" as const,
  tags,
  ...needs("operator"),
  request: { params: tenantParams, body: takes(valueActSchema) },
  responses: { 200: answers(outcomeSchema, "What came of it"), ...PROBLEMS },
};
const block = createRoute({
  ...value,
  path: `${TENANT_PATH}/values/block`,
  summary: "Let a value say nothing of who is who, as if no record had it",
});
const allow = createRoute({
  ...value,
  path: `${TENANT_PATH}/values/allow`,
  summary: "Let a value join records though several devices contest it",
});

/** Adds the routes of assertions. */
export function addAssertions(app: Api, context: ApiContext): void {
  app.openapi(list, async (c) => {
    const db = c.get("db");
    const { limit, after, state, kind } = c.req.valid("query");
    const { tenant } = c.get("tenant");
    const before = readCursor("a", after);
    const filter = { state, kind };
    const found = await listAssertions(db, tenant, { filter, before, limit: limit + 1 });
    const names = await sourceNames(db, tenant);
    const page = pageWithNext(found, limit, ({ assertionNo }) => cursorOf("a", assertionNo));
    const assertions = page.rows.map((one) => shownAssertion(one, names));
    return c.json({ assertions, next: page.next }, 200);
  });
  app.openapi(revoke, async (c) => {
    const { slug } = c.get("tenant");
    const { assertion_no: text } = c.req.valid("param");
    const { reason, dry_run: isRehearsal } = c.req.valid("json");
    const assertionNo = /^\d{1,9}$/.test(text) ? Number(text) : 0;
    const asked = { action: "assertion.revoke", subject: text, reason, isRehearsal, ...who(c) };
    const done = await act(context, asked, async (one) => {
      const revoked = await revokeNumbered(one, assertionNo);
      if (revoked !== undefined) return revoked;
      throw new Problem(
        "assertion_not_found",
        `tenant "${slug}" has no assertion ${text} that stands`,
      );
    });
    return c.json(done, 200);
  });
  for (const [route, doIt] of [
    [block, blockValue],
    [allow, allowValue],
  ] as const) {
    app.openapi(route, async (c) => {
      const { type, value: text, partition, reason, dry_run: isRehearsal } = c.req.valid("json");
      const read = parseValue(type, text);
      if (!read.ok) throw new Problem("invalid_request", read.error);
      const action = route === block ? "value.block" : "value.allow";
      const subject = `${partition} ${read.value}`;
      const asked = { action, subject, reason, isRehearsal, ...who(c) };
      const done = await act(context, asked, async (one) => {
        const partitionNo = await findPartition(one.tx, one.tenant, partition);
        if (partitionNo === undefined) {
          throw new Problem("not_allowed", `no record lies in a partition "${partition}"`);
        }
        return await doIt(one, { partitionNo, value: read.value });
      });
      return c.json(done, 200);
    });
  }
}

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
import { routesOf } from "./declare.ts";
import { Problem } from "./errors.ts";
import {
  answers,
  cursorOf,
  pageWithNext,
  paramsWith,
  readCursor,
  takes,
  TENANT_PATH,
  tenantParams,
  type Api,
} from "./routes.ts";

const route = routesOf("assertions");

const list = route.get(`${TENANT_PATH}/assertions`, "viewer", {
  summary: "What operators assert of devices and values, newest first",
  request: { params: tenantParams, query: assertionQuery },
  gives: { 200: answers(pageOf("assertions", assertionSchema), "One page") },
});
const revoke = route.post(`${TENANT_PATH}/assertions/{assertion_no}/revoke`, "operator", {
  summary: "Take an assertion back: devices become what they are without it",
  request: {
    params: paramsWith("assertion_no", "Number of the assertion"),
    body: takes(actSchema),
  },
  gives: { 200: answers(outcomeSchema, "What came of it") },
});
const ofValue = {
  request: { params: tenantParams, body: takes(valueActSchema) },
  gives: { 200: answers(outcomeSchema, "What came of it") },
};
const block = route.post(`${TENANT_PATH}/values/block`, "operator", {
  summary: "Let a value say nothing of who is who, as if no record had it",
  ...ofValue,
});
const allow = route.post(`${TENANT_PATH}/values/allow`, "operator", {
  summary: "Let a value join records though several devices contest it",
  ...ofValue,
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
  for (const [deed, doIt] of [
    [block, blockValue],
    [allow, allowValue],
  ] as const) {
    app.openapi(deed, async (c) => {
      const { type, value: text, partition, reason, dry_run: isRehearsal } = c.req.valid("json");
      const read = parseValue(type, text);
      if (!read.ok) throw new Problem("invalid_request", read.error);
      const action = deed === block ? "value.block" : "value.allow";
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

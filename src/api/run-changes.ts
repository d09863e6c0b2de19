import { changedRecords } from "../dire/run-changes.ts";
import { changedRecordSchema } from "./contract-runs.ts";
import { pageOf, pageQuery } from "./contract.ts";
import { routesOf } from "./declare.ts";
import {
  answers,
  cursorOf,
  pageWithNext,
  paramsWith,
  readCursor,
  TENANT_PATH,
  type Api,
} from "./routes.ts";
import { runNamed } from "./runs.ts";

const route = routesOf("runs");

const changes = route.get(`${TENANT_PATH}/runs/{run}/changes`, "viewer", {
  summary:
    "The records that a run changed, with what each said before; for as long as it can be undone",
  request: {
    params: paramsWith("run", "Number of the run, or the agent's id of it"),
    query: pageQuery,
  },
  gives: { 200: answers(pageOf("changes", changedRecordSchema), "One page") },
});

/** Adds the route of what a run changed. */
export function addRunChanges(app: Api): void {
  app.openapi(changes, async (c) => {
    const db = c.get("db");
    const { runNo } = await runNamed(db, c.get("tenant"), c.req.valid("param").run);
    const { limit, after } = c.req.valid("query");
    const found = await changedRecords(db, c.get("tenant").tenant, {
      runNo,
      after: readCursor("c", after) ?? 0,
      limit: limit + 1,
    });
    const { rows, next } = pageWithNext(found, limit, (row) => cursorOf("c", row.recordNo));
    const shown = rows.map(({ recordNo, deviceId, isChangedSince, fields, ...rest }) => ({
      ...rest,
      record_no: recordNo,
      device_id: deviceId && `sr:${deviceId}`,
      is_changed_since: isChangedSince,
      fields: [...fields],
    }));
    return c.json({ changes: shown, next }, 200);
  });
}

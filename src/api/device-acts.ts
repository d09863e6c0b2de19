/** What an operator may do to devices: make two one, keep two apart, take a record out, set an attribute. Each takes dry_run. */

import { mergeDevices, neverMerge, unmerge } from "../dire/operator-links.ts";
import { lockField, parseLocked, unlockField } from "../dire/operator-locks.ts";
import { act, deviceNamed, who } from "./act.ts";
import type { ApiContext } from "./context.ts";
import {
  lockSchema,
  outcomeSchema,
  pairActSchema,
  unlockSchema,
  unmergeSchema,
} from "./contract-assertions.ts";
import { routesOf } from "./declare.ts";
import { Problem } from "./errors.ts";
import { answers, paramsWith, takes, TENANT_PATH, type Api } from "./routes.ts";

const route = routesOf("devices");
const params = paramsWith("device_id", "The device's id, or any it ever had");
const DEVICE = `${TENANT_PATH}/devices/{device_id}` as const;
const gives = { 200: answers(outcomeSchema, "What came of it") };

const merge = route.post(`${DEVICE}/merge`, "operator", {
  summary: "Make one device of this and another, whatever their sources say",
  request: { params, body: takes(pairActSchema) },
  gives,
});
const never = route.post(`${DEVICE}/never-merge`, "operator", {
  summary: "Keep this and another device apart, whatever their sources say",
  request: { params, body: takes(pairActSchema) },
  gives,
});
const part = route.post(`${DEVICE}/unmerge`, "operator", {
  summary: "Take a record out of a device, or undo its latest merge",
  request: { params, body: takes(unmergeSchema) },
  gives,
});
const lock = route.post(`${DEVICE}/lock`, "operator", {
  summary: "Set an attribute that no source overrides",
  request: { params, body: takes(lockSchema) },
  gives,
});
const unlock = route.post(`${DEVICE}/unlock`, "operator", {
  summary: "Give an attribute back to the sources",
  request: { params, body: takes(unlockSchema) },
  gives,
});

/** Adds the routes of operators' acts on devices. */
export function addDeviceActs(app: Api, context: ApiContext): void {
  for (const [deed, doIt] of [
    [merge, mergeDevices],
    [never, neverMerge],
  ] as const) {
    app.openapi(deed, async (c) => {
      const [tenant, { device_id: id }] = [c.get("tenant"), c.req.valid("param")];
      const { other, reason, dry_run: isRehearsal } = c.req.valid("json");
      const action = deed === merge ? "device.merge" : "device.never_merge";
      const asked = { action, subject: `${id} ${other}`, reason, isRehearsal };
      const done = await act(context, { ...asked, ...who(c) }, async (one) => {
        const device = await deviceNamed(one.tx, tenant, id);
        return await doIt(one, device, await deviceNamed(one.tx, tenant, other));
      });
      return c.json(done, 200);
    });
  }
  app.openapi(part, async (c) => {
    const [tenant, { device_id: id }] = [c.get("tenant"), c.req.valid("param")];
    const { record_no: recordNo, reason, dry_run: isRehearsal } = c.req.valid("json");
    const asked = { action: "device.unmerge", subject: id, reason, isRehearsal, ...who(c) };
    const done = await act(context, asked, async (one) =>
      unmerge(one, await deviceNamed(one.tx, tenant, id), recordNo),
    );
    return c.json(done, 200);
  });
  app.openapi(lock, async (c) => {
    const [tenant, { device_id: id }] = [c.get("tenant"), c.req.valid("param")];
    const { field, value: text, reason, dry_run: isRehearsal } = c.req.valid("json");
    const value = parseLocked(field, text);
    if (!value.ok) throw new Problem("invalid_request", value.error);
    const subject = `${id} ${field}`;
    const asked = { action: "device.lock", subject, reason, isRehearsal, ...who(c) };
    const done = await act(context, asked, async (one) =>
      lockField(one, await deviceNamed(one.tx, tenant, id), { field, value: value.value }),
    );
    return c.json(done, 200);
  });
  app.openapi(unlock, async (c) => {
    const [tenant, { device_id: id }] = [c.get("tenant"), c.req.valid("param")];
    const { field, reason, dry_run: isRehearsal } = c.req.valid("json");
    const subject = `${id} ${field}`;
    const asked = { action: "device.unlock", subject, reason, isRehearsal, ...who(c) };
    const done = await act(context, asked, async (one) =>
      unlockField(one, await deviceNamed(one.tx, tenant, id), field),
    );
    return c.json(done, 200);
  });
}

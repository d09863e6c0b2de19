/** devices merge, never-merge, unmerge, lock, unlock, block-value, allow-value: what an operator decides, tried first with --dry-run. */
import type { z } from "@hono/zod-openapi";

import type { outcomeSchema } from "../api/contract-assertions.ts";
import type { deviceDetailSchema } from "../api/contract-devices.ts";
import { SPOKEN_TYPES } from "../dire/operator-values.ts";
import { FIELDS } from "../dire/saying.ts";
import { EXIT } from "../lib/exit-code.ts";
import { optional, required, toggle, withDefault } from "./args.ts";
import { outcomeLines } from "./core-assertion-text.ts";
import type { CoreContext } from "./core-context.ts";
import { deviceIdOf } from "./core-devices.ts";
import { Misuse, tenantCommand, type TenantSession } from "./core-session.ts";
import type { Command } from "./program.ts";

type Outcome = z.infer<typeof outcomeSchema>;
type Evidence = z.infer<typeof deviceDetailSchema>["evidence"][number];

const WHY = {
  reason: withDefault("TEXT", "why, for the audit", ""),
  dryRun: toggle("say what would change and change nothing"),
};
type Why = { readonly reason: string; readonly dryRun: boolean };

const DEVICE = required("DEVICE", "its id or a former one; else what finds just one");
const OTHER = required("OTHER", "another device");
const FIELD = required("FIELD", `one of ${FIELDS.join(", ")}`);
const TYPE = required("TYPE", `one of ${SPOKEN_TYPES.join(", ")}`);
const VALUE = required("VALUE", "as a source says it");
const PARTITION = { partition: withDefault("NAME", "where it is said", "default") };

/** Commands that make an assertion. */
export const DEVICE_ACT_COMMANDS: readonly Command<CoreContext>[] = [
  tenantCommand({
    name: "devices merge",
    summary: "Make two devices one, whatever their sources say",
    operands: { device: DEVICE, other: OTHER },
    flags: WHY,
    run: (values, session) => pairAct("merge", values, session),
  }),
  tenantCommand({
    name: "devices never-merge",
    summary: "Keep two devices apart, whatever their sources say",
    operands: { device: DEVICE, other: OTHER },
    flags: WHY,
    run: (values, session) => pairAct("never-merge", values, session),
  }),
  tenantCommand({
    name: "devices unmerge",
    summary: "Take a record out of a device, or undo its latest merge",
    operands: { device: DEVICE },
    flags: {
      record: optional(
        "RECORD",
        "the one that does not belong there: its id at the source, SOURCE/ID where several have that, or #NUMBER",
      ),
      ...WHY,
    },
    run: async ({ device, record, ...why }, session) => {
      const id = await deviceIdOf(device, session);
      const no = record === undefined ? undefined : await recordOf(id, { record, session });
      await actOn(id, session, { verb: "unmerge", why, body: { record_no: no } });
    },
  }),
  tenantCommand({
    name: "devices lock",
    summary: "Set a field that no source overrides, through every later sync",
    operands: { device: DEVICE, field: FIELD, value: required("VALUE", "what it is to be") },
    flags: WHY,
    run: async ({ device, field, value, ...why }, session) => {
      const id = await deviceIdOf(device, session);
      await actOn(id, session, { verb: "lock", why, body: { field, value } });
    },
  }),
  tenantCommand({
    name: "devices unlock",
    summary: "Give a field back to the sources",
    operands: { device: DEVICE, field: FIELD },
    flags: WHY,
    run: async ({ device, field, ...why }, session) => {
      const id = await deviceIdOf(device, session);
      await actOn(id, session, { verb: "unlock", why, body: { field } });
    },
  }),
  tenantCommand({
    name: "devices block-value",
    summary: "Let a value say nothing of who is who, as if no record had it",
    operands: { type: TYPE, value: VALUE },
    flags: { ...PARTITION, ...WHY },
    run: (values, session) => valueAct("block", values, session),
  }),
  tenantCommand({
    name: "devices allow-value",
    summary: "Let a value join records though several devices contest it",
    operands: { type: TYPE, value: VALUE },
    flags: { ...PARTITION, ...WHY },
    run: (values, session) => valueAct("allow", values, session),
  }),
];

async function pairAct(
  verb: "merge" | "never-merge",
  { device, other, ...why }: Why & { readonly device: string; readonly other: string },
  session: TenantSession,
): Promise<void> {
  const id = await deviceIdOf(device, session);
  const body = { other: await deviceIdOf(other, session) };
  await actOn(id, session, { verb, why, body });
}

type ValueAsked = Why & {
  readonly type: string;
  readonly value: string;
  readonly partition: string;
};

async function valueAct(
  verb: "block" | "allow",
  { type, value, partition, reason, dryRun }: ValueAsked,
  session: TenantSession,
): Promise<void> {
  await ask(session, ["values", verb], { type, value, partition, reason, dry_run: dryRun });
}

type Doing = {
  readonly verb: string;
  readonly why: Why;
  readonly body: Readonly<Record<string, unknown>>;
};

async function actOn(
  id: string,
  session: TenantSession,
  { verb, why: { reason, dryRun }, body }: Doing,
): Promise<void> {
  await ask(session, ["devices", id, verb], { ...body, reason, dry_run: dryRun });
}

async function ask(
  session: TenantSession,
  segments: readonly string[],
  body: unknown,
): Promise<void> {
  const path = session.path(segments);
  const outcome = await session.ask<Outcome>({ method: "POST", path, body });
  session.show(outcome, () => outcomeLines(outcome, session));
}

/** The number of a device's record that a text names. */
async function recordOf(
  id: string,
  { record, session }: { readonly record: string; readonly session: TenantSession },
): Promise<number> {
  const path = session.path(["devices", id]);
  const { evidence } = await session.ask<{ evidence: Evidence[] }>({ method: "GET", path });
  const names = ({ record_no: no, native_id: native, source }: Evidence): readonly string[] => [
    native,
    `${source}/${native}`,
    `#${no}`,
  ];
  const [found, ...others] = evidence.filter((row) => names(row).includes(record));
  if (found !== undefined && others.length === 0) return found.record_no;
  const known = evidence
    .map((row) => `${row.source}/${row.native_id} (#${row.record_no})`)
    .join(", ");
  const problem = found === undefined ? "names no record" : "names several records";
  throw new Misuse(`--record "${record}" ${problem} of the device; it has ${known}`, EXIT.failed);
}

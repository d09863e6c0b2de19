/** Attributes that an operator sets: they stand whatever the sources say, through merges, splits and every later sync. */
import { err, ok, type Result } from "../lib/result.ts";
import { parseIp } from "../model/ip.ts";
import { formatMac, parseMac } from "../model/mac.ts";
import { readLocks } from "./assertion-store.ts";
import { isNamedBy, readParts } from "./device-parts.ts";
import { deviceTypeOf } from "./ocsf.ts";
import type { NamedDevice } from "./operator-links.ts";
import type { Act, Acted } from "./operator.ts";
import type { Field } from "./saying.ts";

/** A value as the attribute holds it; the error says what it must be. */
export function parseLocked(field: Field, text: string): Result<string> {
  const value = (READ[field] ?? readText)(text.trim());
  return value === undefined
    ? err(`${field}: "${text}" ${EXPECTED[field] ?? "is empty"}`)
    : ok(value);
}

type Read = (text: string) => string | undefined;

const readText: Read = (text) => (text === "" ? undefined : text);
const READ: Partial<Readonly<Record<Field, Read>>> = {
  ip: parseIp,
  mac: (text) => {
    const mac = parseMac(text);
    return mac === undefined ? undefined : formatMac(mac);
  },
  type: (text) => (deviceTypeOf(text) === undefined ? undefined : text),
  risk_score: (text) => (text !== "" && Number.isFinite(Number(text)) ? text : undefined),
  is_available: (text) => (text === "true" || text === "false" ? text : undefined),
};
const EXPECTED: Partial<Readonly<Record<Field, string>>> = {
  ip: "is no IP address",
  mac: "is no MAC",
  type: 'is no device type, such as "switch"',
  risk_score: "is no number",
  is_available: "is neither true nor false",
};

/** Sets an attribute of a device. The lock is kept with the device's oldest record and goes where that goes. */
export async function lockField(
  act: Act,
  device: NamedDevice,
  { field, value }: { readonly field: Field; readonly value: string },
): Promise<Acted> {
  const [anchor] = await readParts(act.tx, act.tenant, device.deviceNo);
  if (anchor === undefined) return err(`${device.id} has no record`);
  await act.claim({ kind: "lock_field", part: anchor, field, value });
  return ok(await act.outcome());
}

/** Gives an attribute back to the sources, however often it was locked. */
export async function unlockField(act: Act, device: NamedDevice, field: Field): Promise<Acted> {
  const parts = await readParts(act.tx, act.tenant, device.deviceNo);
  const recordNos = parts.map(({ recordNo }) => recordNo);
  const locks = (await readLocks(act.tx, act.tenant, recordNos)).filter(
    (lock) => lock.field === field && parts.some((part) => isNamedBy(part, lock)),
  );
  if (locks.length === 0) return err(`${field} of ${device.id} is not locked`);
  for (const { assertionNo } of locks) await act.revoke(assertionNo);
  return ok(await act.outcome());
}

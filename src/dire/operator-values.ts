/** What values are worth, as an operator has it: a blocked one is as if nobody had said it, an allowed one may join though contested. */
import { err, ok, type Result } from "../lib/result.ts";
import { parseIp } from "../model/ip.ts";
import { parseMac } from "../model/mac.ts";
import { readHolders } from "./history-store.ts";
import type { ValueKey } from "./node.ts";
import type { Act, Acted } from "./operator.ts";
import { ALLOWED_HOLDERS_MAX } from "./value-state.ts";
import { parseHost, parseSerial } from "./values.ts";

/** Types of value that an operator may speak of. */
export const SPOKEN_TYPES = ["serial", "asset", "mac", "host", "address"] as const;

/** Type of value that an operator may speak of. */
export type SpokenType = (typeof SPOKEN_TYPES)[number];

/** A value as it is compared, from how a person writes it; the error says why it could join nothing anyhow. */
export function parseValue(type: SpokenType, text: string): Result<ValueKey> {
  const value = READ[type](text);
  if (value !== undefined) return ok(`${type}:${value}` as const);
  return err(`"${text}" is no ${NAMES[type]} that could join anything`);
}

const READ: Readonly<Record<SpokenType, (text: string) => string | undefined>> = {
  serial: parseSerial,
  asset: parseSerial,
  mac: parseMac,
  host: parseHost,
  address: parseIp,
};
const NAMES: Readonly<Record<SpokenType, string>> = {
  serial: "serial number",
  asset: "asset tag",
  mac: "MAC",
  host: "hostname",
  address: "IP address",
};

type Asked = { readonly partitionNo: number; readonly value: ValueKey };

/** Lets a value say nothing from now on. */
export async function blockValue(act: Act, value: Asked): Promise<Acted> {
  await act.claim({ kind: "block_value", value });
  return ok(await act.outcome());
}

/** Lets a value join records, even those that contest it. */
export async function allowValue(act: Act, value: Asked): Promise<Acted> {
  if (value.value.startsWith("address:")) {
    return err("an IP address never joins anything by itself, so it cannot be allowed to");
  }
  const limit = ALLOWED_HOLDERS_MAX + 1;
  const [held = []] = (await readHolders(act.tx, act.tenant, { values: [value], limit })).values();
  if (held.length > ALLOWED_HOLDERS_MAX) {
    return err(
      `more than ${ALLOWED_HOLDERS_MAX} records hold this value; what so many share tells no devices apart`,
    );
  }
  await act.claim({ kind: "allow_value", value });
  return ok(await act.outcome());
}

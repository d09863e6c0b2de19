import type { Db } from "../db/pool.ts";
import { tx } from "../db/tx.ts";
import type { ValueKey } from "../dire/node.ts";
import { devicesSaying } from "../dire/value-search.ts";
import { parseSerial } from "../dire/values.ts";
import type { DeviceFilter } from "../inventory/device-list.ts";
import { resolveId } from "../inventory/device-store.ts";
import { parseIp } from "../model/ip.ts";
import { parseMac } from "../model/mac.ts";

const UUID = /^(?:sr:)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;

/** What a search text may mean, all of it looked for: a device's id stands alone, a whole address leaves no name. */
export async function matchOf(
  db: Db,
  tenant: number,
  q: string,
): Promise<NonNullable<DeviceFilter["match"]>> {
  const uuid = UUID.exec(q)?.[1]?.toLowerCase();
  if (uuid !== undefined) {
    const deviceNo = await resolveId(db, tenant, `sr:${uuid}`);
    return { prefixes: [], deviceNos: deviceNo === undefined ? [] : [deviceNo] };
  }
  const ip = parseIp(q);
  const values = ip === undefined ? namedValues(q) : addressValues(q);
  const deviceNos = await tx(db, (open) => devicesSaying(open, tenant, values), { readOnly: true });
  return { prefixes: ip === undefined ? casesOf(q) : [], deviceNos };
}

function namedValues(q: string): ValueKey[] {
  const [serial, mac] = [parseSerial(q), parseMac(q)];
  return [
    ...(serial === undefined ? [] : [`serial:${serial}` as const]),
    ...(mac === undefined ? [] : [`mac:${mac}` as const]),
  ];
}

/** The index of names knows upper from lower case; people seldom do. */
function casesOf(q: string): readonly string[] {
  return [q, q.toLowerCase(), q.toUpperCase()];
}

/** Numbers of the devices of which one record has this very value in this field: device_id, ip, mac or serial. */
export async function devicesOf(
  db: Db,
  tenant: number,
  { field, text }: { readonly field: string; readonly text: string },
): Promise<readonly number[]> {
  if (field === "device_id") {
    return UUID.test(text) ? (await matchOf(db, tenant, text)).deviceNos : [];
  }
  const values = field === "ip" ? addressValues(text) : namedValues(text);
  const wanted = values.filter((value) => field === "ip" || value.startsWith(`${field}:`));
  return await tx(db, (open) => devicesSaying(open, tenant, wanted), { readOnly: true });
}

function addressValues(text: string): ValueKey[] {
  const ip = parseIp(text);
  return ip === undefined ? [] : [`address:${ip}`, `sighted:${ip}`];
}

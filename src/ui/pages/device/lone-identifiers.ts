/** Values of a device that would tell who it is, and that no second record says. Pure. */
import type { Explanation } from "../../calls/device-acts.ts";
import type { DeviceDetail } from "../../calls/devices.ts";

/** One of them, with the source that says it where that is known. */
export interface LoneIdentifier {
  readonly type: "serial" | "mac" | "host" | "address";
  readonly value: string;
  readonly source: string | undefined;
}

type Known = Pick<Explanation, "shared" | "muted">;
type Of = Pick<DeviceDetail, "serial" | "hostname" | "network_interfaces" | "fields">;

/** Serial, name, MACs and addresses that are neither shared nor muted in the explanation, each once. */
export function loneIdentifiers(of: Of, { shared, muted }: Known): readonly LoneIdentifier[] {
  const told = new Set([...shared, ...muted].map(({ value }) => plain(value)));
  const { serial, hostname, network_interfaces: interfaces } = of;
  const all = [
    { type: "serial" as const, value: serial },
    { type: "host" as const, value: hostname },
    ...interfaces.map(({ mac }) => ({ type: "mac" as const, value: mac })),
    ...interfaces.map(({ ip }) => ({ type: "address" as const, value: ip })),
  ];
  return all.flatMap(({ type, value }) => {
    if (value === undefined || value === "" || told.has(plain(value, type))) return [];
    told.add(plain(value, type));
    const source = of.fields.find((field) => field.value === value)?.source;
    return [{ type, value, source }];
  });
}

/** As values are compared: names without their domain, serials with I as 1 and O as 0. */
function plain(value: string, type?: LoneIdentifier["type"]): string {
  const lower = value.toLowerCase();
  if (type === "host") return lower.split(".")[0] ?? lower;
  return type === "serial" ? lower.replaceAll("i", "1").replaceAll("o", "0") : lower;
}

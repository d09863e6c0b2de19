/** How evidence of who is who is called for people: in explanations of the core, and on the page. Pure. */
import { formatMac, type Mac } from "./mac.ts";

const NAMES: Readonly<Record<string, string>> = {
  serial: "serial",
  virtualSerial: "serial of a virtual machine",
  asset: "asset tag",
  mac: "MAC",
  localMac: "random MAC",
  host: "name",
  formerHost: "name, though at different times",
  address: "IP",
  briefAddress: "IP on fewer than 3 days",
  contested: "contested",
};

/** "asset tag" for `asset`; a kind that is not known, as it is called. */
export function evidenceName(type: string): string {
  return NAMES[type] ?? type;
}

/** A value as people write it: MACs with colons, of two that differ too ("A / B"). */
export function evidenceValue(type: string, value: string): string {
  if (type !== "mac" && type !== "localMac") return value;
  return value
    .split(" / ")
    .map((mac) => (/^[0-9A-F]{12}$/.test(mac) ? formatMac(mac as Mac) : mac))
    .join(" / ");
}

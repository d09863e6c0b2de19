/**
 * Which texts may identify a device at all. Structural tests, so that junk nobody has listed is caught too; the
 * lists only add what structure cannot tell (sources: identity facts 1.7, 2 and 3, GLPI's public blacklists).
 */
import { memoized } from "../lib/memo.ts";
import { parseIp } from "../model/ip.ts";
import type { Mac } from "../model/mac.ts";

/** Types of identifying value, with the numbers that the database holds. `sighted` is an address that was seen alone. */
export const VALUE_TYPES = {
  serial: 1,
  asset: 2,
  mac: 3,
  host: 4,
  address: 5,
  sighted: 6,
} as const;

/** Name of a value type. */
export type ValueType = keyof typeof VALUE_TYPES;

/** Shorter serials and asset tags ("0", "N/A", "123") are typed-in fillers, not numbers a maker gave. */
const SERIAL_LENGTH_MIN = 4;
/** PostgreSQL's longest index row is 2,704 bytes; a real serial has under 64 characters. */
const SERIAL_LENGTH_MAX = 128;
const FILLER =
  /O\.?E\.?M|^NONE|^NULL|^N\/?A$|DEFAULT|NOT ?(SPECIFIED|AVAILABLE|APPLICABLE|PRESENT|SET)|TO BE FILLED|SERIAL ?(NUMBER|NO)|^SERIAL|ASSET ?TAG|UNKNOWN|INVALID|^CHASSIS|^TEST$|^EMPTY|^XXX|NO ASSET|^SYSTEM|^EVAL|^0?123456/;

const SERIAL_SIGNS = /[^0-9A-Z]/;

/** One character over and over. */
const ONE_CHARACTER = /^(.)\1*$/;

/**
 * A serial number or asset tag as it is compared, or undefined where it is a filler. The letters that hands and scanners
 * take for digits are written as digits (O as 0, I as 1): makers avoid numbers that differ in nothing else.
 */
export function parseSerial(text: string | undefined): string | undefined {
  const serial = text?.trim().replace(/\s+/g, " ").toUpperCase() ?? "";
  if (serial.length < SERIAL_LENGTH_MIN || serial.length > SERIAL_LENGTH_MAX) return undefined;
  const bare = SERIAL_SIGNS.test(serial) ? serial.replace(/[^0-9A-Z]/g, "") : serial;
  if (bare.length < SERIAL_LENGTH_MIN || ONE_CHARACTER.test(bare) || FILLER.test(serial)) {
    return undefined;
  }
  return serial.replaceAll("O", "0").replaceAll("I", "1");
}

/** Whether a text is a serial number and not a filler, for showing it as it was given. */
export function isSerial(text: string | undefined): text is string {
  return parseSerial(text) !== undefined;
}

/** Prefixes that protocols and hypervisors give to many devices at once, or that a driver bug left behind. */
const PROTOCOL_MACS =
  /^(00005E00|00000C07AC|00000C9FF|0007B4|0242|33333|01005E|0180C2|00059A3C7A|00090FFE|00090FAA|005056C0|33506F45|02004E435049|525400123456|FFFFFFFFFFFF|0000000)/;

/** True where the MAC can tell one network interface from others: neither group, junk, nor a protocol's own. */
export function isDeviceMac(mac: Mac): boolean {
  const isGroup = (Number.parseInt(mac.slice(0, 2), 16) & 0x01) !== 0;
  return !isGroup && !PROTOCOL_MACS.test(mac) && !ONE_CHARACTER.test(mac);
}

const GENERIC_HOSTS = new Set([
  "localhost",
  "unknown",
  "none",
  "null",
  "n/a",
  "na",
  "-",
  "default",
  "(none)",
  "host",
  "hostname",
]);
/** A DNS label has at most 63 characters; display names from sensors run longer, but not without end. */
const HOST_LENGTH_MAX = 128;

/** The short form of a hostname: first label, lower case. Undefined where it is no name of one device. */
export function parseHost(text: string | undefined): string | undefined {
  const name = text?.trim().toLowerCase() ?? "";
  if (name === "" || parseIp(name) !== undefined) return undefined;
  const label = (name.split(".")[0] ?? "").trim();
  if (label.length < 2 || label.length > HOST_LENGTH_MAX) return undefined;
  return GENERIC_HOSTS.has(name) || GENERIC_HOSTS.has(label) ? undefined : label;
}

/** Model and vendor are compared by their letters and digits alone: "HPE" against "hpe ", "R-740" against "R740". */
export function parseWord(text: string | undefined): string | undefined {
  return text === undefined ? undefined : wordOf(text);
}

const wordOf = memoized((text): string | undefined => {
  const word = text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "")
    .slice(0, 64);
  return word === "" || word === "unknown" || word === "other" || word === "none"
    ? undefined
    : word;
});

const VIRTUAL =
  /vmware|virtual|kvm|qemu|xen|hyper-?v|bochs|openstack|amazon ec2|google compute|proxmox|bhyve/i;

/** Prefixes that hypervisors give to their guests: VMware, Hyper-V, Xen, VirtualBox, QEMU. */
const GUEST_MACS = /^(000569|000C29|005056|00155D|00163E|080027|525400)/;

/** True where vendor, model or serial say that the machine is virtual, or all its MACs are a hypervisor's: it is cloned with all that. */
export function isVirtual(
  { vendor, model, serial }: { readonly [K in "vendor" | "model" | "serial"]: string | undefined },
  macs: readonly Mac[],
): boolean {
  return (
    (vendor !== undefined && isVirtualWord(vendor)) ||
    (model !== undefined && isVirtualWord(model)) ||
    (serial !== undefined && VIRTUAL.test(serial)) ||
    (macs.length > 0 && macs.every((mac) => GUEST_MACS.test(mac)))
  );
}

const isVirtualWord = memoized((text) => VIRTUAL.test(text));

/** Whether a name can be a host's own. A sensor's display name ("Cisco ISR #26") is no other name than it, it is another kind. */
export function isHostName(name: string): boolean {
  return !/[\s#]/.test(name);
}

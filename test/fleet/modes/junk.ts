import { itemAt } from "../world/dice.ts";
import { alter, become, listed, seenThrough } from "./alter.ts";
import { isOf, type FailureMode } from "./failure-mode.ts";

/** What firmware and typists write where a serial number should be; the last two stand in no public list. */
const JUNK_SERIALS = [
  "To be filled by O.E.M.",
  "System Serial Number",
  "Default string",
  "0",
  "None",
  "N/A",
  "Not Specified",
  "123456789",
  "00000000",
  "XXXXXXXXXX",
  "SN-PENDING-0001",
  "LEASED",
] as const;

/** White-box machines whose firmware has no serial number. */
export const JUNK_SERIAL: FailureMode = {
  tag: "junk_serial",
  group: [1, 1],
  exclusive: false,
  fits: (device, listing) =>
    isOf("server", "workstation", "kiosk", "plc")(device) &&
    listing.recordsOf(device).some(({ traits }) => traits.serial),
  strike: (group, { dice }) => become(itemAt(group, 0), { serial: dice.pick(JUNK_SERIALS) }),
};

/** Broken firmware, PPPoE and IPsec drivers, VPN clients, and a MAC cut short. */
const BAD_MACS = [
  "00:00:00:00:00:00",
  "FF:FF:FF:FF:FF:FF",
  "33:50:6F:45:30:30",
  "02:00:4E:43:50:49",
  "00:05:9A:3C:7A:00",
  "00:09:0F:FE:00:01",
  "01:00:5E:00:00:FB",
  "00:11:22:33:44",
] as const;

/** Rows in which the bad MAC is the only one. */
const ALONE = 0.6;

/** Rows with MACs that name nobody. */
export const BAD_MAC: FailureMode = {
  tag: "bad_mac",
  group: [1, 1],
  exclusive: false,
  fits: (device, listing) =>
    isOf("server", "virtual-machine", "workstation", "laptop", "plc", "kiosk")(device) &&
    listing.find(device, "armis") !== undefined,
  strike: (group, { dice, listing }) => {
    const device = itemAt(group, 0);
    const mac = dice.pick(BAD_MACS);
    const armis = listing.find(device, "armis");
    alter(armis, dice.chance(ALONE) ? { macs: [mac], allMacs: [] } : seenThrough(armis, mac));
    alter(listing.find(device, "agent"), listed(mac));
  },
};

/** Characters that a typist takes for another, both ways. */
const LOOKALIKES: Readonly<Record<string, string>> = {
  "0": "O",
  O: "0",
  "1": "I",
  I: "1",
  "5": "S",
  S: "5",
};

/** The serial as somebody mistyped it: one look-alike, or else the last two characters swapped. */
function mistype(serial: string): string {
  const typed = serial.replace(/[01O5SI](?!.*[01O5SI])/, (letter) => LOOKALIKES[letter] ?? letter);
  return typed === serial ? serial.replace(/(.)(.)$/, "$2$1") : typed;
}

/** A CMDB row whose serial number was typed by hand. */
export const TYPO: FailureMode = {
  tag: "typo",
  group: [1, 1],
  exclusive: false,
  fits: (device, listing) =>
    listing.find(device, "netbox") === undefined &&
    listing.find(device, "servicenow")?.traits.serial === true,
  strike: (group, { listing }) => {
    alter(listing.find(itemAt(group, 0), "servicenow"), ({ serial }) => ({
      serial: serial === undefined ? undefined : mistype(serial),
    }));
  },
};

/** Names of a device's fields and sources as the page writes them. Pure. */

const FIELD_TITLES: Readonly<Record<string, string>> = {
  ip: "Address",
  mac: "MAC",
  hostname: "Hostname",
  type: "Type",
  vendor_name: "Vendor",
  model: "Model",
  os: "OS",
  site: "Site",
  owner: "Owner",
  serial: "Serial",
  risk_score: "Risk score",
  is_managed: "Managed",
  is_trusted: "Trusted",
  is_compliant: "Compliant",
  is_available: "Available",
};

/** "Vendor" for `vendor_name`. */
export function fieldTitle(field: string): string {
  return FIELD_TITLES[field] ?? field;
}

/** All fields that can be locked, in the order of the page. */
export const LOCKABLE: readonly string[] = Object.keys(FIELD_TITLES);

/** Colours that tell sources apart; after the fourth they repeat, and the name tells. */
const SOURCE_COLOURS = 4;

/** Which colour each source has: by the order in which the device has them, each once. */
export function sourceColours(sources: readonly string[]): ReadonlyMap<string, number> {
  return new Map(
    [...new Set(sources)].map((source, index) => [source, (index % SOURCE_COLOURS) + 1]),
  );
}

/** "Switch, Cisco C9300, Austin Plant": what it is and where; the vendor once, as many models begin with it. */
export function whatWords({
  type,
  vendor_name: vendor,
  model,
  site,
}: {
  readonly type?: string | undefined;
  readonly vendor_name?: string | undefined;
  readonly model?: string | undefined;
  readonly site?: string | undefined;
}): string {
  const isNamed =
    model !== undefined &&
    vendor !== undefined &&
    model.toLowerCase().startsWith(vendor.toLowerCase());
  const made = isNamed ? model : [vendor, model].filter(Boolean).join(" ");
  return [type, made, site].filter(Boolean).join(", ");
}

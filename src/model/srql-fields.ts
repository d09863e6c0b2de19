/** The fields of devices that SRQL knows, by their own and their other names. */

/** How a field's values are read and compared. */
type FieldKind = "text" | "id" | "address" | "mac" | "number" | "boolean" | "time" | "list" | "map";

/** One field: what it is called in answers, what it holds, and what else people call it. */
export interface SrqlField {
  readonly name: string;
  readonly kind: FieldKind;
  readonly aliases: readonly string[];
  /** What it says, for whoever completes a query. */
  readonly about: string;
  /** Whether devices can be sorted and grouped by it. */
  readonly isOrdered: boolean;
}

const FREE = { isOrdered: false, aliases: [] } as const;
const ORDERED = { isOrdered: true, aliases: [] } as const;

/** All of them, in the order in which completion offers them. */
export const DEVICE_FIELDS: readonly SrqlField[] = [
  { ...ORDERED, name: "hostname", kind: "text", about: "Name in the network", aliases: ["name"] },
  { ...ORDERED, name: "ip", kind: "address", about: "Address, or a network such as 10.0.0.0/8" },
  { ...ORDERED, name: "mac", kind: "mac", about: "Hardware address, however it is written" },
  {
    ...FREE,
    name: "discovery_sources",
    kind: "list",
    about: "Type, name or id of a source that reports it",
    aliases: ["source"],
  },
  {
    ...ORDERED,
    name: "type",
    kind: "text",
    about: "OCSF device type, by caption or number",
    aliases: ["device_type", "type_id"],
  },
  { ...ORDERED, name: "vendor_name", kind: "text", about: "Manufacturer", aliases: ["vendor"] },
  { ...ORDERED, name: "model", kind: "text", about: "Model" },
  { ...ORDERED, name: "os.name", kind: "text", about: "Operating system", aliases: ["os"] },
  {
    ...FREE,
    name: "os.version",
    kind: "text",
    about: "Version of the operating system",
    aliases: ["os_version"],
  },
  { ...ORDERED, name: "risk_score", kind: "number", about: "Risk as its source reports it" },
  {
    ...ORDERED,
    name: "risk_level",
    kind: "text",
    about: "Info, Low, Medium, High or Critical",
    aliases: ["risk_level_id"],
  },
  { ...ORDERED, name: "site", kind: "text", about: "Site" },
  { ...ORDERED, name: "owner", kind: "text", about: "Owner" },
  {
    ...ORDERED,
    name: "partition",
    kind: "text",
    about: "Partition of the network",
    aliases: ["boundary"],
  },
  {
    ...FREE,
    name: "is_available",
    kind: "boolean",
    about: "Whether a source says that it answers",
  },
  {
    ...FREE,
    name: "is_managed",
    kind: "boolean",
    about: "Whether a source says that it is managed",
  },
  {
    ...FREE,
    name: "is_trusted",
    kind: "boolean",
    about: "Whether a source says that it is trusted",
  },
  {
    ...FREE,
    name: "is_compliant",
    kind: "boolean",
    about: "Whether a source says that it is compliant",
  },
  {
    ...FREE,
    name: "is_provisional",
    kind: "boolean",
    about: "Whether it is known by an address or a MAC alone",
  },
  { ...ORDERED, name: "first_seen", kind: "time", about: "First sighting" },
  { ...ORDERED, name: "last_seen", kind: "time", about: "Latest sighting" },
  {
    ...FREE,
    name: "device_id",
    kind: "id",
    about: "Canonical id, also a former one",
    aliases: ["uid", "id"],
  },
  { ...ORDERED, name: "serial", kind: "text", about: "Serial number", aliases: ["serial_number"] },
  { ...FREE, name: "asset_tag", kind: "text", about: "Asset tag" },
  { ...FREE, name: "armis_device_id", kind: "text", about: "Its id in Armis" },
  { ...FREE, name: "netbox_device_id", kind: "text", about: "Its id in NetBox" },
  { ...FREE, name: "agent_id", kind: "text", about: "Agent that reports it" },
  {
    ...FREE,
    name: "gateway_id",
    kind: "text",
    about: "Gateway that the agent which reports it greeted last",
  },
  { ...FREE, name: "tags", kind: "map", about: "A tag, as in tags.role:server" },
  {
    ...FREE,
    name: "metadata",
    kind: "map",
    about: "A key of a source's metadata, as in metadata.rack:A1",
  },
];

/** Entities of the language that are not served here, so that asking for one is told apart from a slip. */
export const ENTITIES: readonly string[] = ["devices"];

const BY_NAME: ReadonlyMap<string, SrqlField> = new Map(
  DEVICE_FIELDS.flatMap((one) => [one.name, ...one.aliases].map((name) => [name, one] as const)),
);

/** Every name that a field may be written by. */
export const FIELD_NAMES: readonly string[] = [...BY_NAME.keys()];

/** The field that a key means, and for `tags.role` the part behind it, whose case stands. Undefined if there is none. */
export function fieldOf(
  key: string,
): { readonly field: SrqlField; readonly path: string | undefined } | undefined {
  const whole = BY_NAME.get(key.toLowerCase());
  if (whole?.kind === "map") return undefined;
  if (whole !== undefined) return { field: whole, path: undefined };
  const dot = key.indexOf(".");
  const map = dot < 0 ? undefined : BY_NAME.get(key.slice(0, dot).toLowerCase());
  return map?.kind === "map" ? { field: map, path: key.slice(dot + 1) } : undefined;
}

import { z } from "zod";

import { err, ok, type Result } from "../lib/result.ts";

/**
 * The parts that we read of NetBox's rows, in every writing from 3.5 to 4.7 (docs/sources/netbox.md). What is not
 * listed here (custom fields, config context, comments) is dropped by the parser and so can never be forwarded.
 */

const id = z.number().int().positive();
const text = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((value) => clean(value));
const named = z
  .object({ name: text, display: text, slug: text })
  .nullish()
  .transform((value) => value ?? undefined);
/** A choice is {value, label} since 2.x, a bare value in exports and in GraphQL. */
const choice = z
  .union([z.string(), z.number(), z.object({ value: z.union([z.string(), z.number()]).nullish() })])
  .nullish()
  .transform((value) => clean(typeof value === "object" ? value?.value : value));
const address = z
  .object({ address: z.string() })
  .nullish()
  .transform((value) => value?.address);
/** Tags were bare texts before 2.9. */
const tags = z
  .array(z.union([z.string(), z.object({ name: text, slug: text })]))
  .nullish()
  .transform((list) => (list ?? []).flatMap((tag) => tagName(tag) ?? []));

const machine = {
  id,
  name: text,
  serial: text,
  role: named,
  platform: named,
  site: named,
  tenant: named,
  cluster: named,
  status: choice,
  primary_ip4: address,
  primary_ip6: address,
  tags,
};

const deviceRow = z.object({
  ...machine,
  asset_tag: text,
  device_type: z.object({ model: text, manufacturer: named }).nullish(),
  /** What 3.5 calls `role`; 3.6 and 3.7 have both. */
  device_role: named,
  location: named,
  rack: named,
  oob_ip: address,
  virtual_chassis: named,
});

const vmRow = z.object(machine);

const macAddress = z.object({ mac_address: text }).nullish();
const interfaceRow = z.object({
  id,
  device: z.object({ id }).nullish(),
  virtual_machine: z.object({ id }).nullish(),
  /** The only MAC before 4.2, since then a copy of the primary one. */
  mac_address: text,
  primary_mac_address: macAddress,
  mac_addresses: z.array(macAddress).nullish(),
  /** Absent when a server leaves it out: then there may be some. */
  count_ipaddresses: z.number().nullish(),
});

const ipAddressRow = z.object({
  id,
  address: z.string(),
  status: choice,
  role: choice,
  assigned_object_type: text,
  assigned_object_id: z.number().nullish(),
});

/** What a list of changed rows is asked for: whose row it is, by any member that says so. */
const changedRow = z.object({
  id,
  last_updated: text,
  device: z.object({ id }).nullish(),
  virtual_machine: z.object({ id }).nullish(),
  assigned_object_type: text,
  assigned_object_id: z.number().nullish(),
});

/** Serialised objects, in which others are named by their bare ids. */
const objectData = z.record(z.string(), z.unknown()).nullish();
const changeRow = z.object({
  id,
  time: text,
  action: choice,
  changed_object_type: text,
  changed_object_id: z.number().nullish(),
  prechange_data: objectData,
  postchange_data: objectData,
});

const listPage = z.object({
  count: z.number().nullish(),
  next: z.string().nullish(),
  results: z.array(z.unknown()),
});

/** A device as `/api/dcim/devices/` lists it. */
export type DeviceRow = z.infer<typeof deviceRow>;
/** A virtual machine as `/api/virtualization/virtual-machines/` lists it. */
export type VmRow = z.infer<typeof vmRow>;
/** An interface of a device or a virtual machine. */
export type InterfaceRow = z.infer<typeof interfaceRow>;
/** An IP address with what it is assigned to. */
export type IpAddressRow = z.infer<typeof ipAddressRow>;
/** A row of any list, as far as it tells when it changed and whose it is. */
export type ChangedRow = z.infer<typeof changedRow>;
/** A row of the change log. */
export type ChangeRow = z.infer<typeof changeRow>;
/** One page of any list; `count` is null in the answers of 4.6's `start` cursor. */
export type ListPage = z.infer<typeof listPage>;

/** Reads a device row; the error names the member that is wrong, never its value. */
export const parseDeviceRow = parser(deviceRow);
/** Reads a virtual machine row. */
export const parseVmRow = parser(vmRow);
/** Reads an interface row. */
export const parseInterfaceRow = parser(interfaceRow);
/** Reads an IP address row. */
export const parseIpAddressRow = parser(ipAddressRow);
/** Reads a row of a list of changed ones. */
export const parseChangedRow = parser(changedRow);
/** Reads a row of the change log. */
export const parseChangeRow = parser(changeRow);
/** Reads the envelope of a list. */
export const parseListPage = parser(listPage);

/** The fields of each row, for `fields=` (4.0 on; ignored before). `role` stands for `device_role` there. */
export const ROW_FIELDS = {
  device: Object.keys(deviceRow.shape).filter((name) => name !== "device_role"),
  vm: Object.keys(vmRow.shape),
  interface: Object.keys(interfaceRow.shape),
  ipAddress: Object.keys(ipAddressRow.shape),
  change: Object.keys(changeRow.shape),
} as const;

/** The id of a row, if it has a usable one. */
export function rowId(row: unknown): number | undefined {
  const value = (row as { readonly id?: unknown } | null)?.id;
  return Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : undefined;
}

function parser<T>(schema: z.ZodType<T>): (row: unknown) => Result<T> {
  return (row) => {
    const parsed = schema.safeParse(row);
    if (parsed.success) return ok(parsed.data);
    const issue = parsed.error.issues[0];
    const where = issue?.path.join(".") ?? "";
    return err(`${where === "" ? "row" : where}: ${issue?.message ?? "unexpected shape"}`);
  };
}

function clean(value: string | number | null | undefined): string | undefined {
  const trimmed = String(value ?? "").trim();
  return trimmed === "" ? undefined : trimmed;
}

function tagName(
  tag: string | { slug?: string | undefined; name?: string | undefined },
): string | undefined {
  return typeof tag === "string" ? clean(tag) : (tag.slug ?? tag.name);
}

/**
 * When two records of one source are two devices. A source lists each device once, so two of its records that live at the
 * same time are rivals for every value that both hold, unless they are siblings: two rows of one device.
 */
import type { Kind } from "./kind.ts";
import type { Node, ValueKey } from "./node.ts";

/** Two lives that miss each other by less are taken to overlap: sources are polled hours apart. */
export const OVERLAP_SLACK_MS = 6 * 3_600_000;
/** The same for a name in two sources: one is polled in the morning, the other at night, and both once a day. */
export const NAME_SLACK_MS = 24 * 3_600_000;
/** A name that more records of one source share does not make them rows of one device. */
const SIBLING_HOLDERS_MAX = 3;
/** Sources that watch the network and key what they see by interface: wired and wireless are two of their rows. */
const OBSERVERS: ReadonlySet<Kind> = new Set<Kind>(["armis", "mapper", "mac"]);

/** Whether the record is what a network observer saw, not what its owner or a registry says. */
export function isObserver({ key }: { readonly key: { readonly kind: Kind } }): boolean {
  return OBSERVERS.has(key.kind);
}

/** Which values may speak. */
export type IsUsable = (value: ValueKey) => boolean;

type Lived = Pick<Node, "firstMs" | "lastMs">;

/** Whether two lives overlap, or nearly. Grows only: a later sighting can make it true, never false. */
export function overlap(a: Lived, b: Lived, slackMs: number = OVERLAP_SLACK_MS): boolean {
  return a.firstMs <= b.lastMs + slackMs && b.firstMs <= a.lastMs + slackMs;
}

/**
 * Whether two nodes that share a value must be two devices: one source holds both at the same time and they are not siblings.
 * `holders` are all nodes that hold the value.
 */
export function areRivals(a: Node, b: Node, holders: readonly Node[]): boolean {
  if (a.key.instance !== b.key.instance || a.recordNo === b.recordNo) return false;
  return overlap(a, b) && !areSiblings(a, b, holders);
}

/** Whether two records of one source are rows of one device, as far as the holders of a value that both hold can tell. */
function areSiblings(a: Node, b: Node, holders: readonly Node[]): boolean {
  if (contradict(a, b)) return false;
  if (agreements(a, b) >= 2) return true;
  const rows = holders.filter(
    (row) => row.key.instance === a.key.instance && overlap(row, a) && overlap(row, b),
  );
  if (isPoorRowOf(a, b, rows) || isPoorRowOf(b, a, rows)) return true;
  const sharers = rowsWithTheirName(a, b, rows);
  if (sharers === 0) return false;
  // A network observer lists a device once an interface; a registry at most twice, by mistake.
  if (isObserver(a) && isObserver(b)) return sharers <= SIBLING_HOLDERS_MAX;
  return sharers === 2 && common(a.models, b.models) && common(a.vendors, b.vendors);
}

/**
 * Whether a device's own word or its registration shows two rows of a network observer to be its interfaces: it holds an
 * interface of each, and they contradict each other in nothing. Observers list what they hear, one row an interface.
 */
export function vouchesFor(
  witness: Node,
  [a, b]: readonly [Node, Node],
  isUsable: IsUsable,
): boolean {
  if (isObserver(witness) || !isObserver(a) || !isObserver(b) || contradict(a, b)) return false;
  return [a, b].every((row) => isInterfaceOf(row, witness, isUsable));
}

/** A MAC ties a row to its device; where the row's own is junk, a name does. */
function isInterfaceOf(row: Node, witness: Node, isUsable: IsUsable): boolean {
  return (
    [...row.macs].some((mac) => witness.macs.has(mac) && isUsable(`mac:${mac}`)) ||
    [...row.hosts].some((host) => witness.hosts.has(host) && isUsable(`host:${host}`)) ||
    [...row.serials].some((serial) => witness.serials.has(serial) && isUsable(`serial:${serial}`))
  );
}

function common(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  for (const value of a) if (b.has(value)) return true;
  return false;
}

function apart(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size > 0 && b.size > 0 && !common(a, b);
}

/** Different MACs contradict only between virtual machines, whose serials and names are cloned with them. */
function contradict(a: Node, b: Node): boolean {
  return (
    apart(a.serials, b.serials) ||
    apart(a.assets, b.assets) ||
    apart(a.hosts, b.hosts) ||
    apart(a.models, b.models) ||
    ((a.isVirtual || b.isVirtual) && apart(a.macs, b.macs))
  );
}

function agreements(a: Node, b: Node): number {
  return (
    Number(common(a.serials, b.serials)) +
    Number(common(a.assets, b.assets)) +
    Number(common(a.hosts, b.hosts)) +
    Number(common(a.macs, b.macs))
  );
}

/** A row whose every value stands in exactly one other row of its source says nothing that the other does not. */
function isPoorRowOf(poor: Node, rich: Node, rows: readonly Node[]): boolean {
  if (!isWithin(poor, rich)) return false;
  return rows.every(
    (row) => row === poor || row === rich || row.recordNo === rich.recordNo || !isWithin(poor, row),
  );
}

function isWithin(poor: Node, rich: Node): boolean {
  const sets = [
    [poor.serials, rich.serials],
    [poor.assets, rich.assets],
    [poor.hosts, rich.hosts],
    [poor.macs, rich.macs],
  ] as const;
  const size = (node: Node): number =>
    node.serials.size + node.assets.size + node.hosts.size + node.macs.size;
  return (
    size(poor) < size(rich) &&
    sets.every(([few, many]) => [...few].every((value) => (many as ReadonlySet<string>).has(value)))
  );
}

/** How many records of the source live under the name that both have; 0 where they share none. */
function rowsWithTheirName(a: Node, b: Node, rows: readonly Node[]): number {
  const name = [...a.hosts].find((host) => b.hosts.has(host));
  if (name === undefined) return 0;
  return new Set(rows.filter(({ hosts }) => hosts.has(name)).map(({ recordNo }) => recordNo)).size;
}

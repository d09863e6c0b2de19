/**
 * A source may give one id to two machines in turn: a NetBox re-import permutes ids. An incarnation is those of a record's
 * versions that can be one machine. Pure; a function of the set of versions, not of the order in which they arrived.
 */
import type { RecordHistory } from "./node.ts";
import type { Features } from "./observation.ts";
import type { Version } from "./record-state.ts";

/** Contradicting points from which versions that agree in nothing are two machines (identity facts 4.2). */
const CONTRADICTION_MIN = 1.5;

/** Versions that can be one machine, oldest first. */
export type Incarnation = readonly Version[];

/** Addresses by the fingerprint that claimed them. */
type Claimed = RecordHistory["addresses"];

/** Splits some of a record's versions, oldest first, into incarnations, oldest first. */
export function incarnationsOf(
  versions: readonly Version[],
  addresses: Claimed,
): readonly Incarnation[] {
  const incarnations: Version[][] = [];
  for (const version of versions) {
    const home = homeOf(version, { incarnations, addresses });
    if (home === undefined) incarnations.push([version]);
    else home.push(version);
  }
  return incarnations;
}

/** The latest incarnation that agrees with the version, else the latest of all unless it contradicts. */
function homeOf(
  version: Version,
  { incarnations, addresses }: { readonly incarnations: Version[][]; readonly addresses: Claimed },
): Version[] | undefined {
  const { features } = version;
  const agreeing = incarnations.findLast((known) =>
    known.some((before) => agrees(before.features, features)),
  );
  if (agreeing !== undefined) return agreeing;
  const latest = incarnations.at(-1);
  const before = latest?.at(-1);
  if (before === undefined) return undefined;
  const isRenamed = areAtOneAddress(before, version, addresses) && !differInNumber(before, version);
  return isRenamed || contradiction(before.features, features) < CONTRADICTION_MIN
    ? latest
    : undefined;
}

/** A machine that was given its final name stays at its address; a record that went to another machine goes to another address. */
function areAtOneAddress(a: Version, b: Version, addresses: Claimed): boolean {
  const theirs = addresses.get(b.fingerprint);
  return [...(addresses.get(a.fingerprint)?.keys() ?? [])].some((ip) => theirs?.has(ip) === true);
}

function differInNumber({ features: a }: Version, { features: b }: Version): boolean {
  return differs(a.serial, b.serial) || differs(a.asset, b.asset);
}

/**
 * Any identifying value in common carries an identity over: new board, same asset tag. A model does not: ids are permuted
 * among devices that were bought together.
 */
function agrees(a: Features, b: Features): boolean {
  return (
    isSame(a.serial, b.serial) ||
    isSame(a.asset, b.asset) ||
    isSame(a.host, b.host) ||
    macsOf(a).some((mac) => macsOf(b).includes(mac))
  );
}

function isSame(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && a === b;
}

function differs(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && a !== b;
}

function macsOf({ macs, declared }: Features): readonly string[] {
  return [...macs, ...declared];
}

const POINTS = {
  serial: 12,
  virtualSerial: 6,
  asset: 6,
  host: 5,
  model: 1.5,
  mac: 1,
  vendor: 0.5,
} as const;

function contradiction(a: Features, b: Features): number {
  const serial = a.virtual === true || b.virtual === true ? POINTS.virtualSerial : POINTS.serial;
  return (
    Number(differs(a.serial, b.serial)) * serial +
    Number(differs(a.asset, b.asset)) * POINTS.asset +
    Number(differs(a.host, b.host)) * POINTS.host +
    Number(differs(a.model, b.model)) * POINTS.model +
    Number(macsOf(a).length > 0 && macsOf(b).length > 0) * POINTS.mac +
    Number(differs(a.vendor, b.vendor)) * POINTS.vendor
  );
}

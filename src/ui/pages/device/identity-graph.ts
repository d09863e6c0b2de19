/** Which records and values hold a device together, and what is held apart from it, as a graph. Pure. */
import { evidenceName, evidenceValue } from "../../../model/evidence-words.ts";
import type { Explanation } from "../../calls/device-acts.ts";
import { recordName } from "./outcome-words.ts";

/** A record, a value, or a record of another device. */
export interface GraphNode {
  readonly key: string;
  readonly kind: "record" | "value" | "muted" | "other";
  readonly label: string;
  /** Of a record. */
  readonly source?: string | undefined;
}

/** "says": a record has a value; "apart": two records look alike and are two; "decided": an operator made them one. */
export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  readonly kind: "says" | "muted" | "apart" | "decided";
  readonly points?: number | undefined;
}

/** A graph. */
export interface IdentityGraph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

type RecordOf = Explanation["records"][number];
type NamedRecord = Pick<RecordOf, "record_no" | "source" | "native_id">;

const keyOfRecord = ({ record_no: no }: NamedRecord): string => `record ${no}`;
const keyOfValue = ({ type, value }: { readonly type: string; readonly value: string }): string =>
  `value ${type} ${value}`;

/** As the lists beside the picture call it: "MAC 00:50:56:9A:3C:01". */
function labelOf({ type, value }: { readonly type: string; readonly value: string }): string {
  return `${evidenceName(type)} ${evidenceValue(type, value)}`;
}

/** The graph of an explanation; each node once. */
export function identityGraph({
  records,
  shared,
  muted,
  apart,
  joins,
}: Explanation): IdentityGraph {
  const nodes = new Map<string, GraphNode>();
  const edges: GraphEdge[] = [];
  const addRecord = (record: NamedRecord, kind: "record" | "other"): string => {
    const key = keyOfRecord(record);
    if (!nodes.has(key)) {
      nodes.set(key, { key, kind, label: recordName(record), source: record.source });
    }
    return key;
  };
  for (const record of records) addRecord(record, "record");
  for (const one of shared) {
    const key = keyOfValue(one);
    nodes.set(key, { key, kind: "value", label: labelOf(one) });
    for (const { record } of one.said_by) {
      edges.push({ from: addRecord(record, "record"), to: key, kind: "says", points: one.points });
    }
  }
  for (const one of muted) {
    const key = keyOfValue(one);
    nodes.set(key, { key, kind: "muted", label: labelOf(one) });
    for (const { record } of one.said_by) {
      edges.push({ from: addRecord(record, "record"), to: key, kind: "muted" });
    }
    for (const record of one.elsewhere) {
      edges.push({ from: addRecord(record, "other"), to: key, kind: "muted" });
    }
  }
  for (const { record, other, points } of apart) {
    const [from, to] = [addRecord(record, "record"), addRecord(other, "other")];
    edges.push({ from, to, kind: "apart", points });
  }
  for (const { records: pair, evidence } of joins) {
    if (evidence.length > 0) continue;
    const [a, b] = [addRecord(pair[0], "record"), addRecord(pair[1], "record")];
    edges.push({ from: a, to: b, kind: "decided" });
  }
  return { nodes: [...nodes.values()], edges };
}

const EDGE_WORDS: Readonly<Record<GraphEdge["kind"], string>> = {
  says: "says",
  muted: "says, joins nothing",
  apart: "held apart from",
  decided: "one by decision with",
};

/** The graph's lines as rows of a table, which says the same. */
export function graphRows({ nodes, edges }: IdentityGraph): readonly {
  readonly key: string;
  readonly from: string;
  readonly how: string;
  readonly to: string;
  readonly points: number | undefined;
}[] {
  const labels = new Map(nodes.map(({ key, label }) => [key, label]));
  return edges.map(({ from, to, kind, points }) => ({
    key: `${from} ${to} ${kind}`,
    from: labels.get(from) ?? from,
    how: EDGE_WORDS[kind],
    to: labels.get(to) ?? to,
    points,
  }));
}

/** Column of each kind: own records, values between, records of other devices. */
const COLUMNS: Readonly<Record<GraphNode["kind"], number>> = {
  record: 0,
  value: 1,
  muted: 1,
  other: 2,
};
/** How wide the picture is for its height. */
const ASPECT = 1.2;

/** Where nodes stand: columns by kind, each spread over the whole height, so that lines go from left to right. */
export function graphPlaces(
  nodes: readonly GraphNode[],
): ReadonlyMap<string, { readonly x: number; readonly y: number }> {
  const columns = Map.groupBy(nodes, ({ kind }) => COLUMNS[kind]);
  const used = [...columns.keys()].toSorted((a, b) => a - b);
  return new Map(
    used.flatMap((column, order) => {
      const own = columns.get(column) ?? [];
      const x = used.length < 2 ? 0 : (order / (used.length - 1)) * ASPECT;
      return own.map(({ key }, index) => [key, { x, y: 1 - (index + 0.5) / own.length }] as const);
    }),
  );
}

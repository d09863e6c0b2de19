/**
 * Devices that may meet a condition on what their records say, found in one pass over the records' text. A list that looks at
 * device after device instead takes a minute where one in a million has what is looked for. What is found is a superset: the
 * condition itself still decides.
 */
import type { Queryable } from "../db/session.ts";
import type { Pattern } from "../model/srql-test.ts";
import type { Condition } from "../model/srql.ts";
import { Parameters, SAID_KEYS } from "./query-sql.ts";

/** More records than this are not rare: then a list soon finds as many as a page has by looking at devices in turn. */
const CANDIDATES_MAX = 5_000;
/** Characters that JSON has no need to write otherwise. */
const PLAIN = /[\w .:@=,;+-]+/g;
/** Where sources and operators keep tags. */
const TAGS_KEY = "tags";

/** Numbers of the devices among which all are that meet it; undefined where that says nothing, or too many may. */
export async function candidatesOf(
  db: Queryable,
  tenant: number,
  condition: Condition,
): Promise<readonly number[] | undefined> {
  const key = keyOf(condition);
  if (key === undefined || condition.test.kind !== "text") return undefined;
  const pieces = condition.test.any.map(longestPiece);
  if (pieces.some((piece) => piece === "")) return undefined;
  const parameters = new Parameters([tenant]);
  // The member's own name first, letter for letter: folding a whole text costs more.
  const name = condition.path ?? key;
  const named =
    name.match(PLAIN)?.[0] === name
      ? [`strpos(r.payload::text, ${parameters.add(name, "text")}) > 0`]
      : [];
  const text = 'lower(r.payload::text collate "C")';
  const values = pieces.map((piece) => `strpos(${text}, ${parameters.add(piece, "text")}) > 0`);
  const { rows } = await db.query<{ device_no: number }>(
    // What is written with escapes may say anything.
    `select distinct m.device_no from (
       select r.record_no from sync.records r
        where r.tenant = $1 and (strpos(r.payload::text, '\\u') > 0 or (${[...named, `(${values.join(" or ")})`].join(" and ")}))
        limit ${CANDIDATES_MAX + 1}) r
       join sync.members m on m.tenant = $1 and m.record_no = r.record_no`,
    parameters.values,
  );
  const tagged = key === TAGS_KEY ? await taggedDevices(db, tenant, condition.path) : [];
  const found = [...rows.map((row) => row.device_no), ...tagged];
  return found.length > CANDIDATES_MAX ? undefined : found;
}

/** Devices that an operator gave a tag of this key, one more than are wanted at most. */
async function taggedDevices(
  db: Queryable,
  tenant: number,
  key: string | undefined,
): Promise<readonly number[]> {
  const { rows } = await db.query<{ device_no: number }>(
    `select d.device_no from sync.device_tags t join sync.devices d on d.tenant = $1 and d.device_id = t.device_id
      where t.tenant = $1 and t.key = $2
     union
     select a.device_no from sync.device_tags t join sync.aliases a on a.tenant = $1 and a.device_id = t.device_id
      where t.tenant = $1 and t.key = $2
     limit ${CANDIDATES_MAX + 1}`,
    [tenant, key],
  );
  return rows.map((row) => row.device_no);
}

function keyOf({ field }: Condition): string | undefined {
  return field === TAGS_KEY ? TAGS_KEY : SAID_KEYS[field];
}

/** The longest part of a pattern that stands in a record's JSON letter for letter; empty where there is none. */
function longestPiece({ text, isWild }: Pattern): string {
  const parts = (isWild ? text.split("%") : [text]).flatMap((part) => part.match(PLAIN) ?? []);
  return folded(
    parts.reduce((longest, part) => (part.length > longest.length ? part : longest), ""),
  );
}

/** As the database folds by "C": a letter that has another form beyond ASCII stays, on both sides. */
function folded(text: string): string {
  return text.replaceAll(/[A-Z]/g, (char) => char.toLowerCase());
}

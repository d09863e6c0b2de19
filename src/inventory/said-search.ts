/**
 * Devices that meet a condition on what their records say, found in one pass over the records' text. A list that looks at device
 * after device instead takes a minute where one in a million has what is looked for.
 */
import type { Queryable } from "../db/session.ts";
import type { Pattern } from "../model/srql-test.ts";
import type { Condition } from "../model/srql.ts";
import { conditionOf, Parameters, SAID_KEYS, saidOf } from "./query-sql.ts";

/** More devices than this are not rare: then a list soon finds as many as a page has by looking at devices in turn. */
const FOUND_MAX = 5_000;
/** Characters that JSON has no need to write otherwise. */
const PLAIN = /[\w .:@=,;+-]+/g;

/** Whether it is of what records say, or of their tags. */
export function isOfRecords({ field }: Condition): boolean {
  return field === "tags" || SAID_KEYS[field] !== undefined;
}

/** Numbers of all devices that meet it; undefined where its letters do not narrow records down, or too many do. */
export async function devicesThatSay(
  db: Queryable,
  tenant: number,
  condition: Condition,
): Promise<readonly number[] | undefined> {
  const { field, path, test } = condition;
  if (test.kind !== "text" || !isOfRecords(condition)) return undefined;
  const pieces = test.any.map(longestPiece);
  if (pieces.some((piece) => piece === "")) return undefined;
  const parameters = new Parameters([tenant]);
  const member = { name: path ?? SAID_KEYS[field] ?? field, isMember: field !== "tags" };
  const letters = lettersOf({ ...member, pieces }, parameters);
  const onRecord = saidOf({ field, path, any: test.any }, parameters);
  const holds = onRecord === undefined ? conditionOf(condition, parameters) : "true";
  const { rows } = await db.query<{ device_no: number }>(
    `with record as materialized (select r.record_no from sync.records r where r.tenant = $1 and ${letters}),
     device as (
       ${onRecord === undefined ? taggedOf(parameters, path) : sayingOf(onRecord)})
     select device.device_no from device join sync.devices d on d.tenant = $1 and d.device_no = device.device_no
      where ${holds} limit ${FOUND_MAX + 1}`,
    parameters.values,
  );
  if (rows.length > FOUND_MAX) return undefined;
  return [...new Set(rows.map((row) => row.device_no))];
}

/** That a record's text has the letters; what is written with escapes may say anything. */
function lettersOf(
  {
    name,
    pieces,
    isMember,
  }: {
    readonly name: string;
    readonly pieces: readonly string[];
    readonly isMember: boolean;
  },
  parameters: Parameters,
): string {
  const text = 'lower(r.payload::text collate "C")';
  const has = (piece: string): string => `strpos(${text}, ${parameters.add(piece, "text")}) > 0`;
  // An expression takes ten times as long as the letters alone, which most texts do not have.
  const member = (piece: string): string => parameters.add(memberWith(name, piece), "text");
  const isPlain = name.match(PLAIN)?.[0] === name;
  const holds =
    isMember && isPlain
      ? pieces.map((piece) => `(${has(piece)} and ${text} ~ ${member(piece)})`)
      : pieces.map(has);
  // The name first, letter for letter: folding a whole text costs more.
  const named = isPlain ? `strpos(r.payload::text, ${parameters.add(name, "text")}) > 0` : "true";
  return `(strpos(r.payload::text, '\\u') > 0 or (${named} and (${holds.join(" or ")})))`;
}

/** A member of that name with the letters in its value. Others have the same letters: half of all models begin as some rack is called. */
function memberWith(name: string, piece: string): string {
  return `"${escaped(folded(name))}"\\s*:\\s*"?(?:[^"\\\\]|\\\\.)*?${escaped(piece)}`;
}

/** As PostgreSQL's expressions have it, of what PLAIN lets through. */
function escaped(text: string): string {
  return text.replaceAll(/[.+]/g, String.raw`\$&`);
}

function sayingOf(onRecord: string): string {
  return `select s.device_no from record join sync.speaking s on s.tenant = $1 and s.record_no = record.record_no
        where ${onRecord}`;
}

/** Devices of the records, and those to which operators gave a tag of the key. */
function taggedOf(parameters: Parameters, path: string | undefined): string {
  const key = parameters.add(path, "text");
  return `select m.device_no from record join sync.members m on m.tenant = $1 and m.record_no = record.record_no
       union
       select d.device_no from sync.device_tags t join sync.devices d on d.tenant = $1 and d.device_id = t.device_id
        where t.tenant = $1 and t.key = ${key} and t.value is not null
       union
       select a.device_no from sync.device_tags t join sync.aliases a on a.tenant = $1 and a.device_id = t.device_id
        where t.tenant = $1 and t.key = ${key} and t.value is not null`;
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

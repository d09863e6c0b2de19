/** Reads enrichment rules out of what a YAML file holds, and writes them back. Pure; every refusal is a sentence. */
import { didYouMean } from "../lib/did-you-mean.ts";
import { err, ok, type Result } from "../lib/result.ts";
import {
  bareOid,
  MATCH_KEYS,
  type Condition,
  type Enrichment,
  type EnrichmentRule,
  type MatchKey,
} from "./enrichment-rule.ts";

type Document = Readonly<Record<string, unknown>>;

const RULE_KEYS = ["id", "enabled", "priority", "confidence", "reason", "match", "set"];
const SET_KEYS = ["vendor_name", "model", "type", "type_id", "model_from_sys_descr_prefix"];
/** An id is shown in tables and is part of a device's provenance. */
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
/** Where nothing is said: no better than a coin, as in the original. */
const CONFIDENCE_DEFAULT = 50;
/** OCSF numbers of device types: 0 to 15, and 99 for any other. */
const TYPE_ID_MAX = 15;
const TYPE_ID_OTHER = 99;

/** The rules of a file: `rules:` with a list, or a list alone. */
export function rulesOfFile(document: unknown): Result<readonly unknown[]> {
  const list = isDocument(document) ? document["rules"] : document;
  if (!Array.isArray(list)) return err("has no list `rules`");
  return list.length === 0 ? err("has an empty list `rules`") : ok(list as readonly unknown[]);
}

/** One rule, or why it is none. `origin` is its file. */
export function readRule(value: unknown, origin: string): Result<EnrichmentRule> {
  if (!isDocument(value)) return err("is not a mapping");
  const id = value["id"];
  if (typeof id !== "string" || !ID.test(id)) {
    return err("id must be 1 to 128 letters, digits, dots, dashes and underscores");
  }
  const unknown = unknownKey(value, RULE_KEYS, "");
  if (unknown !== undefined) return err(unknown);
  const isEnabled = value["enabled"] ?? true;
  if (typeof isEnabled !== "boolean") return err("enabled must be true or false");
  const priority = value["priority"] ?? 0;
  if (!isWhole(priority)) return err("priority must be a whole number");
  const confidence = value["confidence"] ?? CONFIDENCE_DEFAULT;
  if (!isWhole(confidence) || confidence < 0 || confidence > 100) {
    return err("confidence must be a whole number from 0 to 100");
  }
  const reason = value["reason"] ?? `rule ${id}`;
  if (typeof reason !== "string") return err("reason must be a text");
  const deed = readDeed(value, isEnabled);
  if (!deed.ok) return deed;
  return ok({ id, isEnabled, priority, confidence, reason, ...deed.value, origin });
}

type Deed = Pick<EnrichmentRule, "all" | "any" | "set">;

/** What a rule looks at and what it sets. One that is off need say neither: it is there to switch another off. */
function readDeed({ match, set }: Document, isEnabled: boolean): Result<Deed> {
  const saysNothing = match === undefined && set === undefined;
  if (!isEnabled && saysNothing) return ok({ all: [], any: [], set: {} });
  const conditions = readMatch(match);
  if (!conditions.ok) return conditions;
  const sets = readSet(set);
  return sets.ok ? ok({ ...conditions.value, set: sets.value }) : sets;
}

type Match = Pick<EnrichmentRule, "all" | "any">;

function readMatch(value: unknown): Result<Match> {
  if (!isDocument(value)) return err("match must hold `all`, `any` or both");
  const unknown = unknownKey(value, ["all", "any"], "match.");
  if (unknown !== undefined) return err(unknown);
  const all = readConditions(value["all"], "match.all");
  if (!all.ok) return all;
  const any = readConditions(value["any"], "match.any");
  if (!any.ok) return any;
  // A rule without conditions would claim every device there is.
  if (all.value.length + any.value.length === 0) return err("match has no conditions");
  return ok({ all: all.value, any: any.value });
}

function readConditions(value: unknown, name: string): Result<readonly Condition[]> {
  if (value === undefined || value === null) return ok([]);
  if (!isDocument(value)) return err(`${name} must be a mapping`);
  const unknown = unknownKey(value, MATCH_KEYS, `${name}.`);
  if (unknown !== undefined) return err(unknown);
  const conditions: Condition[] = [];
  for (const [key, given] of Object.entries(value)) {
    const values = (Array.isArray(given) ? given : [given]).map((item: unknown) =>
      wordOf(key as MatchKey, item),
    );
    if (values.length === 0 || values.includes(undefined)) return err(wrongValue(key, name));
    conditions.push({ key: key as MatchKey, values: values as readonly string[] });
  }
  return ok(conditions);
}

function wrongValue(key: string, name: string): string {
  const wanted = key === "ip_forwarding" ? "a whole number" : "a text that is not blank";
  return `${name}.${key} must be ${wanted}, or a list of such`;
}

/** Blanks at the ends of a word are meant: "usw " is not in "uswitch". */
function wordOf(key: MatchKey, value: unknown): string | undefined {
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  const text = String(value);
  if (key === "ip_forwarding") return /^\s*\d+\s*$/.test(text) ? text.trim() : undefined;
  const word = key === "sys_object_id_prefixes" ? bareOid(text) : text.toLowerCase();
  return word.trim() === "" ? undefined : word;
}

function readSet(value: unknown): Result<Enrichment> {
  if (!isDocument(value)) return err("set must be a mapping");
  const unknown = unknownKey(value, SET_KEYS, "set.");
  if (unknown !== undefined) return err(unknown);
  const { type_id: typeId, ...rest } = value;
  const wrong = Object.entries(rest).find(([, text]) => typeof text !== "string");
  if (wrong !== undefined) return err(`set.${wrong[0]} must be a text`);
  if (typeId !== undefined && !isTypeId(typeId)) {
    return err(`set.type_id must be an OCSF number: 0 to ${TYPE_ID_MAX} or ${TYPE_ID_OTHER}`);
  }
  if (typeId !== undefined && textOf(rest["type"]) === undefined) {
    return err("set.type_id needs set.type beside it");
  }
  const set = present({
    vendorName: textOf(rest["vendor_name"]),
    model: textOf(rest["model"]),
    type: textOf(rest["type"]),
    typeId: typeId,
    modelPrefix: textOf(rest["model_from_sys_descr_prefix"]),
  });
  return Object.keys(set).length === 0 ? err("set sets nothing") : ok(set);
}

function isTypeId(value: unknown): value is number {
  return isWhole(value) && ((value >= 0 && value <= TYPE_ID_MAX) || value === TYPE_ID_OTHER);
}

function textOf(value: unknown): string | undefined {
  const text = typeof value === "string" ? value.trim() : "";
  return text === "" ? undefined : text;
}

/** A rule as a file would hold it. */
export function formatRule(rule: EnrichmentRule): Document {
  const { vendorName, model, type, typeId, modelPrefix } = rule.set;
  const branch = (conditions: readonly Condition[]): Document | undefined =>
    conditions.length === 0
      ? undefined
      : Object.fromEntries(conditions.map(({ key, values }) => [key, values]));
  return {
    id: rule.id,
    enabled: rule.isEnabled,
    priority: rule.priority,
    confidence: rule.confidence,
    reason: rule.reason,
    match: present({ all: branch(rule.all), any: branch(rule.any) }),
    set: present({
      vendor_name: vendorName,
      model,
      type,
      type_id: typeId,
      model_from_sys_descr_prefix: modelPrefix,
    }),
  };
}

function isDocument(value: unknown): value is Document {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function unknownKey(value: Document, known: readonly string[], prefix: string): string | undefined {
  const key = Object.keys(value).find((candidate) => !known.includes(candidate));
  return key === undefined ? undefined : `has no ${prefix}${key}${didYouMean(key, known)}`;
}

function present(members: Document): Document {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

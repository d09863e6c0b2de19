/** Requests of every route that the OpenAPI document names: nearly right ones, and what breaks parsers. */
import fc from "fast-check";

type Schema = {
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly $ref?: string;
};
type Parameter = { readonly name: string; readonly in: string; readonly schema?: Schema };
type Operation = {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema: Schema }>>;
  };
};

/** What of an OpenAPI document is read here. */
export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** Who may ask in a case; what they are is the driver's matter. */
const ASKERS = [
  "platform",
  "admin",
  "operator",
  "viewer",
  "browser",
  "foreign admin",
  "nobody",
] as const;

/** One request. */
export interface ApiCase {
  readonly asker: (typeof ASKERS)[number];
  /** Of the document, such as "GET /api/v1/tenants/{tenant}". */
  readonly route: string;
  readonly method: string;
  /** With its query, as it goes over the wire. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** What cases are drawn with. */
interface Drawing {
  readonly document: ApiDocument;
  /** Slug of the tenant that most cases are about. */
  readonly tenant: string;
  /** What the parameters of paths are called there. */
  readonly names: Readonly<Record<string, string>>;
  /** Ids that exist elsewhere. */
  readonly foreign: readonly string[];
}

/** Deeper than any schema of ours. */
const DEPTH_MAX = 6;

/** Longer than a text, a query or an address may be. */
const LONG = "x".repeat(9_000);

const HOSTILE = [
  "",
  "0",
  "1",
  "2",
  "7",
  "-1",
  "99999999999",
  "9223372036854775808",
  "1e309",
  "NaN",
  "null",
  "\u0000",
  "%00",
  "%",
  "../..",
  "..%2f",
  "'; --",
  '"',
  "\\",
  "__proto__",
  "constructor",
  "toString",
  "d1",
  "q",
  "qW10",
  "a:b",
  "in:devices",
  "in:devices sort:hostname:desc limit:3",
  'stats:"count() by x"',
  "hostname:%",
  "tags.a:(b,c)",
  "time:last_7d",
  "9999-12-31T23:59:59Z",
  "-271821-04-20T00:00:00Z",
  "2026-02-30T00:00:00Z",
  "::1/0",
  "10.0.0.0/8",
  "aa:bb:cc:dd:ee:ff",
  "sr:00000000-0000-4000-8000-000000000000",
  "1h",
  "-1h",
  "9999999h",
  "\ud800",
  "\u202e",
  "e\u0301",
  "x".repeat(256),
  LONG,
] as const;

/** What comes where JSON is due. */
const BODIES = [
  "",
  " ",
  "{",
  "[]",
  "null",
  "0",
  '"x"',
  "1e999",
  "{}",
  '{"__proto__":{"a":1}}',
  '{"constructor":{"prototype":{}}}',
  '{"a":1,"a":2}',
  '"\\ud800"',
  '{"\\u0000":"\\u0000"}',
  "\ufeff{}",
  "[".repeat(20_000),
  `${"[".repeat(5_000)}${"]".repeat(5_000)}`,
  `${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}`,
  `{"a":"${"x".repeat(100_000)}"}`,
  `{"entries":[${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}]}`,
] as const;

/** Cases of one route, to be drawn as often as wanted. */
interface RouteCases {
  readonly cases: fc.Arbitrary<ApiCase>;
  /** Parts of path and query, members of the body, and one for who asks and with which headers. */
  readonly inputs: number;
}

/** Cases of one route after the other's. */
export function casesOf(drawing: Drawing): readonly RouteCases[] {
  const texts = textsOf(drawing);
  return Object.entries(drawing.document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const route = { ...drawing, texts, path, method: method.toUpperCase(), operation };
      return { cases: caseOf(route), inputs: inputsOf(route) };
    }),
  );
}

function inputsOf({ path, operation, document }: OneRoute): number {
  const inPath = path.split("{").length - 1;
  const inQuery = (operation.parameters ?? []).filter((one) => one.in === "query").length;
  return 1 + inPath + inQuery + membersOf(bodySchema(operation), { document });
}

/** How many values that have no parts a schema has room for. */
function membersOf(
  schema: Schema | undefined,
  { document, depth = 0 }: Pick<Within, "document" | "depth">,
): number {
  if (schema === undefined || depth > DEPTH_MAX) return 0;
  const ref = schema.$ref?.split("/").at(-1);
  if (ref !== undefined) return membersOf(document.components.schemas[ref], { document, depth });
  const { additionalProperties: others } = schema;
  const parts = [
    ...Object.values(schema.properties ?? {}),
    ...(typeof others === "object" ? [others] : []),
    ...(schema.anyOf ?? schema.oneOf ?? schema.allOf ?? []),
    ...(schema.items === undefined ? [] : [schema.items]),
  ];
  if (parts.length === 0) return 1;
  const within = { document, depth: depth + 1 };
  return parts.map((part) => membersOf(part, within)).reduce((sum, one) => sum + one, 0);
}

function bodySchema(operation: Operation): Schema | undefined {
  return operation.requestBody?.content["application/json"]?.schema;
}

type Texts = fc.Arbitrary<string>;

/**
 * Any code point, and halves of pairs. The unit "binary" draws as many, and first takes 2 s of CPU for a table that only shrinking
 * looks into.
 */
const CODE_POINT = fc.integer({ min: 0, max: 0x10_ffff }).map((one) => String.fromCodePoint(one));

function textsOf({ names, foreign }: Drawing): Texts {
  return fc.oneof(
    { weight: 1, arbitrary: fc.string({ unit: CODE_POINT, maxLength: 40 }) },
    { weight: 1, arbitrary: fc.string({ maxLength: 12 }) },
    { weight: 3, arbitrary: fc.constantFrom(...HOSTILE) },
    { weight: 2, arbitrary: fc.constantFrom(...Object.values(names), ...foreign) },
  );
}

type OneRoute = Drawing & {
  readonly texts: Texts;
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
};

function caseOf(route: OneRoute): fc.Arbitrary<ApiCase> {
  const { path, method } = route;
  const body = bodiesOf(route);
  return fc
    .record({
      asker: askersOf(path),
      place: placesOf(route),
      query: queriesOf(route),
      headers: headersOf(route.texts),
      body,
    })
    .map(({ asker, place, query, headers, body: drawn }) => ({
      asker,
      route: `${method} ${path}`,
      method,
      path: `${place}${query}`,
      headers: { ...(drawn === undefined ? {} : JSON_TYPE), ...headers },
      body: drawn,
    }));
}

const JSON_TYPE = { "content-type": "application/json" };

/** Most come past who may ask; of those that may not, a few each. */
function askersOf(path: string): fc.Arbitrary<ApiCase["asker"]> {
  const known = path.includes("{tenant}")
    ? (["platform", "admin", "operator", "browser"] as const)
    : (["platform", "platform", "admin", "browser"] as const);
  return fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...known) },
    { weight: 2, arbitrary: fc.constantFrom(...ASKERS) },
  );
}

/** What ends a thing is asked of the one that the other cases are about only now and then. */
const ENDING = /^DELETE|\/(?:revoke|disable|adopt)$/;

function placesOf({ path, method, names, tenant, texts }: OneRoute): fc.Arbitrary<string> {
  const isEnding = ENDING.test(`${method}${path}`);
  const parts = path.split("/").map((part): fc.Arbitrary<string> => {
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    if (name === undefined) return fc.constant(part);
    const own = name === "tenant" ? tenant : (names[name] ?? "1");
    const [ofOwn, ofOthers] = name === "tenant" ? [30, 1] : isEnding ? [1, 12] : [3, 2];
    return fc.oneof(
      { weight: ofOwn, arbitrary: fc.constant(own) },
      { weight: ofOthers, arbitrary: texts.map((text) => segment(text)) },
    );
  });
  return fc.tuple(...parts).map((filled) => filled.join("/"));
}

/** Some as browsers send them, some with what no browser leaves as it is. */
function segment(text: string): string {
  const encoded = encodeURIComponent(text.toWellFormed());
  return text.startsWith("%") || text.startsWith("..") ? text : encoded || "x";
}

function queriesOf({ operation, document, texts }: OneRoute): fc.Arbitrary<string> {
  const declared = (operation.parameters ?? []).filter((one) => one.in === "query");
  const pairs = declared.map(({ name, schema }) =>
    fc.oneof(texts, valuesOf(schema, { document, texts })).map((value) => [name, value] as const),
  );
  const stray = fc.tuple(fc.constantFrom("limit", "after", "x", "__proto__", ""), texts);
  const known =
    pairs.length === 0 ? fc.constant([]) : fc.array(fc.oneof(...pairs), { maxLength: 3 });
  // Names that no route has are refused at once.
  const mixed = fc.array(fc.oneof(stray, ...pairs), { minLength: 1, maxLength: 6 });
  return fc.oneof({ weight: 7, arbitrary: known }, { weight: 1, arbitrary: mixed }).map((drawn) => {
    const search = drawn.map(([name, value]): [string, string] => [name, String(value)]);
    return search.length === 0 ? "" : `?${new URLSearchParams(search).toString()}`;
  });
}

const HEADERS = [
  "authorization",
  "cookie",
  "x-csrf-token",
  "origin",
  "content-type",
  "content-length",
  "if-none-match",
  "accept",
  "accept-language",
  "accept-encoding",
  "range",
  "last-event-id",
  "x-serviceradar-actor",
  "x-forwarded-for",
  "x-forwarded-proto",
  "x-http-method-override",
] as const;

const HEADER_VALUES = [
  "Bearer x",
  "Bearer ",
  "Basic eDp4",
  "serviceradar=00ff",
  "serviceradar=; serviceradar=%",
  "*",
  'W/"x"',
  "text/html",
  "application/json; charset=utf-7",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "bytes=0-",
  "-1",
  "%E0%A4%A",
  "http://core",
  "https://evil.example",
] as const;

/** Seven of eight requests bear none but what they need. */
function headersOf(texts: Texts): fc.Arbitrary<Readonly<Record<string, string>>> {
  const value = fc.oneof(
    fc.constantFrom(...HEADER_VALUES),
    // A server sees nothing else: Node refuses the rest before a handler hears of it.
    texts.map((text) => text.replaceAll(/[^\x20-\x7e\x80-\xff]/g, "").trim()),
  );
  return fc.oneof(
    { weight: 7, arbitrary: fc.constant({}) },
    {
      weight: 1,
      arbitrary: fc.dictionary(fc.constantFrom(...HEADERS), value, { minKeys: 1, maxKeys: 3 }),
    },
  );
}

/** Most bodies are nearly right, so that they come past the first look. */
function bodiesOf(route: OneRoute): fc.Arbitrary<string | undefined> {
  const { method, operation } = route;
  const schema = bodySchema(operation);
  const raw = fc.oneof(fc.constantFrom(...BODIES), fc.json());
  if (method === "GET") return fc.constant(undefined);
  if (schema === undefined) {
    return fc.oneof(
      { weight: 3, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: raw },
    );
  }
  return fc.oneof(
    {
      weight: 8,
      arbitrary: valuesOf(schema, route).map((value) => JSON.stringify(value) ?? "null"),
    },
    { weight: 1, arbitrary: raw },
  );
}

type Within = Pick<OneRoute, "document" | "texts"> & { readonly depth?: number };

function valuesOf(schema: Schema | undefined, within: Within): fc.Arbitrary<unknown> {
  const { document, texts, depth = 0 } = within;
  if (schema === undefined || depth > DEPTH_MAX) return texts;
  const ref = schema.$ref?.split("/").at(-1);
  const deeper = { ...within, depth: depth + 1 };
  if (ref !== undefined) return valuesOf(document.components.schemas[ref], deeper);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) {
    return mostly(fc.constantFrom(...schema.enum), texts);
  }
  const among = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (among !== undefined) return fc.oneof(...among.map((one) => valuesOf(one, deeper)));
  const [type = ""] = [schema.type].flat();
  if (type === "object") return mostly(objectsOf(schema, deeper), fc.jsonValue({ maxDepth: 1 }));
  if (type === "array") return fc.array(valuesOf(schema.items, deeper), { maxLength: 3 });
  return mostly(scalarsOf(type, schema, texts), fc.constantFrom<unknown>(null, [], {}, true, ""));
}

/** As the schema says, but for one in twenty. */
function mostly(right: fc.Arbitrary<unknown>, wrong: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 19, arbitrary: right }, { weight: 1, arbitrary: wrong });
}

function scalarsOf(type: string, { format }: Schema, texts: Texts): fc.Arbitrary<unknown> {
  switch (type) {
    case "integer":
    case "number":
      return fc.oneof(
        fc.integer({ min: 0, max: 20 }),
        fc.integer(),
        fc.double(),
        fc.constantFrom(-1, 2 ** 31, 2 ** 53),
      );
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    default: {
      const times = fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
      return format === "date-time" ? fc.oneof(times, texts) : texts;
    }
  }
}

function objectsOf(
  { properties = {}, additionalProperties, required = [] }: Schema,
  within: Within,
): fc.Arbitrary<unknown> {
  const members = Object.entries(properties).map(
    ([name, one]) => [name, valuesOf(one, within)] as const,
  );
  const drawn = Object.fromEntries(members);
  const whole = fc.record(drawn, { requiredKeys: [...required].filter((one) => one in drawn) });
  const lacking = fc.record(drawn, { requiredKeys: [] });
  const known = fc.oneof({ weight: 5, arbitrary: whole }, { weight: 1, arbitrary: lacking });
  if (typeof additionalProperties !== "object") return known;
  const others = fc.dictionary(within.texts, valuesOf(additionalProperties, within), {
    maxKeys: 3,
  });
  return fc.tuple(known, others).map(([one, more]) => ({ ...more, ...(one as object) }));
}

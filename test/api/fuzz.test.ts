/** No input of any route is answered with a failure of ours. How many are drawn: npm test -- --runs N api/fuzz. */
import assert from "node:assert/strict";
import { after, test } from "node:test";

import fc from "fast-check";

import { testApi } from "../support/api.ts";
import { populate } from "../support/populated-tenant.ts";

/** A few of each route in every run of the suite. */
const RUNS = Number(process.env["SERVICERADAR_TEST_RUNS"] ?? 3);

type Schema = {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly $ref?: string;
};
type Parameter = { readonly name: string; readonly in: string; readonly schema?: Schema };
type Operation = {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema: Schema }>>;
  };
};
type Document = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
};

const api = await testApi({ after });
await api.tenant("acme");
const names: Readonly<Record<string, string>> = await populate(api, "acme", "mark");
// The parked chunk there has no body, which none lacks that was taken in.
await api.db.query("delete from sync.inbox");
const { json: document } = await api.ask<Document>("GET /openapi.json");

/** What breaks parsers, and what looks right. */
const texts = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.constantFrom(
    "",
    "0",
    "-1",
    "99999999999",
    "1e309",
    "NaN",
    "\u0000",
    "%00",
    "../..",
    "'; --",
    "d1",
    "q",
    "qW10",
    "a:b",
    'stats:"count() by x"',
    "9999-12-31T23:59:59Z",
    "::1/0",
    "x".repeat(300),
    ...Object.values(names),
  ),
);

function valuesOf(schema: Schema | undefined, depth = 0): fc.Arbitrary<unknown> {
  const ref = schema?.$ref?.split("/").at(-1);
  if (ref !== undefined) return valuesOf(document.components.schemas[ref], depth);
  if (schema === undefined || depth > 4) return texts;
  if (schema.enum !== undefined) return fc.oneof(fc.constantFrom(...schema.enum), texts);
  if (schema.anyOf !== undefined) {
    return fc.oneof(...schema.anyOf.map((one) => valuesOf(one, depth + 1)));
  }
  switch ([schema.type].flat()[0] ?? "") {
    case "object": {
      const members = Object.entries(schema.properties ?? {});
      const drawn = members.map(([name, one]) => [name, valuesOf(one, depth + 1)] as const);
      return fc.record(Object.fromEntries(drawn), { requiredKeys: [] });
    }
    case "array":
      return fc.array(valuesOf(schema.items, depth + 1), { maxLength: 3 });
    case "integer":
    case "number":
      return fc.oneof(fc.integer(), fc.double(), fc.constantFrom(0, -1, 2 ** 31, 2 ** 53));
    case "boolean":
      return fc.boolean();
    default:
      return texts;
  }
}

/** Most bodies are nearly right, so that they come past the first look. */
function bodiesOf({ requestBody }: Operation): fc.Arbitrary<unknown> {
  const schema = requestBody?.content["application/json"]?.schema;
  if (schema === undefined) return fc.constant(undefined);
  return fc.oneof(
    { weight: 4, arbitrary: valuesOf(schema) },
    { weight: 1, arbitrary: fc.jsonValue() },
  );
}

const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

test("no input of any route is answered with a failure of ours", async () => {
  for (const { path, method, operation } of operations) {
    const parameters = operation.parameters ?? [];
    const drawn = fc.record({
      place: fc.record(
        Object.fromEntries(
          parameters.filter((one) => one.in === "path").map(({ name }) => [name, texts]),
        ),
      ),
      query: fc.record(
        Object.fromEntries(
          parameters
            .filter((one) => one.in === "query")
            .map(({ name, schema }) => [name, fc.oneof(texts, valuesOf(schema))]),
        ),
        { requiredKeys: [] },
      ),
      isKnown: fc.boolean(),
      body: bodiesOf(operation),
    });
    await fc.assert(
      fc.asyncProperty(drawn, async ({ place, query, isKnown, body }) => {
        const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
          if (name === "tenant") return "acme";
          const own = isKnown ? names[name] : undefined;
          return encodeURIComponent((own ?? place[name] ?? "x").toWellFormed());
        });
        const search = new URLSearchParams(
          Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
        );
        const request = `${method.toUpperCase()} ${filled.replaceAll("%2F", "/")}?${search.toString()}`;
        const { status, json } = await api.ask(request, { body });
        assert.ok(
          status < 500 || status === 503,
          `${request} ${JSON.stringify(body)}: ${status} ${JSON.stringify(json)}`,
        );
      }),
      { numRuns: RUNS },
    );
  }
});

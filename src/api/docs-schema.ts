/** Shapes of an OpenAPI document as HTML: what a member is, whether it is needed, what it says. Pure. */

/** What of a JSON Schema is shown. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly description?: string;
  readonly default?: unknown;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

/** Text as HTML has it. */
export const safe = (text: string): string =>
  text.replace(/[&<>"]/g, (sign) => ENTITIES[sign] ?? "");

/** Where a shape that has a name stands on the page. */
export const shapeId = (name: string): string => `shape-${safe(name)}`;

/** What a value is, in words; a shape that has a name as a link to it. */
export function kindOf(schema: Schema): string {
  const { $ref, anyOf, allOf, items, type, format, additionalProperties: others } = schema;
  const name = $ref?.split("/").at(-1);
  if (name !== undefined) return `<a href="#${shapeId(name)}">${safe(name)}</a>`;
  if (schema.enum !== undefined) {
    return schema.enum.map((one) => `<code>${safe(JSON.stringify(one))}</code>`).join(" or ");
  }
  if (anyOf !== undefined) return anyOf.map(kindOf).join(" or ");
  if (allOf !== undefined) {
    // Beside a name stands what an example or a description is added by, which is no kind of its own.
    return allOf.filter(isKind).map(kindOf).join(" and ");
  }
  if (items !== undefined) return `list of ${kindOf(items)}`;
  if (schema.properties === undefined && isSchema(others)) return `object of ${kindOf(others)}`;
  const kinds = typeof type === "string" ? [type] : (type ?? ["anything"]);
  return safe(`${kinds.join(" or ")}${format === undefined ? "" : ` (${format})`}`);
}

/** The members of an object, or of the objects of a list, each with those inside it; "" where there are none. */
export function membersOf(schema: Schema): string {
  const { properties, required = [], items } = schema;
  if (properties === undefined) return items === undefined ? "" : membersOf(items);
  const members = Object.entries(properties).map(([name, member]) =>
    memberText(name, member, required.includes(name)),
  );
  return members.length === 0 ? "" : `<ul>${members.join("")}</ul>`;
}

/** One member or parameter: name, what it is, whether it is needed, what it says. */
export function memberText(name: string, schema: Schema, isNeeded: boolean): string {
  const needed = isNeeded ? "" : ", optional";
  const usual =
    schema.default === undefined
      ? ""
      : `, else <code>${safe(JSON.stringify(schema.default))}</code>`;
  const about = schema.description === undefined ? "" : `: ${safe(schema.description)}`;
  return `<li><code>${safe(name)}</code> ${kindOf(schema)}${needed}${usual}${about}${membersOf(schema)}</li>`;
}

function isKind({ $ref, type, properties, anyOf, items }: Schema): boolean {
  return [$ref, type, properties, anyOf, items].some((one) => one !== undefined);
}

function isSchema(others: Schema | boolean | undefined): others is Schema {
  return typeof others === "object" && Object.keys(others).length > 0;
}

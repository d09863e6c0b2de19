/** The API's own document, as far as tests look into it. */

interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly additionalProperties?: unknown;
  readonly type?: string;
}

interface Operation {
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema?: Schema }>>;
  };
}

/** GET /openapi.json. */
export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** What a route takes, by where. */
export interface RouteMembers {
  readonly path: readonly string[];
  readonly query: readonly string[];
  /** Members of a JSON body that has names of its own. */
  readonly body: readonly string[];
  /** The body has whatever members the sender gives it. */
  readonly isOpen: boolean;
}

/** All routes: "GET /api/v1/tenants". */
export function routesOf({ paths }: ApiDocument): readonly string[] {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  );
}

/** What a route takes. Throws where there is none of that name. */
export function membersOf({ paths, components }: ApiDocument, route: string): RouteMembers {
  const [method = "", path = ""] = route.split(" ");
  const operation = paths[path]?.[method.toLowerCase()];
  if (operation === undefined) throw new Error(`there is no ${route}`);
  const named = (where: string): readonly string[] =>
    (operation.parameters ?? []).filter((one) => one.in === where).map(({ name }) => name);
  const given = operation.requestBody?.content["application/json"]?.schema;
  const schema =
    given?.$ref === undefined ? given : components.schemas[given.$ref.split("/").at(-1) ?? ""];
  const body = Object.keys(schema?.properties ?? {});
  return {
    path: named("path"),
    query: named("query"),
    body,
    isOpen: schema !== undefined && body.length === 0,
  };
}

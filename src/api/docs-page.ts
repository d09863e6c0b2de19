/** The API as a page to read: made of the OpenAPI document on the server, so that it needs no script and no other host. Pure. */

import { kindOf, membersOf, memberText, safe, shapeId, type Schema } from "./docs-schema.ts";

/** What of an OpenAPI document is shown. */
export interface ShownDocument {
  readonly info: { readonly title: string; readonly version: string };
  readonly paths?: Readonly<Record<string, object>> | undefined;
  readonly components?: { readonly schemas?: Readonly<Record<string, object>> } | undefined;
}

type Content = Readonly<Record<string, { readonly schema?: Schema }>>;

type Operation = {
  readonly tags?: readonly string[];
  readonly summary?: string;
  readonly description?: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema?: Schema;
  }[];
  readonly requestBody?: { readonly content?: Content };
  readonly responses?: Readonly<
    Record<string, { readonly description?: string; readonly content?: Content }>
  >;
};
type Route = Operation & { readonly method: string; readonly path: string };

/** The page's style, a file of its own since the page may hold none. */
export const DOCS_STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 72rem; margin: 0 auto; padding: 1.5rem; }
h2 { margin-top: 2.5rem; }
details { border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent); padding: 0.5rem 0; }
summary { cursor: pointer; }
code { font-family: ui-monospace, monospace; }
.method { display: inline-block; min-width: 4.5rem; font-weight: 600; }
.about { opacity: 0.85; }
code { overflow-wrap: anywhere; }
nav { display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; }
`;

/** The page. Routes stand under their tags, in the document's order. */
export function docsPage(document: ShownDocument): string {
  const routes = Object.entries(document.paths ?? {}).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): Route => ({
      ...(operation as Operation),
      method,
      path,
    })),
  );
  const groups = Map.groupBy(routes, ({ tags }) => tags?.[0] ?? "other");
  const links = [...groups.keys()].map((tag) => `<a href="#${safe(tag)}">${safe(tag)}</a>`);
  const sections = [...groups].map(
    ([tag, of]) =>
      `<section><h2 id="${safe(tag)}">${safe(tag)}</h2>${of.map(routeText).join("")}</section>`,
  );
  const title = safe(`${document.info.title} ${document.info.version}: the API`);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><link rel="stylesheet" href="/docs/style.css"></head>
<body><main><h1>${title}</h1>
<p>The same for programs: <a href="/openapi.json">/openapi.json</a> (OpenAPI 3.1).</p>
<nav aria-label="Parts">${links.join("")}</nav>${sections.join("\n")}${shapesText(document)}</main></body></html>
`;
}

/** What has a name in the document, and is linked to from where it is taken or given. */
function shapesText({ components }: ShownDocument): string {
  const shapes = Object.entries(components?.schemas ?? {}).map(
    ([name, schema]: [string, Schema]) => {
      const about = schema.description === undefined ? "" : `: ${safe(schema.description)}`;
      return `<h3 id="${shapeId(name)}">${safe(name)}</h3><p>${kindOf(schema)}${about}</p>${membersOf(schema)}`;
    },
  );
  return shapes.length === 0
    ? ""
    : `<section><h2 id="shapes">Shapes</h2>${shapes.join("")}</section>`;
}

function routeText({
  method,
  path,
  summary,
  description,
  parameters,
  requestBody,
  responses,
}: Route): string {
  const asked = (parameters ?? []).map(({ name, in: where, required, schema }) =>
    memberText(
      name,
      {
        ...schema,
        description: [`in the ${where}`, schema?.description].filter(Boolean).join("; "),
      },
      required === true,
    ),
  );
  if (requestBody !== undefined) asked.push(`<li>a body${contentText(requestBody.content)}</li>`);
  const answers = Object.entries(responses ?? {}).map(
    ([status, { description: text, content }]) =>
      `<li><code>${safe(status)}</code> ${safe(text ?? "")}${contentText(content)}</li>`,
  );
  const takes = asked.length === 0 ? "" : `<p>Takes</p><ul>${asked.join("")}</ul>`;
  return `<details><summary><span class="method">${safe(method.toUpperCase())}</span> <code>${safe(path)}</code> ${safe(summary ?? "")}</summary>
<p class="about">${safe(description ?? "")}</p>${takes}<p>Answers</p><ul>${answers.join("")}</ul></details>`;
}

/** What is sent by each type of content. */
function contentText(content: Content | undefined): string {
  return Object.entries(content ?? {})
    .map(
      ([type, { schema = {} }]) =>
        `, <code>${safe(type)}</code>: ${kindOf(schema)}${membersOf(schema)}`,
    )
    .join("");
}

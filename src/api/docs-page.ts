/** The API as a page to read: made of the OpenAPI document on the server, so that it needs no script and no other host. Pure. */

/** What of an OpenAPI document is shown. */
export interface ShownDocument {
  readonly info: { readonly title: string; readonly version: string };
  readonly paths?: Readonly<Record<string, object>> | undefined;
}

type Operation = {
  readonly tags?: readonly string[];
  readonly summary?: string;
  readonly description?: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
  }[];
  readonly requestBody?: unknown;
  readonly responses?: Readonly<Record<string, { readonly description?: string }>>;
};
type Route = Operation & { readonly method: string; readonly path: string };

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

const safe = (text: string): string => text.replace(/[&<>"]/g, (sign) => ENTITIES[sign] ?? "");

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
<p>The same for programs: <a href="/openapi.json">/openapi.json</a> (OpenAPI 3.1), with every member.</p>
<nav aria-label="Parts">${links.join("")}</nav>${sections.join("\n")}</main></body></html>
`;
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
  const asked = (parameters ?? []).map((one) => {
    const needed = one.required === true ? "" : ", optional";
    return `<li><code>${safe(one.name)}</code> (${safe(one.in)}${needed})</li>`;
  });
  if (requestBody !== undefined) asked.push("<li>a JSON body</li>");
  const answers = Object.entries(responses ?? {}).map(
    ([status, { description: text }]) =>
      `<li><code>${safe(status)}</code> ${safe(text ?? "")}</li>`,
  );
  const takes = asked.length === 0 ? "" : `<p>Takes</p><ul>${asked.join("")}</ul>`;
  return `<details><summary><span class="method">${safe(method.toUpperCase())}</span> <code>${safe(path)}</code> ${safe(summary ?? "")}</summary>
<p class="about">${safe(description ?? "")}</p>${takes}<p>Answers</p><ul>${answers.join("")}</ul></details>`;
}

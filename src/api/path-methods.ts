/** Which methods a path has, for who asks it with another one. Pure. */

/** A route as the framework lists it: "GET" and "/api/v1/tenants/:tenant". Middleware is listed with the method "ALL". */
interface Routed {
  readonly method: string;
  readonly path: string;
}

/**
 * Methods that the path's own routes take, in order; none where there is no such path. What takes every path, as middleware and the web
 * page do, says nothing of this one. It looks at each route in turn, which only a request that is wrong costs.
 */
export function methodsOf(routes: readonly Routed[], path: string): readonly string[] {
  const parts = path.split("/");
  const own = routes.filter(
    ({ method, path: pattern }) =>
      method !== "ALL" && !pattern.includes("*") && isSame(pattern.split("/"), parts),
  );
  const methods = new Set(own.map(({ method }) => method));
  // What answers a GET answers a HEAD.
  if (methods.has("GET")) methods.add("HEAD");
  return [...methods].toSorted();
}

function isSame(pattern: readonly string[], parts: readonly string[]): boolean {
  return (
    pattern.length === parts.length &&
    pattern.every((one, at) => (one.startsWith(":") ? parts[at] !== "" : one === parts[at]))
  );
}

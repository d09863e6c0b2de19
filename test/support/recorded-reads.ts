/** Which members of a JSON value some code asks for: the only full answer to what it reads. */

/** An object that behaves as `value`, and the paths ("gateway_security.tls") that were asked of it, members of lists left out. */
export function recordReads<Value extends object>(
  value: Value,
): { readonly value: Value; readonly reads: ReadonlySet<string> } {
  const reads = new Set<string>();
  return { value: watched(value, "", reads), reads };
}

function watched<Value extends object>(value: Value, prefix: string, reads: Set<string>): Value {
  return new Proxy(value, {
    get: (target, key) => {
      const member: unknown = Reflect.get(target, key);
      if (typeof key === "symbol" || Array.isArray(target)) return member;
      reads.add(prefix + key);
      return isPlain(member) ? watched(member, `${prefix}${key}.`, reads) : member;
    },
  });
}

/** A JSON object; one of a class may have members that a stand-in cannot reach. */
function isPlain(value: unknown): value is object {
  return (
    typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}

/** What a source may be called: operators type it, addresses and records bear it. Pure. */

/** Characters of a name; more is a text, not a name. */
const CHARS_MAX = 128;

/** Why a name cannot be a source's; undefined where it can. Spaces around it do not count. */
export function sourceNameProblem(name: string): string | undefined {
  const text = name.trim();
  if (text === "" || text.length > CHARS_MAX) return `must have 1 to ${CHARS_MAX} characters`;
  if (/\p{Cc}/u.test(text)) return "must not have control characters, such as a tab or a new line";
  // A browser takes such a part of an address away.
  if (text === "." || text === "..") return `must not be "${text}"`;
  return undefined;
}

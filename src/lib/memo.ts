/** Texts whose answer is kept; devices share their makers, models and systems, so few are ever asked for. */
const KEPT_MAX = 1_000;
/** A longer text is its own alone, mostly. */
const LENGTH_MAX = 64;

/** A pure function of a text that keeps its answers, a bounded number of them: for what costs more than looking one up. */
export function memoized<T>(read: (text: string) => T): (text: string) => T {
  const kept = new Map<string, T>();
  return (text) => {
    if (text.length > LENGTH_MAX) return read(text);
    const known = kept.get(text);
    if (known !== undefined || kept.has(text)) return known as T;
    if (kept.size >= KEPT_MAX) kept.clear();
    const answer = read(text);
    kept.set(text, answer);
    return answer;
  };
}
